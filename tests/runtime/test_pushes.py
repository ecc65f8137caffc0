"""Pushes, `_reconnect_`, and callers that hang up."""

from __future__ import annotations

import asyncio
from typing import Any

from Demo import GreeterProxy, Greeting
from greeter import NAME, Greeter
from pair import until
from tars_runtime import rpc, testing
from tars_runtime.communicator import Communicator
from tars_runtime.net.server import ServerConnection
from tars_runtime.protocol import send_reconnect

COUNT = Greeter.__tars__[1]


class Teller(Greeter):
    """Pushes the number of its calls to whoever called once, and notes who hung up."""

    def __init__(self) -> None:
        super().__init__()
        self.callers: list[Any] = []
        self.gone = asyncio.Event()

    async def greet(self, greeting: Greeting) -> Any:
        caller = rpc.current().caller
        assert caller is not None
        self.callers.append(caller)
        caller.on_close(self.gone.set)
        return await super().greet(greeting)


async def test_what_a_server_pushes_reaches_who_subscribed() -> None:
    teller = Teller()
    async with testing.serving({NAME: teller}) as (_, client):
        greeter = client.proxy(GreeterProxy, NAME)
        pushes = client.pushes(greeter)
        first = asyncio.ensure_future(anext(pushes))
        await greeter.greet(Greeting())
        (caller,) = teller.callers
        assert caller.push(COUNT.result.build({1: 2}), "count", {"k": "v"})
        push = await first
        assert push.function == "count"
        assert push.packet.context == {"k": "v"}
        assert COUNT.result.parse(push.packet.body) == {1: 2}
        await pushes.aclose()


async def test_a_push_that_nobody_expects_is_counted_and_hurts_nothing() -> None:
    teller = Teller()
    async with testing.serving({NAME: teller}) as (app, client):
        greeter = client.proxy(GreeterProxy, NAME)
        await greeter.greet(Greeting())
        teller.callers[0].push(b"", "count")
        await greeter.greet(Greeting())
        assert client.core(asyncio.get_running_loop()).missed_pushes == 1
        assert app.adapters[0].listener.accepted == 1


async def test_pushes_that_nobody_reads_do_not_pile_up() -> None:
    teller = Teller()
    async with testing.serving({NAME: teller}) as (_, client):
        greeter = client.proxy(GreeterProxy, NAME)
        pushes = client.pushes(greeter, room=3)
        first = asyncio.ensure_future(anext(pushes))
        await greeter.greet(Greeting())
        for number in range(6):
            teller.callers[0].push(COUNT.result.build({1: number}), "count")
        await greeter.greet(Greeting())
        core = client.core(asyncio.get_running_loop())
        read = [await first, *[await anext(pushes) for _ in range(2)]]
        numbers = [COUNT.result.parse(each.packet.body)[1] for each in read]
        assert numbers == [0, 1, 2]
        assert core.missed_pushes == 3
        await pushes.aclose()


async def test_a_servant_learns_that_its_caller_hung_up() -> None:
    teller = Teller()
    async with testing.serving({NAME: teller}) as (app, _):
        async with Communicator() as client:
            greeter = client.proxy(GreeterProxy, f"{NAME}@{app.endpoint(NAME)}")
            await greeter.greet(Greeting())
        async with asyncio.timeout(5):
            await teller.gone.wait()
        assert teller.callers[0].push(b"") is False


async def test_reconnect_moves_new_calls_and_lets_old_ones_end() -> None:
    teller = Teller()
    async with testing.serving({NAME: teller}) as (app, client):
        greeter = client.proxy(GreeterProxy, NAME)
        old = asyncio.ensure_future(greeter.rest())
        await teller.resting.wait()
        (connection,) = app.adapters[0].listener.connections
        assert isinstance(connection, ServerConnection)
        connection.send(send_reconnect())
        async with asyncio.timeout(5):
            while app.adapters[0].listener.accepted < 2:
                await greeter.greet(Greeting())
        assert not old.done()
        teller.wake.set()
        await old
        async with asyncio.timeout(5):
            while connection in app.adapters[0].listener.connections:
                await greeter.greet(Greeting())


async def test_a_server_that_sends_its_clients_away_is_left_alone() -> None:
    """It may stop, and its port may take connections that nobody serves any more."""
    one, two = Teller(), Teller()
    async with (
        testing.serving({NAME: one}) as (app, _),
        testing.serving({NAME: two}) as (other, _),
        Communicator() as client,
    ):
        places = f"{app.endpoint(NAME)}:{other.endpoint(NAME)}"
        greeter = client.proxy(GreeterProxy, f"{NAME}@{places}")
        old = asyncio.ensure_future(greeter.rest())
        await until(lambda: one.resting.is_set() or two.resting.is_set())
        leaving, staying = (one, two) if one.resting.is_set() else (two, one)
        door = (app if leaving is one else other).adapters[0].listener
        (connection,) = door.connections
        assert isinstance(connection, ServerConnection)
        connection.send(send_reconnect())
        targets = client.core(asyncio.get_running_loop()).targets
        await until(lambda: any(each.health.is_out for each in targets))
        leaving.wake.set()
        await old
        for _ in range(6):
            await greeter.greet(Greeting())
        assert len(staying.callers) == 6
        assert door.accepted == 1
