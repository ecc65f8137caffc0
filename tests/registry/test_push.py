"""Clients that ask to be told are told, and those that do not listen are dropped; locks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path

import pytest
from tars_registry.lookup.answers import Answers
from tars_registry.servants import push
from tars_registry.servants.locks import Locks
from tars_registry.servants.push import Subscriptions
from tars_registry.servants.query import Query
from tars_registry.storage.location import locate
from tars_runtime import codec
from tars_runtime.application import Application
from tars_runtime.interfaces.tars import GetMasterSlaveLock
from tars_runtime.protocol import ClientWire, Push, Response
from tars_runtime.protocol.envelope import names_of, write_request

from tests.registry.rig import OBJECT, Rig

QUERY = "tars.tarsregistry.QueryObj"


class Listener:
    """A client that speaks the protocol by hand."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.reader, self.writer = reader, writer
        self.wire = ClientWire()
        self.pushes: asyncio.Queue[str] = asyncio.Queue()
        self.answers: asyncio.Queue[int] = asyncio.Queue()
        self.reading = asyncio.create_task(self._read())

    async def subscribe(self, name: str) -> int:
        names = names_of(QUERY, "registerQuery")
        assert names is not None
        method = next(each for each in Query.__tars__ if each.name == "registerQuery")
        body = codec.arguments(*method.takes).build((name, "me"))
        self.writer.write(write_request(7, names, body, 3000))
        return await asyncio.wait_for(self.answers.get(), 5)

    async def told(self) -> str:
        return await asyncio.wait_for(self.pushes.get(), 5)

    async def close(self) -> None:
        self.reading.cancel()
        self.writer.close()
        await self.writer.wait_closed()

    async def _read(self) -> None:
        while data := await self.reader.read(65536):
            for event in self.wire.receive_data(data):
                if isinstance(event, Push):
                    assert event.function == "onQuery"
                    body = event.packet.body
                    self.pushes.put_nowait(codec.at(1, codec.STRING).parse(body))
                elif isinstance(event, Response):
                    self.answers.put_nowait(codec.at(0, codec.INT).parse(event.body))


@pytest.fixture
async def serving(
    tmp_path: Path, open_rig: Callable[..., Rig]
) -> AsyncIterator[tuple[Rig, Subscriptions, Callable[[], object]]]:
    rig = open_rig(locate("", str(tmp_path / "r.db"), {}))
    await rig.load()
    answers, subscriptions = Answers(rig.memory.catalog), Subscriptions()
    rig.memory.listeners += [answers.forget, subscriptions.changed]
    query = Query(rig.memory.catalog, answers, subscriptions, Locks(rig.store))
    application = Application()
    application.add_adapter("Query", "tcp -h 127.0.0.1 -p 0 -t 60000")
    application.add_servant(QUERY, query, adapter="Query")
    task = asyncio.create_task(application.serve())
    await application.started()
    listeners: list[Listener] = []

    async def connect() -> Listener:
        port = application.endpoint(QUERY).port
        listener = Listener(*await asyncio.open_connection("127.0.0.1", port))
        listeners.append(listener)
        return listener

    yield rig, subscriptions, connect
    for each in listeners:
        await each.close()
    application.shutdown()
    await task
    subscriptions.close()


async def test_a_change_is_told_to_those_who_asked_for_the_object(serving) -> None:  # type: ignore[no-untyped-def]  # the fixture above
    rig, subscriptions, connect = serving
    listener, other = await connect(), await connect()
    assert await listener.subscribe(OBJECT) == 0
    assert await other.subscribe("Another.Server.Obj") == 0
    await rig.start()
    assert await listener.told() == OBJECT
    await rig.stop()
    assert await listener.told() == OBJECT
    assert other.pushes.empty()
    assert subscriptions.pushed == 2


async def test_changes_of_a_moment_are_told_once(serving) -> None:  # type: ignore[no-untyped-def]  # the fixture above
    rig, subscriptions, connect = serving
    listener = await connect()
    await listener.subscribe(OBJECT)
    await asyncio.gather(*(rig.start(f"10.0.0.{each}") for each in range(20)))
    assert await listener.told() == OBJECT
    assert listener.pushes.empty()
    assert subscriptions.pushed == 1


async def test_a_heartbeat_that_changes_nothing_tells_nobody(serving) -> None:  # type: ignore[no-untyped-def]  # the fixture above
    rig, subscriptions, connect = serving
    await rig.start()
    listener = await connect()
    await listener.subscribe(OBJECT)
    await rig.beat()
    await rig.keeper.poll()
    await asyncio.sleep(2 * push.JOIN_SECONDS)
    assert subscriptions.pushed == 0


async def test_nobody_waits_for_an_object_that_no_table_can_hold(serving) -> None:  # type: ignore[no-untyped-def]  # the fixture above
    _, subscriptions, connect = serving
    listener = await connect()
    assert await listener.subscribe("A.B." + "C" * push.LONGEST) == -1
    assert len(subscriptions) == 0


async def test_one_connection_may_ask_for_so_many_objects_and_no_more(  # type: ignore[no-untyped-def]  # the fixture above
    serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push, "PER_CONNECTION", 2)
    _, _, connect = serving
    listener = await connect()
    answers = [await listener.subscribe(f"A.B.C{each}") for each in range(3)]
    assert answers == [0, 0, -1]
    assert await listener.subscribe("A.B.C0") == 0


async def test_a_connection_that_does_not_take_its_pushes_is_dropped(  # type: ignore[no-untyped-def]  # the fixture above
    serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig, subscriptions, connect = serving
    slow = await connect()
    await slow.subscribe(OBJECT)
    monkeypatch.setattr(push, "BACKLOG", -1)
    await rig.start()
    with suppress(ConnectionError):
        await asyncio.wait_for(slow.reading, 5)  # which ends with the connection
    assert slow.pushes.empty()
    assert (subscriptions.dropped, len(subscriptions)) == (1, 0)


async def test_a_connection_that_ended_is_forgotten(serving) -> None:  # type: ignore[no-untyped-def]  # the fixture above
    rig, subscriptions, connect = serving
    listener = await connect()
    await listener.subscribe(OBJECT)
    listener.writer.close()
    await listener.writer.wait_closed()
    while len(subscriptions):
        await asyncio.sleep(0)
        subscriptions.forget_closed()
    await rig.start()
    assert subscriptions.pushed == 0


async def test_a_lock_is_one_owners_until_it_runs_out(rig: Rig) -> None:
    locks = Locks(rig.store)

    def asks(node: str) -> GetMasterSlaveLock:
        return GetMasterSlaveLock(
            application="A", server_name="S", node_name=node, timeout=60_000
        )

    assert await locks.acquire(asks("n1")) == 0
    assert await locks.acquire(asks("n1")) == 0, "renewed"
    assert await locks.acquire(asks("n2")) == 1
    await rig.edit("UPDATE tars2py_lock SET until = 1")
    assert await locks.acquire(asks("n2")) == 0
    assert await locks.acquire(asks("")) == 2
