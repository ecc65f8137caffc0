"""Heartbeats and registrations on MariaDB: rate, latency and the database's own time.

Ours and the baseline in turn, same server, same durable commits, every node a different row.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks import load
from benchmarks.registry import frames
from benchmarks.registry.places import SERVE, Registry, fresh_database, seed, serving
from benchmarks.report import Line, ratio
from tests.registry.mariadb import MariaDB

__all__ = ["lines"]

BASELINE = "three statements on 16 connections (a baseline of ours)"
WHY_NO_PEER = "the Go module proxy does not offer github.com/tarscloud/k8stars"

CONNECTIONS, IN_FLIGHT = 16, 4
SECONDS, WARM_UP = 2.0, 0.5
ROUNDS = 3
MODULE = ("-m", "benchmarks.registry.baseline")
KINDS = {
    "commit": ((), SERVE),
    "memory": (("--ack", "memory"), SERVE),
    "baseline": ((), MODULE),
}


@dataclass(frozen=True, slots=True)
class Round:
    """One measured run; times in microseconds, the database's for each heartbeat."""

    rate: float
    p99: float
    database: float


def lines(
    folder: Path, server: MariaDB, *, nodes: int, rounds: int = ROUNDS
) -> Iterator[Line]:
    """The figures for a number of nodes."""
    url = fresh_database(server, f"bench_{nodes}")
    seed(url, nodes)
    beats = frames.heartbeats(nodes)
    measured: dict[str, list[Round]] = {name: [] for name in KINDS}
    for _ in range(rounds):
        for name, (flags, program) in KINDS.items():
            with serving(
                folder, url, *flags, program=program
            ) as place:  # alone: others would poll
                measured[name].append(_round(place, beats, server))
    yield from _heartbeat_lines(measured, nodes, rounds)


def registrations(
    folder: Path, server: MariaDB, *, count: int = 4000, rounds: int = ROUNDS
) -> Iterator[Line]:
    """How many servers register in a second: new ones, all different."""
    rates: dict[str, list[float]] = {"ours": [], "baseline": []}
    for number in range(rounds):
        for name, program in (("ours", SERVE), ("baseline", MODULE)):
            url = fresh_database(server, "bench_register")
            with serving(folder, url, program=program) as place:
                starts = frames.startups(count, first=number * count)
                found = place.load(starts, connections=200, inflight=1, count=count)
                rates[name].append(found.qps)
    yield Line(
        metric="registry.register_vs_k8stars",
        value=ratio(rates["ours"], rates["baseline"]),
        goal=5,
        peer=f"{BASELINE}; ours {median(rates['ours']):.0f}/s",
        rounds=rounds,
    )


def _round(place: Registry, beats: bytes, server: MariaDB) -> Round:
    before = load.cpu_seconds(server.pid)
    found = place.load(
        beats,
        connections=CONNECTIONS,
        inflight=IN_FLIGHT,
        seconds=SECONDS,
        warmup=WARM_UP,
    )
    spent = load.cpu_seconds(server.pid) - before
    return Round(found.qps, found.p99_us, spent / found.total * 1e6)


def _heartbeat_lines(
    measured: dict[str, list[Round]], nodes: int, rounds: int
) -> Iterator[Line]:
    rates = {
        name: [each.rate for each in each_round]
        for name, each_round in measured.items()
    }
    shown = {name: f"{median(each):.0f}/s" for name, each in rates.items()}
    peer = f"{BASELINE}: {shown['baseline']}; {nodes} nodes"
    name = "registry.keepalive"
    suffix = "" if nodes == 20_000 else f".{nodes}"
    yield Line(
        metric=f"{name}_vs_k8stars{suffix}",
        value=ratio(rates["commit"], rates["baseline"]),
        goal=4,
        peer=f"{peer}; ours {shown['commit']}",
        rounds=rounds,
    )
    yield Line(
        metric=f"{name}_p99_vs_k8stars{suffix}",
        value=ratio(
            [each.p99 for each in measured["commit"]],
            [each.p99 for each in measured["baseline"]],
        ),
        goal=0.125,
        better="lower",
        peer=peer,
        rounds=rounds,
    )
    yield Line(
        metric=f"{name}_db_cpu_vs_k8stars{suffix}",
        value=ratio(
            [each.database for each in measured["commit"]],
            [each.database for each in measured["baseline"]],
        ),
        goal=0.07,
        better="lower",
        peer=peer,
        rounds=rounds,
    )
    yield Line(
        metric=f"{name}_memory_ack_vs_k8stars{suffix}",
        value=ratio(rates["memory"], rates["baseline"]),
        goal=30,
        peer=f"{peer}; ours {shown['memory']}",
        rounds=rounds,
    )
