"""Where the demo plays: its folder, its environment, and the processes that it started."""

from __future__ import annotations

import ctypes
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self, TypeVar

__all__ = ["DemoFailed", "Stage"]

T = TypeVar("T")

PROGRAMS = Path(sys.executable).parent
REGISTRY_PORT = 17890
PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h: orphans of our children become ours


class DemoFailed(Exception):
    """A step did not do what it should; the text says which, and where to look."""


class Stage:
    """The folder with its layout, and a context that ends everything it started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tars_path = folder / "tars"
        self.database = folder / "registry" / "registry.db"
        self.registry_port = free_port(REGISTRY_PORT)
        self.locator = (
            f"tars.tarsregistry.QueryObj@tcp -h 127.0.0.1 -p {self.registry_port}"
        )
        self.environment = os.environ | {
            "PATH": f"{PROGRAMS}{os.pathsep}{os.environ.get('PATH', '')}",
            "PYTHON": sys.executable,
            "PYTHONPYCACHEPREFIX": str(folder / "cache"),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "POD_IP": "127.0.0.1",
            "TARS_PATH": str(self.tars_path),
            "TARS_LOCATOR": self.locator,
            "TARS_BUILD_SERVER": "HelloServer",
            "TARS_CHECK_INTERVAL": "1s",
            "TARS_PRESTOP_WAITTIME": "2s",
        }
        self._children: list[tuple[str, subprocess.Popen[bytes]]] = []

    def __enter__(self) -> Self:
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        shutil.rmtree(self.folder, ignore_errors=True)
        for name in ("bin", "conf", "data", "log"):
            (self.tars_path / name).mkdir(parents=True)
        self.database.parent.mkdir()
        return self

    def __exit__(self, *_: object) -> None:
        for name, child in reversed(self._children):
            if child.poll() is None:
                self.end(name, child)
        for pid in descendants(os.getpid()):
            os.kill(pid, signal.SIGKILL)

    def run(self, *command: str) -> str:
        """Show a command, run it to its end, show and return what it printed."""
        self._show(command)
        done = subprocess.run(
            command,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        for line in (done.stdout + done.stderr).splitlines():
            self.say(f"  {line}")
        if done.returncode != 0:
            raise DemoFailed(f"`{command[0]}` ended with {done.returncode}, expected 0")
        return done.stdout

    def start(self, name: str, *command: str) -> subprocess.Popen[bytes]:
        """Show a command and start it in the background; its output goes to ``<name>.log``."""
        self._show((*command, "&"))
        with (self.folder / f"{name}.log").open("wb") as log:
            child = subprocess.Popen(
                command,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._children.append((name, child))
        return child

    def end(self, name: str, child: subprocess.Popen[bytes]) -> None:
        """Ask a process to end, and insist after ten seconds."""
        child.terminate()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            self.say(f"{name} did not end within 10 s: killed")
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()

    def wait_for(
        self, what: str, probe: Callable[[], T | None], seconds: float = 20
    ) -> T:
        """Ask ``probe`` until it answers; fail when it does not, or when a process died."""
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            answer = probe()
            if answer is not None:
                return answer
            for name, child in self._children:
                if child.poll() is not None:
                    raise DemoFailed(
                        f"{name} ended with {child.returncode}, expected it to run:"
                        f" see {self.folder / name}.log"
                    )
            time.sleep(0.02)
        raise DemoFailed(
            f"expected {what} within {seconds:g} s: see the logs in {self.folder}"
        )

    def say(self, text: str) -> None:
        """Print one line below the step's title."""
        print(f"     {text}", flush=True)

    def _show(self, command: tuple[str, ...]) -> None:
        words = [word.replace(f"{Path.cwd()}/", "") for word in command]
        text = shlex.join(words).replace(" '&'", " &")
        lines = textwrap.wrap(text, 88, break_long_words=False, break_on_hyphens=False)
        self.say("$ " + " \\\n         ".join(lines))


def free_port(wanted: int) -> int:
    """The wanted port when nobody listens on it, else any free one."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise DemoFailed("expected a free port on 127.0.0.1, got none")


def descendants(root: int) -> Iterator[int]:
    """The processes below one, from /proc: none are left when all ended as they should."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(stat.parent.name)] = int(fields[1])
    for pid in parents:
        above = pid
        while above in parents and above != root:
            above = parents[above]
        if above == root and pid != root:
            yield pid
