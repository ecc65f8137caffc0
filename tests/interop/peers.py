"""Peers: the same small program in four languages, built once for its sources and kept.

Each knows ``serve --port N``, ``call --object O``, ``watch`` and ``place``; see docs/interop.md.
What a build needs stands in ``build/interop/<language>-<digest>``.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["OBJECT", "PEERS", "Peer", "Unavailable", "end", "free_port", "stop"]

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
OBJECT = "Interop.PeerServer.PeerObj"

_BUILD = ROOT / "build" / "interop"
_PATIENCE = 600.0  # seconds that a build may take: the first one downloads
_CALLS = 90.0  # seconds that a client may take for what it is asked to do
_UNREACHABLE = (  # what the package tools say when it is the way to the packages that failed
    "dial tcp",
    "no such host",
    "403 forbidden",
    "enotfound",
    "eai_again",
    "etimedout",
    "econnrefused",
    "network",
    "could not transfer",
    "could not resolve",
    "could not find artifact",
    "unknown host",
)


class Unavailable(Exception):
    """This peer cannot be had here; the text says why."""


@dataclass(frozen=True)
class Peer:
    """One peer: where its sources are, what builds it, how it is started."""

    language: str
    library: str
    sources: Path
    tools: tuple[str, ...]
    build: Callable[[Path], None]
    command: Callable[[Path], list[str]]
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    made_with: tuple[Path, ...] = ()
    """What else of ours a build depends on."""

    def built(self) -> Path:
        """The folder with the built peer; builds it unless these very sources are built.

        Raises `Unavailable`; a build that fails for another reason raises `CalledProcessError`.
        """
        for tool in self.tools:
            if shutil.which(tool) is None:
                raise Unavailable(
                    f"expected {tool} for the peer on {self.library}, got none"
                )
        digest = _digest(self.sources, *self.made_with)
        folder = _BUILD / f"{self.language}-{digest}"
        if (folder / ".built").exists():
            return folder
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.sources, folder)
        try:
            self.build(folder)
        except subprocess.CalledProcessError as failure:
            reason = _unreachable(f"{failure.stdout}\n{failure.stderr}")
            if reason is None:
                raise
            raise Unavailable(f"{self.library} cannot be fetched: {reason}") from None
        (folder / ".built").touch()
        return folder

    @contextmanager
    def serving(
        self,
        port: int,
        *,
        host: str = "127.0.0.1",
        name: str | None = None,
        options: tuple[str, ...] = (),
        prefix: tuple[str, ...] = (),
        environment: Mapping[str, str] | None = None,
    ) -> Iterator[subprocess.Popen[str]]:
        """The peer's server on ``port``, listening; stopped at the end."""
        words = [
            "serve",
            "--port",
            str(port),
            "--host",
            host,
            "--name",
            name or self.language,
            *options,
        ]
        process = self.start(words, prefix=prefix, environment=environment)
        reader = threading.Thread(target=_drain, args=(process,))
        try:
            _await_ready(process, self.language)
            reader.start()
            yield process
        finally:
            stop(process, reader)

    def start(
        self,
        words: list[str],
        *,
        prefix: tuple[str, ...] = (),
        environment: Mapping[str, str] | None = None,
    ) -> subprocess.Popen[str]:
        """The peer with these arguments, its output to be read."""
        folder = self.built()
        return subprocess.Popen(
            [*prefix, *self.command(folder), *words],
            cwd=folder,  # TarsJava keeps its cache where it stands
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, **self._environment(), **(environment or {})},
            start_new_session=True,
        )

    def call(
        self, target: str, *, checks: tuple[str, ...] = (), **options: str
    ) -> dict[str, str]:
        """Make checks of the client role, all by default; check to ``ok``, or what was wrong."""
        if checks:
            options["checks"] = ",".join(checks)
        rows = (line.partition(" ") for line in self.run("call", target, **options))
        return {
            name: said
            for name, _, said in rows
            if said == "ok" or said.startswith("FAIL")
        }

    @contextmanager
    def lasting(self, target: str) -> Iterator[list[str]]:
        """A call that takes a second is in flight within; afterwards the list says how it went."""
        process = self.start(["call", "--object", target, "--checks", "lasting"])
        said: list[str] = []
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if line.strip() == "begun":
                    break
            yield said
            output, _ = process.communicate(timeout=_CALLS)
            said += [each for each in output.splitlines() if each.startswith("lasting")]
        finally:
            stop(process)

    def place(self, target: str, codes: Sequence[int], **options: str) -> list[str]:
        """Who answers a call with each hash code."""
        numbers = ",".join(map(str, codes))
        said = self.run("place", target, codes=numbers, **options)
        lines = [line for line in said if line.startswith(("who ", "error "))]
        return [line.removeprefix("who ") for line in lines[-len(codes) :]]

    def run(self, command: str, target: str, **options: str) -> list[str]:
        """A command of the client role to its end; the lines that it said."""
        words = [command, "--object", target]
        for name, text in options.items():
            words += [f"--{name}", text]
        process = self.start(words)
        try:
            output, _ = process.communicate(timeout=_CALLS)
        finally:
            stop(process)
        return output.splitlines()

    def _environment(self) -> dict[str, str]:
        folder = str(self.built())
        return {
            name: text.format(folder=folder) for name, text in self.environment.items()
        }


def _await_ready(process: subprocess.Popen[str], language: str) -> None:
    assert process.stdout is not None
    said: list[str] = []
    for line in process.stdout:
        if line.strip() == "READY":
            return
        said.append(line)
    raise AssertionError(f"the {language} server ended: {''.join(said)}")


def _drain(process: subprocess.Popen[str]) -> None:
    """Read on, or a server that logs much would wait for us."""
    assert process.stdout is not None
    for _ in process.stdout:
        pass


def end(process: subprocess.Popen[str], patience: float = 10.0) -> None:
    """Ask a peer to stop, and wait until it has: it may finish what it does."""
    process.send_signal(signal.SIGTERM)
    process.wait(patience)


def stop(
    process: subprocess.Popen[str], reader: threading.Thread | None = None
) -> None:
    """End a peer and what it started, gently first; one that has ended is let be."""
    running = process.poll() is None  # else its number may be somebody else's by now
    for number in (signal.SIGTERM, signal.SIGKILL) if running else ():
        try:
            os.killpg(process.pid, number)
            process.wait(3)
        except ProcessLookupError:
            break
        except subprocess.TimeoutExpired:
            continue
    process.wait()
    if reader is not None and reader.is_alive():
        reader.join()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()


def free_port(host: str = "127.0.0.1") -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def _digest(*folders: Path) -> str:
    hashed = hashlib.sha256((HERE / "rpc" / "interop.tars").read_bytes())
    for folder in folders:
        for path in sorted(each for each in folder.rglob("*") if each.is_file()):
            if "__pycache__" not in path.parts:
                hashed.update(path.name.encode() + b"\0" + path.read_bytes())
    return hashed.hexdigest()[:16]


def _unreachable(output: str) -> str | None:
    for line in output.splitlines():
        if any(sign in line.lower() for sign in _UNREACHABLE):
            return line.strip()
    return None


def _run(words: list[str], folder: Path) -> None:
    subprocess.run(
        words, cwd=folder, check=True, capture_output=True, text=True, timeout=_PATIENCE
    )


def _build_python(folder: Path) -> None:
    idl = HERE / "rpc" / "interop.tars"
    compiler = Path(sys.executable).with_name("tars2py")
    _run([str(compiler), str(idl), "--out", str(folder)], folder)


def _build_go(folder: Path) -> None:
    _run(["go", "build", "-mod=readonly", "-o", "peer", "."], folder)


def _build_node(folder: Path) -> None:
    _run(["npm", "ci", "--omit=dev", "--no-audit", "--no-fund"], folder)


def _build_java(folder: Path) -> None:
    _run(["mvn", "-q", "-B", "package"], folder)


def _java(folder: Path) -> list[str]:
    return [
        "java",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-Xmx256m",
        "-Dfile.encoding=UTF-8",
        "--add-exports",
        "java.base/sun.reflect.generics.reflectiveObjects=ALL-UNNAMED",
        "-cp",
        f"{folder}/target/peer.jar:{folder}/target/lib/*",
        "interop.Peer",
    ]


_SOURCES = HERE / "rpc" / "peers"

PEERS = {
    peer.language: peer
    for peer in (
        Peer(
            "python",
            "tars_runtime",
            _SOURCES / "python",
            (),
            _build_python,
            lambda folder: [sys.executable, str(folder / "main.py")],
            {"PYTHONPATH": "{folder}"},
            (ROOT / "tars2py" / "tars2py", ROOT / "templates" / "tars_templates"),
        ),
        Peer(
            "go",
            "TarsGo",
            _SOURCES / "go",
            ("go",),
            _build_go,
            lambda folder: [str(folder / "peer")],
        ),
        Peer(
            "node",
            "@tars/rpc",
            _SOURCES / "node",
            ("node", "npm"),
            _build_node,
            lambda folder: ["node", "--no-warnings", str(folder / "main.js")],
        ),
        Peer(
            "java", "TarsJava", _SOURCES / "java", ("java", "mvn"), _build_java, _java
        ),
    )
}
