"""Heartbeats that repeat themselves: noted without a look, until something changed."""

from __future__ import annotations

import asyncio
import struct
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio
from tars_registry.core.access import Access, Caller
from tars_registry.refusals import Unavailable
from tars_registry.servants.registry import Registry
from tars_registry.storage.batches import BEAT_SECONDS
from tars_registry.storage.location import locate
from tars_runtime import codec
from tars_runtime.application import Application
from tars_runtime.interfaces.tars import keepAliveReq, tarsregistryServant
from tars_runtime.protocol import Request, Response, send_request
from tars_runtime.protocol.packets import READ_RESPONSE

from tests.registry.rig import APPLICATION, NODE, SERVER, Rig

REGISTRY = "tars.tarsregistry.Registry"
KEEP_ALIVE = next(
    each for each in tarsregistryServant.__tars__ if each.name == "keepAlive"
)
LOCAL = "127.0.0.1"


class Server:
    """A server that beats over a connection of its own, as clients do."""

    def __init__(self, rig: Rig, port: int) -> None:
        self.rig, self.port = rig, port
        self.looks = 0
        self.others: list[Server] = []
        self._hear = rig.registrar.hear
        rig.registrar.hear = self._look  # type: ignore[method-assign]  # counted, then as ever

    async def connect(self, address: str = LOCAL) -> None:
        self._reader, self.writer = await asyncio.open_connection(
            LOCAL, self.port, local_addr=(address, 0)
        )

    async def from_address(self, address: str) -> Server:
        """Another one, which calls from another address; its heartbeats count here."""
        other = Server(self.rig, self.port)
        await other.connect(address)
        self.others.append(other)
        return other

    async def close(self) -> None:
        for each in (self, *self.others):
            each.writer.close()
            await each.writer.wait_closed()

    async def beat(
        self, *, node: str = NODE, state: str = "active", **context: str
    ) -> Response:
        request = keepAliveReq(
            nodeName=node, state=state, application=APPLICATION, server=SERVER
        )
        body = codec.arguments(*KEEP_ALIVE.takes).build((request,))
        self.writer.write(
            send_request(
                Request(
                    request_id=5,
                    servant=REGISTRY,
                    function="keepAlive",
                    body=body,
                    context=context,
                )
            )
        )
        head = await self._reader.readexactly(4)
        packet = await self._reader.readexactly(struct.unpack(">I", head)[0] - 4)
        return READ_RESPONSE.parse(packet)

    async def _look(self, *arguments: Any) -> Any:
        self.looks += 1
        return await self._hear(*arguments)


Open = Callable[..., Any]


@pytest_asyncio.fixture(params=[True, False], ids=["memory", "commit"])
async def open_server(
    request: pytest.FixtureRequest, tmp_path: Path, open_rig: Callable[..., Rig]
) -> AsyncIterator[Open]:
    """Opens a registry that acknowledges from memory or after a commit, and a connection to it."""

    @asynccontextmanager
    async def opened(**access: Any) -> AsyncIterator[Server]:
        rig = open_rig(
            locate("", str(tmp_path / "registry.db"), {}),
            access=Access(**access),
            memory_acks=request.param,
        )
        await rig.load()
        application = Application()
        application.add_adapter("R", "tcp -h 127.0.0.1 -p 0 -t 60000")
        application.add_servant(
            REGISTRY, Registry(rig.registrar, rig.memory), adapter="R"
        )
        serving = asyncio.create_task(application.serve())
        await application.started()
        port = application.endpoint(REGISTRY).port
        server = Server(rig, port)
        await server.connect()
        yield server
        await server.close()
        application.shutdown()
        await serving

    async with AsyncExitStack() as stack:

        async def enter(**access: Any) -> Server:
            return await stack.enter_async_context(opened(**access))

        yield enter


async def test_equal_heartbeats_are_noted_without_a_look(open_server: Open) -> None:
    server = await open_server()
    await server.rig.start()
    lease = server.rig.memory.leases.get(server.rig.key())
    for number in range(5):
        server.rig.pass_time(10)
        answer = await server.beat()
        assert (answer.ret, answer.body, answer.context) == (0, b"", {}), number
        assert lease.beat == server.rig.memory.clock.elapsed
    assert server.looks == 1
    assert server.rig.registrar.counts["heartbeats"] == 5


async def test_they_are_written_like_any_other(open_server: Open) -> None:
    server = await open_server()
    rig = server.rig
    await rig.start()
    await rig.start(server="OtherServer", adapters=[])  # alone, its node's row would do
    await server.beat()
    await rig.edit_directly("UPDATE tars2py_lease SET beat = 1")
    await rig.edit_directly(
        "UPDATE t_node_info SET last_heartbeat = '2001-01-01 00:00:00'"
    )
    await server.beat()
    assert server.looks == 1
    await rig.store.beaten()
    ((beat,),) = await rig.rows(
        "SELECT beat FROM tars2py_lease WHERE server = 'HelloServer'"
    )
    assert beat > 1
    ((heard,),) = await rig.rows("SELECT last_heartbeat FROM t_node_info")
    assert str(heard) > "2020"


async def test_a_row_that_changed_is_looked_at(open_server: Open) -> None:
    server = await open_server()
    rig = server.rig
    await rig.start()
    await server.beat()
    await rig.edit("UPDATE t_server_conf SET present_state = 'inactive'")
    await rig.keeper.poll()
    assert rig.active() == []
    await server.beat()
    assert server.looks == 2
    assert rig.active() == [NODE], "what it says is what counts"
    await server.beat()
    await server.beat()
    assert server.looks == 3


async def test_who_is_gone_is_told_to_register(open_server: Open) -> None:
    server = await open_server()
    await server.rig.start()
    await server.beat()
    await server.rig.stop()
    answer = await server.beat()
    assert answer.context == {"registered": "0"}
    assert server.rig.memory.catalog.servers == {}


async def test_what_changes_elsewhere_is_no_reason_to_look(open_server: Open) -> None:
    server = await open_server()
    await server.rig.start()
    await server.beat()
    await server.rig.start("10.0.0.2")
    await server.beat()
    assert server.looks == 1


async def test_a_heartbeat_that_was_of_no_use_once_is_of_none_again(
    open_server: Open,
) -> None:
    """A row that is gone stays gone, however often it is asked for."""
    rig = (await open_server()).rig
    await rig.start()
    heard = await rig.registrar.hear(NODE, "active", APPLICATION, SERVER, Caller(NODE))
    assert heard.again is not None
    caller = SimpleNamespace(peer=(NODE, 1))
    assert heard.again(caller)
    await rig.stop()
    assert not heard.again(caller)
    assert not heard.again(caller)


async def test_another_state_is_another_heartbeat(open_server: Open) -> None:
    server = await open_server()
    rig = server.rig
    await rig.start()
    await server.beat()
    await server.beat(state="inactive")
    assert rig.inactive() == [NODE]
    await server.beat()
    assert rig.active() == [NODE]


async def test_a_process_that_was_replaced_is_not_known_any_more(
    open_server: Open,
) -> None:
    server = await open_server()
    rig = server.rig
    await rig.start(context={"instance": "pod.1"})
    await server.beat(instance="pod.1")
    await server.beat(instance="pod.1")
    assert server.looks == 1
    await rig.start(context={"instance": "pod.2"})
    lease = rig.memory.leases.get(rig.key())
    since = lease.beat
    rig.pass_time(10)
    await server.beat(instance="pod.1")
    assert lease.beat == since, "a dead process keeps nobody alive"
    assert rig.registrar.counts["other_instances"] == 1


async def test_each_heartbeat_says_how_long_its_lease_is(open_server: Open) -> None:
    server = await open_server()
    await server.rig.start()
    lease = server.rig.memory.leases.get(server.rig.key())
    for _ in range(2):
        await server.beat(report_ms="10000")
        assert lease.length == 30
        await server.beat(report_ms="20000")
        assert lease.length == 60
    assert server.looks == 2


async def test_an_outage_is_looked_at(
    open_server: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = await open_server()
    rig = server.rig
    await rig.start()
    await server.beat()

    def lost(*_: Any) -> None:
        raise OSError("no disk")

    for writes in ("write", "write_batch"):
        monkeypatch.setattr(rig.database, writes, lost)
    with pytest.raises(Unavailable):  # after what the one thread had to write before
        await rig.store.write(len)
    await server.beat()
    assert server.looks == 2


@pytest.mark.parametrize("mode", ["off", "report", "require"])
async def test_what_an_address_proves_is_known_from_that_address_alone(
    open_server: Open, mode: str
) -> None:
    """A heartbeat's bytes say nothing of where it comes from."""
    server = await open_server(mode=mode, loopback=True)
    await server.rig.start(LOCAL)
    for _ in range(3):
        assert (await server.beat(node=LOCAL)).ret == 0
    assert server.looks == 1
    stranger = await server.from_address("127.0.0.2")
    for number in range(1, 4):
        refused = (await stranger.beat(node=LOCAL)).ret != 0
        assert refused is (mode == "require")
        counted = server.rig.registrar.access.counts["secret"]
        assert counted == (0 if mode == "off" else number)
    await server.beat(node=LOCAL)
    await server.beat(node=LOCAL)
    assert server.looks == (3 if mode == "off" else 4)


async def test_a_secret_is_known_until_the_next_life(open_server: Open) -> None:
    server = await open_server(mode="require", loopback=True)
    told = await server.rig.start(
        context={"instance": "pod.1", "token": "x"}, address=NODE
    )
    for _ in range(3):
        assert (await server.beat(secret=told["secret"])).ret == 0
    assert server.looks == 1
    await server.rig.start(address=NODE)
    assert (await server.beat(secret=told["secret"])).ret != 0


@pytest.mark.parametrize("mode", ["report", "require"])
async def test_a_stranger_is_refused_or_reported_each_time(
    open_server: Open, mode: str
) -> None:
    server = await open_server(mode=mode)
    await server.rig.start(context={"instance": "pod.1"})
    for number in range(1, 4):
        answer = await server.beat(secret="guess")
        assert (answer.ret != 0) is (mode == "require")
        assert server.rig.registrar.access.counts["secret"] == number


async def test_the_token_is_enough_wherever_it_comes_from(open_server: Open) -> None:
    server = await open_server(mode="require", token="s3cret")
    await server.rig.start()
    for _ in range(3):
        assert (await server.beat(token="s3cret")).ret == 0
    assert server.looks == 1


@pytest.mark.parametrize("open_server", [False], indirect=True, ids=["commit"])
async def test_a_known_heartbeat_waits_for_its_commit(
    open_server: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = await open_server()
    database = server.rig.database
    await server.rig.start()
    await server.beat()
    disk, write = threading.Event(), database.write_batch

    def slow(*batch: Any) -> Any:
        disk.wait(10)
        return write(*batch)

    monkeypatch.setattr(database, "write_batch", slow)
    answer = asyncio.create_task(server.beat())
    done, _ = await asyncio.wait([answer], timeout=BEAT_SECONDS / 3)
    assert not done
    disk.set()
    assert (await answer).ret == 0
    assert server.looks == 1
    assert server.rig.store.beats_from_memory == 0
