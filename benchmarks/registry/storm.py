"""Ten thousand pods that start within half a minute, each on a connection of its own."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from pathlib import Path

from benchmarks.registry import frames
from benchmarks.registry.places import fresh_database, serving
from benchmarks.report import Line
from tests.registry.mariadb import MariaDB

__all__ = ["lines"]

PODS = 10_000
SECONDS = 30
TIMEOUT = 1.0


def lines(folder: Path, server: MariaDB) -> Iterator[Line]:
    """How many registrations were not answered within a second."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    url = fresh_database(server, "bench_storm")
    with serving(folder, url) as registry:
        found = registry.load(
            frames.startups(PODS),
            connections=PODS,
            inflight=1,
            count=PODS,
            rate=PODS / SECONDS,
            timeout=TIMEOUT,
            lazy=True,
        )
    yield Line(
        metric="registry.startup_storm_timeouts",
        value=found.late + found.errors,
        goal=0,
        better="lower",
        peer=f"{PODS} registrations in {SECONDS} s, p99 {found.p99_us / 1000:.0f} ms",
        rounds=1,
    )
