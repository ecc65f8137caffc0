"""A client and a registry over the wire: questions, sets, pushes, another registry."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from Demo import GreeterProxy, Greeting
from greeter import NAME, Greeter
from tars_runtime import codec, rpc, testing
from tars_runtime.communicator import Communicator
from tars_runtime.errors import NoEndpoint, UsageError
from tars_runtime.interfaces import tars
from tars_runtime.net.endpoint import Endpoint
from tars_runtime.protocol import send_reconnect

QUERY = "tars.tarsregistry.QueryObj"


class Registry(rpc.Servant):
    """Knows what the test tells it, and pushes when that changes."""

    __tars__ = tuple(
        each
        for each in tars.QueryFServant.__tars__
        if each.name
        in (
            "findObjectByIdInSameGroup",
            "findObjectByIdInSameSet",
            "findObjectByIdInSameStation",
            "findObjectById4Any",
            "registerQuery",
        )
    )

    def __init__(self) -> None:
        self.endpoints: list[Endpoint] = []
        self.replicas: list[Endpoint] = []
        """What it says of itself."""
        self.asked: list[tuple[str, str, str]] = []
        """Questions for other objects than itself: scope, object, node."""
        self.subscribers: set[Any] = set()
        self.code = 0

    async def findObjectByIdInSameGroup(
        self, id: str
    ) -> tars.QueryFFindObjectByIdInSameGroupReply:
        if id == QUERY:
            return tars.QueryFFindObjectByIdInSameGroupReply(
                activeEp=_rows(self.replicas)
            )
        self.asked.append(("group", id, rpc.current().context.get("node_name", "")))
        return tars.QueryFFindObjectByIdInSameGroupReply(
            ret=self.code, activeEp=_rows(self.endpoints)
        )

    async def findObjectByIdInSameSet(
        self, id: str, setId: str
    ) -> tars.QueryFFindObjectByIdInSameSetReply:
        self.asked.append((setId, id, rpc.current().context.get("node_name", "")))
        return tars.QueryFFindObjectByIdInSameSetReply(
            ret=self.code, activeEp=_rows(self.endpoints)
        )

    async def findObjectByIdInSameStation(
        self, id: str, sStation: str
    ) -> tars.QueryFFindObjectByIdInSameStationReply:
        self.asked.append((sStation, id, ""))
        return tars.QueryFFindObjectByIdInSameStationReply(
            activeEp=_rows(self.endpoints)
        )

    async def findObjectById4Any(self, id: str) -> tars.QueryFFindObjectById4AnyReply:
        self.asked.append(("all", id, ""))
        return tars.QueryFFindObjectById4AnyReply(inactiveEp=_rows(self.endpoints))

    async def registerQuery(self, id: str, name: str) -> int:
        self.subscribers.add(rpc.current().caller)
        return 0

    def push(self, name: str) -> None:
        body = codec.arguments(
            codec.require(0, "ret", codec.INT), codec.require(1, "id", codec.STRING)
        ).build((0, name))
        for each in self.subscribers:
            each.push(body, "onQuery")


def _rows(endpoints: list[Endpoint]) -> list[tars.EndpointF]:
    return [
        tars.EndpointF(host=each.host, port=each.port, timeout=each.timeout_ms, istcp=1)
        for each in endpoints
    ]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        for _ in iter(condition, True):
            await asyncio.sleep(0.001)


@asynccontextmanager
async def registry() -> AsyncIterator[tuple[Registry, str]]:
    servant = Registry()
    async with testing.serving({QUERY: servant}) as (app, _):
        yield servant, f"{QUERY}@{app.endpoint(QUERY)}"


async def test_the_group_is_asked_with_the_nodes_name() -> None:
    async with (
        registry() as (known, locator),
        testing.serving({NAME: Greeter()}) as (app, _),
    ):
        known.endpoints = [app.endpoint(NAME)]
        async with Communicator(locator=locator, node_name="10.0.0.9") as client:
            await client.proxy(GreeterProxy, NAME).greet(Greeting())
        assert known.asked == [("group", NAME, "10.0.0.9")]


async def test_a_set_is_asked_for_and_a_proxys_own_wins() -> None:
    async with (
        registry() as (known, locator),
        testing.serving({NAME: Greeter()}) as (app, _),
    ):
        known.endpoints = [app.endpoint(NAME)]
        async with Communicator(locator=locator, set_name="n.a.1") as client:
            await client.proxy(GreeterProxy, NAME).greet(Greeting())
            other = client.proxy(GreeterProxy, NAME, set_name="n.a.2")
            await other.greet(Greeting())
        assert [each[0] for each in known.asked] == ["n.a.1", "n.a.2"]


async def test_a_refusing_registry_is_told_with_its_code() -> None:
    async with registry() as (known, locator):
        known.code = -1
        async with Communicator(locator=locator) as client:
            with pytest.raises(NoEndpoint, match="got -1 from the registry"):
                await client.proxy(GreeterProxy, NAME).rest()


async def test_a_registry_that_is_down_is_told(closed_port: int) -> None:
    locator = f"{QUERY}@tcp -h 127.0.0.1 -p {closed_port}"
    async with Communicator(locator=locator) as client:
        with pytest.raises(NoEndpoint, match=rf"127\.0\.0\.1:{closed_port}"):
            await client.proxy(GreeterProxy, NAME).rest()


async def test_a_registry_that_answers_nonsense_is_told_and_the_last_list_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        registry() as (known, locator),
        testing.serving({NAME: Greeter()}) as (app, _),
    ):
        known.endpoints = [app.endpoint(NAME)]
        async with Communicator(locator=locator, data_path=str(tmp_path)) as client:
            await client.proxy(GreeterProxy, NAME).greet(Greeting())

        async def nonsense(*_: object) -> Any:
            return rpc.Ready(None, b"\x0e\x0e")

        for method in known.__tars__:
            monkeypatch.setattr(Registry, method.name, nonsense)
        async with (
            testing.serving({QUERY: Registry()}) as (odd, _),
            Communicator(
                locator=f"{QUERY}@{odd.endpoint(QUERY)}", data_path=str(tmp_path)
            ) as client,
        ):
            await client.proxy(GreeterProxy, NAME).greet(Greeting())
            with pytest.raises(NoEndpoint, match=r"registry's failure: .*type 14"):
                await client.proxy(GreeterProxy, "Demo.Unknown.Obj").rest()


async def test_a_push_brings_the_new_list_at_once() -> None:
    async with (
        registry() as (known, locator),
        testing.serving({NAME: Greeter()}) as (old, _),
        testing.serving({NAME: Greeter()}) as (new, _),
    ):
        known.endpoints = [old.endpoint(NAME)]
        async with Communicator(locator=locator) as client:
            greeter = client.proxy(GreeterProxy, NAME)
            await greeter.greet(Greeting())
            await until(lambda: bool(known.subscribers))
            known.endpoints = [new.endpoint(NAME)]
            known.push("Demo.Other.Obj")
            known.push(NAME)
            await until(lambda: len(known.asked) == 2)
            counters = new.adapters[0].dispatcher.counters
            async with asyncio.timeout(5):
                while not counters.requests:
                    await greeter.greet(Greeting())


async def test_an_endpoint_that_left_and_is_listed_again_is_called_at_once() -> None:
    async with (
        registry() as (known, locator),
        testing.serving({NAME: Greeter()}) as (one, _),
        testing.serving({NAME: Greeter()}) as (two, _),
        Communicator(locator=locator) as client,
    ):
        both = [one.endpoint(NAME), two.endpoint(NAME)]
        greeter = client.proxy(GreeterProxy, NAME)

        async def listed(endpoints: list[Endpoint]) -> None:
            known.endpoints = endpoints
            asked = len(known.asked)
            known.push(NAME)
            await until(lambda: len(known.asked) > asked)

        known.endpoints = both
        for _ in both:
            await greeter.greet(Greeting())
        await until(lambda: bool(known.subscribers))
        (gone,) = one.adapters[0].listener.connections
        gone.send(send_reconnect())
        await until(lambda: not one.adapters[0].listener.connections)
        await listed(both[1:])
        await listed(both)
        counters = one.adapters[0].dispatcher.counters
        before = counters.requests
        async with asyncio.timeout(5):
            while counters.requests == before:
                await greeter.greet(Greeting())


async def test_another_registry_from_now_on() -> None:
    async with (
        registry() as (first, at_first),
        registry() as (second, at_second),
        testing.serving({NAME: Greeter()}) as (app, _),
    ):
        first.endpoints = second.endpoints = [app.endpoint(NAME)]
        async with Communicator(locator=at_first) as client:
            greeter = client.proxy(GreeterProxy, NAME)
            await greeter.greet(Greeting())
            client.relocate(at_second)
            await until(lambda: bool(second.asked))
            await greeter.greet(Greeting())
            assert len(first.asked) == 1


async def test_a_replica_stands_in_for_the_registry_that_the_locator_names() -> None:
    async with registry() as (replica, at_replica):
        spare = Endpoint.parse(at_replica.partition("@")[2])
        async with Communicator() as client:
            async with registry() as (known, locator):
                client.relocate(locator)
                known.endpoints = [Endpoint("10.0.0.1", 80)]
                known.replicas = [spare]
                listing = await client.endpoints(client.proxy(GreeterProxy, NAME))
                assert [each.endpoint for each in listing] == known.endpoints
                core = client.core(asyncio.get_running_loop())
                await until(lambda: spare in {each.endpoint for each in core.targets})
                assert replica.asked == []
            replica.endpoints = [Endpoint("10.0.0.2", 80)]
            other = client.proxy(GreeterProxy, "Demo.HelloServer.OtherObj")
            listing = await client.endpoints(other)
            assert [each.endpoint for each in listing] == replica.endpoints
            assert [each[1] for each in replica.asked] == ["Demo.HelloServer.OtherObj"]


async def test_endpoints_of_every_scope_are_found() -> None:
    async with registry() as (known, locator), Communicator(locator=locator) as client:
        known.endpoints = [Endpoint("10.0.0.1", 80), Endpoint("10.0.0.2", 0)]
        usable = (Endpoint("10.0.0.1", 80),)
        assert (await client.find(NAME)).active == usable
        assert (await client.find(NAME, "set", "n.a.1")).active == usable
        assert (await client.find(NAME, "station", "north")).active == usable
        assert (await client.find(NAME, "all")).inactive == usable
        assert [each[0] for each in known.asked] == ["group", "n.a.1", "north", "all"]
    async with Communicator() as nowhere:
        with pytest.raises(UsageError, match="expected the locator"):
            await nowhere.find(NAME)
