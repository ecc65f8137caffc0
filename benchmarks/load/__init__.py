"""The load generator as a function: builds ``tars-load``, runs it, reads its figures."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Load", "Unavailable", "build", "cpu_seconds", "pinned", "processes", "run"]

_SOURCES = Path(__file__).parent
_BUILD = _SOURCES.parents[1] / "build" / "load"


class Unavailable(Exception):
    """The generator cannot be built here; the text says why."""


@dataclass(frozen=True, slots=True)
class Load:
    """What one run measured. Latencies are in microseconds, ``seconds`` without the warm-up."""

    qps: float
    p50_us: float
    p99_us: float
    max_us: float
    replies: int
    total: int
    seconds: float
    failed: int
    late: int
    lost: int
    broken: int
    cpu_seconds: float

    @property
    def errors(self) -> int:
        """Everything that went wrong, late replies apart."""
        return self.failed + self.lost + self.broken


def build() -> Path:
    """Compile the generator into ``build/load`` unless these very sources are compiled already.

    Raises:
        Unavailable: there is no C compiler, or it refused the sources.
    """
    sources = sorted(_SOURCES.glob("*.[ch]"))
    digest = hashlib.sha256(
        b"".join(path.read_bytes() for path in sources)
    ).hexdigest()[:16]
    program = _BUILD / f"tars-load-{digest}"
    if program.exists():
        return program
    compiler = shutil.which("cc")
    if compiler is None:
        raise Unavailable("expected a C compiler as cc, got none: apt install gcc")
    _BUILD.mkdir(parents=True, exist_ok=True)
    fresh = program.with_suffix(f".{os.getpid()}")
    units = [str(path) for path in sources if path.suffix == ".c"]
    flags = ["-O2", "-std=c17", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-o", str(fresh)]
    done = subprocess.run(
        [compiler, *flags, *units], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Unavailable(f"cc refused the load generator: {done.stderr.strip()}")
    fresh.replace(program)
    return program


def run(
    port: int,
    *,
    frames: bytes,
    connections: int = 4,
    inflight: int = 32,
    seconds: float | None = None,
    count: int | None = None,
    warmup: float = 0.0,
    rate: float | None = None,
    timeout: float | None = None,
    lazy: bool = False,
    protocol: str = "tars",
    host: str = "127.0.0.1",
    core: int | None = None,
) -> Load:
    """Load the server on ``port`` and return what was measured; ``core`` pins the generator.

    Raises:
        Unavailable: the generator cannot be built, or refused its arguments.
    """
    options = {
        "--host": host,
        "--port": port,
        "--connections": connections,
        "--inflight": inflight,
        "--protocol": protocol,
        "--warmup": warmup,
        "--seconds": seconds,
        "--count": count,
        "--rate": rate,
        "--timeout": timeout,
    }
    with tempfile.NamedTemporaryFile() as file:
        file.write(frames)
        file.flush()
        command = [*pinned(core), str(build()), "--json", "--frames", file.name]
        for name, value in options.items():
            command += [] if value is None else [name, str(value)]
        command += ["--lazy"] if lazy else []
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise Unavailable(f"the load generator failed: {done.stderr.strip()}")
    return Load(**json.loads(done.stdout))


def pinned(core: int | None) -> Sequence[str]:
    """The words before a command that keep it on one core; none without ``taskset``."""
    if core is None or shutil.which("taskset") is None or (os.cpu_count() or 1) <= core:
        return ()
    return ("taskset", "-c", str(core))


def cpu_seconds(pid: int) -> float:
    """User and system time of process ``pid`` and of all processes below it, from /proc."""
    tick = os.sysconf("SC_CLK_TCK")
    return sum(_ticks(each) for each in processes(pid)) / tick


def processes(pid: int) -> Iterator[int]:
    """Process ``pid`` and all those below it."""
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):  # a thread that has just ended
            for child in children.read_text().split():
                yield from processes(int(child))


def _ticks(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0
    fields = text.rpartition(")")[2].split()
    return int(fields[11]) + int(
        fields[12]
    )  # utime, stime: fields 14 and 15 of proc(5)
