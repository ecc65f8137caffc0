"""Queries: an object with 100 endpoints, against an echo of 16 bytes by the same runtime.

The rate says who got the core on a machine that does other things, too; processor time does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from tars_registry.storage.location import locate

from benchmarks import load
from benchmarks.registry import frames
from benchmarks.registry.places import seed, serving
from benchmarks.report import Line, ratio
from benchmarks.rpc.fleet import Fleet, Running

__all__ = ["lines"]

ROUNDS = 3
SECONDS = 1.5
CONNECTIONS, IN_FLIGHT = 4, 32
OPTIONS = {
    "connections": CONNECTIONS,
    "inflight": IN_FLIGHT,
    "seconds": SECONDS,
    "warmup": 0.3,
}
KINDS = ("ours_native", "ours")


@dataclass(frozen=True, slots=True)
class Round:
    """One measured run: calls per second, and the server's microseconds for each."""

    rate: float
    cost: float


def lines(folder: Path) -> Iterator[Line]:
    """Queries as a part of echoes: their rate, and the processor time of an echo to theirs."""
    url = locate("", str(folder / "queries.db"), {})
    seed(url, 1000)
    question = frames.queries(frames.OBJECT + "3")
    ours: list[Round] = []
    echo: list[Round] = []
    with Fleet() as fleet, serving(folder, url) as registry:
        running = _echo(fleet)
        for _ in range(ROUNDS if running else 0):
            assert running is not None
            ours.append(
                _round(registry.pid, lambda: registry.load(question, **OPTIONS))
            )
            load_echo = partial(running.load, CONNECTIONS, IN_FLIGHT, SECONDS)
            echo.append(_round(running.pid, load_echo))
    if not echo:
        yield Line(
            metric="registry.query_vs_rpc_echo",
            value=None,
            goal=0.5,
            reason="; ".join(fleet.missing.values()),
        )
        return
    yield from _lines(ours, echo)


def _lines(ours: list[Round], echo: list[Round]) -> Iterator[Line]:
    rates = [each.rate for each in ours], [each.rate for each in echo]
    yield Line(
        metric="registry.query_vs_rpc_echo",
        value=ratio(*rates),
        goal=0.5,
        peer=f"our echo server: {median(rates[1]):.0f}/s; queries {median(rates[0]):.0f}/s",
        rounds=ROUNDS,
    )
    costs = [each.cost for each in echo], [each.cost for each in ours]
    yield Line(
        metric="registry.query_cpu_vs_rpc_echo",
        value=ratio(*costs),
        goal=0.5,
        peer=f"our echo server: {median(costs[0]):.2f} us; queries {median(costs[1]):.2f} us",
        rounds=ROUNDS,
    )


def _echo(fleet: Fleet) -> Running | None:
    """The fastest of our own servers that runs here."""
    for kind in KINDS:
        fleet.launch(kind)
        if kind in fleet.running:
            return fleet.running[kind]
    return None


def _round(pid: int, run: Callable[[], load.Load]) -> Round:
    before = load.cpu_seconds(pid)
    found = run()
    return Round(found.qps, (load.cpu_seconds(pid) - before) / found.total * 1e6)
