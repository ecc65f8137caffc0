"""A crowd of changes is written side by side, and each server's changes in their order."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, cast

import pytest
from sqlalchemy.exc import OperationalError
from tars_registry.model import Key
from tars_registry.refusals import Unavailable
from tars_registry.storage.batches import CROWD
from tars_registry.storage.database import Database
from tars_registry.storage.dialect import MYSQL
from tars_registry.storage.rows import Done, Stored
from tars_registry.storage.store import Store
from tars_registry.table.changes import Change, SetMetricsPort

from tests.registry.rig import Rig

SECONDS = 10.0


class Paper:
    """A database that notes what it is told to write, and writes when it is let."""

    name = "paper"
    watches_by_writing = False

    def __init__(self, lanes: int) -> None:
        self.dialect = replace(MYSQL, lanes=lanes)
        self.lets = [threading.Semaphore(0) for _ in range(lanes)]
        self.began: list[tuple[int, list[Key], list[str]]] = []
        self.written: list[Change] = []
        self.fails = False
        self.changed = threading.Condition()

    def write_batch(
        self,
        changes: Sequence[Change],
        nodes: Iterable[str],
        leases: Iterable[int],
        lane: int = 0,
    ) -> list[Done | Exception]:
        with self.changed:
            keys = [each.key for each in changes]
            self.began.append((lane, keys, sorted(nodes)))
            self.changed.notify_all()
        assert self.lets[lane].acquire(timeout=SECONDS)
        if self.fails:
            raise OperationalError("", None, Exception(2006, "gone"))
        self.written += changes
        return [Done(each, True, Stored()) for each in changes]

    def close_writer(self, lane: int) -> None:
        self.lets[lane].release()

    def close_reader(self) -> None:
        pass

    async def begins(self, count: int) -> None:
        """Wait until so many batches began."""

        def wait() -> bool:
            with self.changed:
                return self.changed.wait_for(lambda: len(self.began) >= count, SECONDS)

        assert await asyncio.to_thread(wait)


def store_of(paper: Paper) -> Store:
    return Store(cast("Database", paper), committed=lambda done: None)


def change(node: int | str, port: int = 1, server: str = "Server") -> SetMetricsPort:
    return SetMetricsPort(key=Key.of("Demo", server, f"n{node}"), port=port)


async def crowd(
    paper: Paper, store: Store, *more: Change
) -> list[asyncio.Future[Done]]:
    """One change is being written, and a crowd waits behind it."""
    futures = [store.submit(change("first"))]
    await paper.begins(1)
    changes = [change(each) for each in range(CROWD)]
    return futures + [store.submit(each) for each in (*more, *changes)]


async def test_a_crowd_is_written_beside_what_is_being_written() -> None:
    paper = Paper(lanes=2)
    store = store_of(paper)
    futures = await crowd(paper, store)
    await paper.begins(2)
    assert [lane for lane, _, _ in paper.began] == [0, 1]
    paper.lets[1].release()
    await asyncio.wait_for(futures[1], SECONDS)
    assert not futures[0].done()  # each is answered after its own commit
    paper.lets[0].release(CROWD)
    await asyncio.wait_for(asyncio.gather(*futures), SECONDS)
    await store.close()


@pytest.mark.parametrize(("lanes", "waiting"), [(1, CROWD), (2, CROWD - 1)])
async def test_less_than_a_crowd_waits(lanes: int, waiting: int) -> None:
    paper = Paper(lanes)
    store = store_of(paper)
    futures = [store.submit(change("first"))]
    await paper.begins(1)
    futures += [store.submit(change(each)) for each in range(waiting)]
    await asyncio.sleep(0)
    assert len(paper.began) == 1
    paper.lets[0].release(waiting)
    await asyncio.wait_for(asyncio.gather(*futures), SECONDS)
    assert {lane for lane, _, _ in paper.began} == {0}
    await store.close()


@pytest.mark.parametrize("server", ["Server", "Other"])
async def test_a_node_that_is_being_written_waits(server: str) -> None:
    """Also another server's: they share the node's row."""
    paper = Paper(lanes=2)
    store = store_of(paper)
    futures = await crowd(paper, store, change("first", 2, server))
    await asyncio.sleep(0)
    assert len(paper.began) == 1  # those behind it wait, too
    paper.lets[0].release(CROWD)
    paper.lets[1].release(CROWD)
    await asyncio.wait_for(asyncio.gather(*futures), SECONDS)
    assert paper.written[:2] == [change("first"), change("first", 2, server)]
    await store.close()


async def test_the_first_lane_alone_writes_heartbeats() -> None:
    paper = Paper(lanes=2)
    store = store_of(paper)
    futures = await crowd(paper, store)
    store.beat("n1", None)
    await paper.begins(2)
    paper.lets[1].release(CROWD)
    paper.lets[0].release(CROWD)
    await asyncio.wait_for(asyncio.gather(*futures), SECONDS)
    await asyncio.wait_for(store.close(), SECONDS)
    assert [lane for lane, _, nodes in paper.began if nodes] == [0]


async def test_an_outage_ends_all_lanes() -> None:
    paper = Paper(lanes=2)
    store = store_of(paper)
    futures = await crowd(paper, store)
    await paper.begins(2)
    paper.fails = True
    for each in paper.lets:
        each.release()
    results = await asyncio.wait_for(
        asyncio.gather(*futures, return_exceptions=True), SECONDS
    )
    assert {type(each) for each in results} == {Unavailable}
    assert (store.outages, store.waiting, paper.written) == (1, 0, [])
    await store.close()


async def test_a_thousand_registrations_at_once(
    rig: Rig, open_rig: Callable[..., Rig]
) -> None:
    """Some of them twice, some on one node: all are there, the last word of each counts."""
    await rig.load()

    def asks(number: int, version: str) -> Any:
        node, server = f"10.1.{number // 300}.{number // 3 % 100}", f"S{number % 3}"
        adapters = [
            (f"Demo.{server}.Obj", f"tcp -h {node} -p {number % 3 + 1} -t 3000")
        ]
        return rig.start(node, server=server, adapters=adapters, Version=version)

    first = [asks(each, "1") for each in range(1000)]
    again = [asks(each, "2") for each in range(0, 1000, 5)]
    await asyncio.gather(*first, *again)
    rows = await rig.rows(
        "SELECT COUNT(*), SUM(patch_version = '2') FROM t_server_conf"
    )
    assert [tuple(map(int, row)) for row in rows] == [(1000, 200)]
    await rig.keeper.poll()
    other = open_rig(rig.url)
    await other.load()
    assert other.memory.catalog.servers == rig.memory.catalog.servers
    assert other.memory.catalog.adapters == rig.memory.catalog.adapters
