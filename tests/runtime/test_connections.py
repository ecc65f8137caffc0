"""Which endpoint a call goes to, and what becomes of the connections."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from Demo import GreeterProxy, Greeting
from greeter import NAME, Greeter
from pair import Pair, connections, until
from tars_runtime import testing
from tars_runtime.communicator import Communicator, core
from tars_runtime.errors import (
    ConnectError,
    NoEndpoint,
    UsageError,
)
from tars_runtime.net.endpoint import Endpoint


async def test_a_refused_connection_names_the_endpoint(closed_port: int) -> None:
    async with Communicator() as client:
        greeter = client.proxy(
            GreeterProxy, f"{NAME}@tcp -h 127.0.0.1 -p {closed_port}"
        )
        with pytest.raises(
            ConnectError, match=rf"127\.0\.0\.1:{closed_port}, got: connection refused"
        ) as caught:
            await greeter.rest()
        assert caught.value.code == -8


async def test_a_dead_endpoint_costs_no_call_while_another_lives(
    pair: Pair, closed_port: int
) -> None:
    dead = f"tcp -h 127.0.0.1 -p {closed_port}"
    alive = pair.app.endpoint(NAME)
    greeter = pair.client.proxy(GreeterProxy, f"{NAME}@{dead}:{alive}")
    for _ in range(8):
        await greeter.greet(Greeting())


async def test_calls_take_turns_from_the_first_one_on(pair: Pair) -> None:
    async with testing.serving({NAME: Greeter()}) as (other, _):
        both = f"{pair.app.endpoint(NAME)}:{other.endpoint(NAME)}"
        greeter = pair.client.proxy(GreeterProxy, f"{NAME}@{both}")
        for _ in range(8):
            await greeter.greet(Greeting())
        requests = [each.adapters[0].dispatcher.counters for each in (pair.app, other)]
        assert [each.requests for each in requests] == [4, 4]


async def test_a_server_that_goes_away_ends_its_calls() -> None:
    servant = Greeter()
    app_context = testing.serving({NAME: servant})
    app, client = await app_context.__aenter__()
    greeter = client.proxy(GreeterProxy, NAME)
    call = asyncio.ensure_future(greeter.rest(timeout=30))
    await servant.resting.wait()
    for connection in app.adapters[0].listener.connections:
        connection.abort()
    with pytest.raises(ConnectError, match="end of the connection"):
        await call
    assert (await greeter.greet(Greeting(name="again"))).ret == 5
    servant.wake.set()
    await app_context.__aexit__(None, None, None)


async def test_names_are_resolved_once_for_all_who_wait() -> None:
    registry = testing.FakeRegistry()
    async with testing.serving({NAME: Greeter()}) as (app, _):
        registry.add(NAME, app.endpoint(NAME))
        async with Communicator(locator=registry, set_name="n.a.1") as client:
            greeter = client.proxy(GreeterProxy, NAME)
            await asyncio.gather(*(greeter.greet(Greeting()) for _ in range(20)))
            assert registry.questions == [(NAME, "n.a.1")]


async def test_an_unknown_object_is_no_endpoint() -> None:
    async with Communicator(locator=testing.FakeRegistry()) as client:
        with pytest.raises(NoEndpoint, match=NAME) as caught:
            await client.proxy(GreeterProxy, NAME).rest()
        assert caught.value.code == -10
    with pytest.raises(UsageError, match="expected a locator or endpoints"):
        Communicator().proxy(GreeterProxy, NAME)


async def test_the_cache_serves_when_the_registry_is_down(tmp_path: Any) -> None:
    async with testing.serving({NAME: Greeter()}) as (app, _):
        registry = testing.FakeRegistry({NAME: [app.endpoint(NAME)]})
        settings: dict[str, Any] = {"locator": registry, "data_path": str(tmp_path)}
        async with Communicator(**settings) as client:
            await client.proxy(GreeterProxy, NAME).greet(Greeting())
        registry.is_down = True
        async with Communicator(**settings) as client:
            await client.proxy(GreeterProxy, NAME).greet(Greeting())


async def test_idle_connections_end_at_the_servers_limit() -> None:
    endpoint = "tcp -h 127.0.0.1 -p 0 -t 200"
    async with testing.serving({NAME: Greeter()}, endpoint=endpoint) as (app, client):
        greeter = client.proxy(GreeterProxy, NAME)
        await greeter.greet(Greeting())
        await until(lambda: not app.adapters[0].listener.connections)
        assert (await greeter.greet(Greeting(name="Ann"))).ret == 3


async def test_idle_connections_are_closed_also_when_nobody_calls(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core, "SWEEP", 0.02)
    async with Communicator(idle_timeout=0.05) as client:
        endpoint = pair.app.endpoint(NAME)
        await client.proxy(GreeterProxy, f"{NAME}@{endpoint}").greet(Greeting())
        assert len(connections(client)) == 1
        await until(lambda: not connections(client))
        await until(lambda: not pair.adapter.listener.connections)


async def test_idle_connections_are_pinged_and_dead_ones_left(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tars_runtime.communicator.target.PING_TIMEOUT", 0.05)
    endpoint = pair.app.endpoint(NAME)
    async with Communicator(keep_alive=0.05) as client:
        greeter = client.proxy(GreeterProxy, f"{NAME}@{endpoint}")
        await greeter.greet(Greeting())
        counters = pair.adapter.dispatcher.counters
        await until(lambda: counters.requests >= 3)
        assert counters.failed == 0
        (connection,) = connections(client)
        monkeypatch.setattr(pair.adapter.dispatcher, "_servants", {})
        for mute in pair.adapter.listener.connections:
            monkeypatch.setattr(type(mute), "_write", lambda *_: None)
        await until(lambda: connection not in connections(client))


async def test_endpoints_and_how_they_fare(pair: Pair, closed_port: int) -> None:
    alive, dead = pair.app.endpoint(NAME), Endpoint("127.0.0.1", closed_port)
    greeter = pair.client.proxy(GreeterProxy, f"{NAME}@{alive}:{dead}")
    for _ in range(4):
        await greeter.greet(Greeting())
    states = await pair.client.endpoints(greeter)
    assert {(each.endpoint, each.is_active, each.is_out) for each in states} == {
        (alive, True, False),
        (dead, True, True),
    }


async def test_calls_share_one_connection(pair: Pair) -> None:
    names = [f"n{n}" for n in range(200)]
    replies = await asyncio.gather(
        *(pair.greeter.greet(Greeting(name=n)) for n in names)
    )
    assert [reply.text for reply in replies] == [f"hello {name}" for name in names]
    assert pair.adapter.listener.accepted == 1
