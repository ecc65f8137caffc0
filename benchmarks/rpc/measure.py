"""What is measured: servers under the native generator, pairs of client and server, idle cost.

Rounds are interleaved: each round asks every server once, so that what else the machine does
falls on all of them alike. Figures are medians of rounds.
"""

from __future__ import annotations

import json
import os
import resource
import socket
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from benchmarks import load
from benchmarks.rpc.fleet import Fleet, Running
from tests.interop.peers import PEERS

__all__ = [
    "Pair",
    "Table",
    "idle_connection_kib",
    "pairs",
    "raise_file_limit",
    "servers",
]

_ROOT = Path(__file__).parents[2]


class Table:
    """(name, figure) to what each round measured."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], list[float]] = defaultdict(list)

    def add(self, name: str, **figures: float) -> None:
        """Keep one round's figures of a server or a pair."""
        for figure, value in figures.items():
            self._rows[name, figure].append(value)

    def value(self, name: str, figure: str) -> float | None:
        """The median of the rounds; ``None`` where nothing was measured."""
        row = self._rows.get((name, figure))
        return median(row) if row else None

    def rounds(self, name: str, figure: str) -> int:
        """How many rounds were measured."""
        return len(self._rows.get((name, figure), ()))

    def ratio(self, ours: str, theirs: str, figure: str) -> float | None:
        """The median of ours by the median of theirs."""
        mine, other = self.value(ours, figure), self.value(theirs, figure)
        return mine / other if mine is not None and other else None

    def names(self) -> list[str]:
        """Everything that was measured, in order."""
        return list(dict.fromkeys(name for name, _ in self._rows))


def servers(
    fleet: Fleet, shapes: Mapping[str, Sequence[str]], rounds: int, seconds: float
) -> Table:
    """Load every server in turn. ``shapes`` is "connections x in flight" to server names."""
    table = Table()
    for _ in range(rounds):
        for shape, names in shapes.items():
            connections, inflight = map(int, shape.split("x"))
            for name in names:
                if name in fleet.running:
                    _load(
                        table,
                        fleet.running[name],
                        name,
                        shape,
                        connections,
                        inflight,
                        seconds,
                    )
    return table


def _load(
    table: Table,
    running: Running,
    name: str,
    shape: str,
    connections: int,
    inflight: int,
    seconds: float,
) -> None:
    before = load.cpu_seconds(running.pid)
    result = running.load(connections, inflight, seconds)
    cpu = load.cpu_seconds(running.pid) - before
    if result.errors or not result.total:
        raise load.Unavailable(
            f"{name} failed {result.errors} of {result.total} requests"
        )
    table.add(
        f"{name} {shape}",
        qps=result.qps,
        p50_us=result.p50_us,
        p99_us=result.p99_us,
        cpu_us=cpu / result.total * 1e6,
    )


def pairs(fleet: Fleet, plan: Sequence[Pair], rounds: int, seconds: float) -> Table:
    """Each client calls its server in turn; both share the machine's cores."""
    table = Table()
    for _ in range(rounds):
        for name, kind, server, connections, inflight in plan:
            if server in fleet.running:
                port = fleet.running[server].port
                table.add(name, **_client(kind, port, connections, inflight, seconds))
    return table


Pair = tuple[str, str, str, int, int]
"""Name, kind of client, server, connections, in flight."""


def _client(
    kind: str, port: int, connections: int, inflight: int, seconds: float
) -> dict[str, float]:
    path = os.pathsep.join((str(_ROOT), str(PEERS["python"].built())))
    done = subprocess.run(
        [
            sys.executable,
            str(Path(__file__).with_name("clients.py")),
            kind,
            str(port),
            f"--connections={connections}",
            f"--inflight={inflight}",
            f"--seconds={seconds}",
        ],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise load.Unavailable(
            f"the client {kind} failed: {done.stderr.strip()[-300:]}"
        )
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def idle_connection_kib(running: Running, count: int) -> float:
    """KiB of the server's memory that each of ``count`` idle connections takes."""
    with ExitStack() as stack:
        before = _rss_kib(running.pid)
        for _ in range(count):
            client = socket.create_connection(("127.0.0.1", running.port), timeout=10)
            stack.enter_context(client)
        running.load(1, 1, 0.2)  # answered only once all those before it are accepted
        return (_rss_kib(running.pid) - before) / count


def raise_file_limit() -> None:
    """As many open files as are allowed, here and in what is started from here."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _rss_kib(pid: int) -> float:
    return sum(_proportional(each) for each in load.processes(pid))


def _proportional(pid: int) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return float(line.split()[1])
    return 0.0
