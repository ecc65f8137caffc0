"""Heartbeats and registrations on MariaDB: rate, latency and the database's own time.

Ours and the peer in turn, same server, same durable commits, every node a different row.
"""

from __future__ import annotations

import re
import threading
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from sqlalchemy.engine import URL

from benchmarks import load
from benchmarks.registry import frames
from benchmarks.registry.peer import Peer, find, free_port
from benchmarks.registry.places import Registry, fresh_database, seed, serving
from benchmarks.report import Line, ratio
from tests.registry.mariadb import MariaDB

__all__ = ["STANDARD", "lines", "registrations"]

CONNECTIONS, IN_FLIGHT = 16, 4
SECONDS, WARM_UP = 2.0, 0.5
ROUNDS = 3
MODES = {"commit": (), "memory": ("--ack", "memory")}
THEIRS = "theirs"
STANDARD = 20_000
"""The number of nodes that the goals are for."""
AGE = "tarsregistry_heartbeat_commit_seconds"


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
    peer = find(folder)
    url = fresh_database(server, f"bench_{nodes}")
    seed(url, nodes)
    beats = frames.heartbeats(nodes)
    measured: dict[str, list[Round]] = {name: [] for name in (*MODES, THEIRS)}
    for _ in range(rounds):  # one alone at a time: others would poll
        for name, flags in MODES.items():
            with serving(folder, url, *flags) as place:
                measured[name].append(_round(place, beats, server))
        with peer.serving(folder, url) as place:
            measured[THEIRS].append(_round(place, beats, server))
    yield from _heartbeat_lines(measured, peer, nodes, rounds)
    yield _age_line(folder, url, beats, nodes)


def registrations(
    folder: Path, server: MariaDB, *, count: int = 4000, rounds: int = ROUNDS
) -> Iterator[Line]:
    """How many servers register in a second: new ones, all different."""
    peer = find(folder)
    places = {"ours": serving, THEIRS: peer.serving}
    rates: dict[str, list[float]] = {name: [] for name in places}
    for number in range(rounds):
        for name, place in places.items():
            url = fresh_database(server, "bench_register")
            with place(folder, url) as registry:
                starts = frames.startups(count, first=number * count)
                found = registry.load(starts, connections=200, inflight=1, count=count)
                rates[name].append(found.qps)
    shown = {name: f"{median(each):.0f}/s" for name, each in rates.items()}
    yield Line(
        metric="registry.register_vs_k8stars",
        value=ratio(rates["ours"], rates[THEIRS]),
        goal=5,
        peer=f"{peer.title}: {shown[THEIRS]}; ours {shown['ours']}",
        rounds=rounds,
    )


def _round(place: Registry, beats: bytes, server: MariaDB) -> Round:
    before = load.cpu_seconds(server.pid)
    found = _load(place, beats)
    spent = load.cpu_seconds(server.pid) - before
    return Round(found.qps, found.p99_us, spent / found.total * 1e6)


def _heartbeat_lines(
    measured: dict[str, list[Round]], against: Peer, nodes: int, rounds: int
) -> Iterator[Line]:
    rates = {name: [each.rate for each in runs] for name, runs in measured.items()}
    shown = {name: f"{median(each):.0f}/s" for name, each in rates.items()}
    peer = f"{against.title}: {shown[THEIRS]}; {nodes} nodes"

    def line(name: str, value: float, goal: float, mode: str) -> Line:
        return Line(
            metric=f"registry.keepalive{name}_vs_k8stars{_suffix(nodes)}",
            value=value,
            goal=goal,
            better="lower" if goal < 1 else "higher",
            peer=f"{peer}; ours {shown[mode]}",
            rounds=rounds,
        )

    def median_ratio(take: Callable[[Round], float]) -> float:
        ours, theirs = measured["commit"], measured[THEIRS]
        return ratio([take(each) for each in ours], [take(each) for each in theirs])

    goal = 10 if against.program else 4
    yield line("", ratio(rates["commit"], rates[THEIRS]), goal, "commit")
    yield line("_p99", median_ratio(lambda each: each.p99), 0.125, "commit")
    yield line("_db_cpu", median_ratio(lambda each: each.database), 0.07, "commit")
    yield line("_memory_ack", ratio(rates["memory"], rates[THEIRS]), 30, "memory")


def _age_line(folder: Path, url: URL, beats: bytes, nodes: int) -> Line:
    """How old a heartbeat becomes that was answered from memory and is not in the database."""
    port = free_port()
    flags = *MODES["memory"], "--http-port", str(port)
    with serving(folder, url, *flags) as place, ThreadPoolExecutor(1) as thread:
        ended = threading.Event()
        oldest = thread.submit(_oldest, port, ended)
        try:
            _load(place, beats)
        finally:
            ended.set()
        return Line(
            metric=f"registry.keepalive_memory_ack_age_s{_suffix(nodes)}",
            value=oldest.result(),
            goal=1 if nodes == STANDARD else None,
            better="lower",
            peer=f"oldest that was not written yet, under full load; {nodes} nodes",
            rounds=1,
        )


def _oldest(port: int, ended: threading.Event) -> float:
    """The greatest age that was told until the end, in seconds."""
    found = [0.0]
    while not ended.wait(0.1):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            page = answer.read().decode()
        match = re.search(rf"^{AGE} (\S+)$", page, re.MULTILINE)
        assert match, f"expected {AGE} in /metrics"
        found.append(float(match[1]))
    return max(found)


def _load(place: Registry, beats: bytes) -> load.Load:
    return place.load(
        beats,
        connections=CONNECTIONS,
        inflight=IN_FLIGHT,
        seconds=SECONDS,
        warmup=WARM_UP,
    )


def _suffix(nodes: int) -> str:
    return "" if nodes == STANDARD else f".{nodes}"
