"""Fifty thousand endpoints: loading, memory, sweeps, and queries while heartbeats arrive."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from tars_registry.core.keeper import TICK, Keeper
from tars_registry.core.memory import Memory
from tars_registry.storage.database import Database
from tars_registry.storage.store import Store
from tars_registry.table.leases import LeaseClock

from benchmarks import load
from benchmarks.registry import frames
from benchmarks.registry.places import fresh_database, seed, serving
from benchmarks.report import Line
from tests.registry.mariadb import MariaDB

__all__ = ["lines"]

ENDPOINTS = 50_000
CONNECTIONS = 10_000
HEARTBEATS = 2000
QUERIES = 200


def lines(folder: Path, server: MariaDB) -> Iterator[Line]:
    """All figures at that size."""
    url = fresh_database(server, "bench_scale")
    seed(url, ENDPOINTS)
    with serving(folder, url) as registry:
        yield _line("registry.load_s", registry.started, 5)
        yield _line("registry.rss_mib", registry.resident_mib, 250)
        yield _line(
            "registry.query_p99_ms",
            _query_p99(registry.port),
            5,
            f"{HEARTBEATS} heartbeats/s",
        )
        with ExitStack() as stack:
            for _ in range(CONNECTIONS):
                stack.enter_context(
                    socket.create_connection(("127.0.0.1", registry.port))
                )
            time.sleep(1)
            resident = registry.resident_mib
        yield _line(
            "registry.rss_10000_connections_mib",
            resident,
            None,
            f"{CONNECTIONS} idle connections",
        )
    yield _line("registry.sweep_ms", asyncio.run(_sweep(Database(url))) * 1000, 50)


def _line(metric: str, value: float, goal: float | None, about: str = "") -> Line:
    return Line(
        metric=metric,
        value=value,
        goal=goal,
        better="lower",
        peer=f"{ENDPOINTS} endpoints, MariaDB{', ' if about else ''}{about}",
        rounds=1,
    )


def _query_p99(port: int) -> float:
    """Milliseconds; queries at a fixed rate beside heartbeats at another."""
    beats = frames.heartbeats(ENDPOINTS)

    def beat() -> None:
        load.run(
            port,
            frames=beats,
            connections=16,
            inflight=16,
            seconds=5,
            rate=HEARTBEATS,
            core=0,
        )

    beating = threading.Thread(target=beat)
    beating.start()
    time.sleep(1)
    found = load.run(
        port,
        frames=frames.queries(frames.OBJECT + "3"),
        connections=4,
        inflight=4,
        seconds=3,
        rate=QUERIES,
        core=0,
    )
    beating.join()
    return found.p99_us / 1000


async def _sweep(database: Database) -> float:
    """Seconds of one look for leases that ran out."""
    database.prepare()
    memory = Memory(LeaseClock(TICK, 0.0))
    store = Store(database, committed=memory.committed)
    memory.load(await store.load())
    keeper = Keeper(memory, store)
    times = []
    for _ in range(9):
        began = time.perf_counter()
        await keeper.sweep()
        times.append(time.perf_counter() - began)
    await store.close()
    return median(times)
