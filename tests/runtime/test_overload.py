"""Too much at once: queues, limits, deadlines that have passed, and a stop in the middle."""

from __future__ import annotations

import asyncio

import pytest
from Demo import GreeterProxy, Greeting
from greeter import NAME, Greeter
from pair import Pair, until
from tars_runtime import testing
from tars_runtime.application import Application
from tars_runtime.communicator import Communicator
from tars_runtime.config import ServerConfig
from tars_runtime.errors import (
    CallError,
    CallTimeout,
    ConnectError,
    Overloaded,
    ServerError,
)


async def test_too_many_calls_in_flight_fail_at_once(pair: Pair) -> None:
    endpoint = pair.app.endpoint(NAME)
    async with Communicator(max_inflight=2) as client:
        greeter = client.proxy(GreeterProxy, f"{NAME}@{endpoint}")
        calls = [asyncio.ensure_future(greeter.rest()) for _ in range(2)]
        await until(lambda: pair.adapter.dispatcher.running == 2)
        with pytest.raises(CallError, match="fewer than 2 calls") as caught:
            await greeter.rest()
        assert caught.value.code == -13
        pair.servant.wake.set()
        await asyncio.gather(*calls)


async def test_a_full_queue_is_told() -> None:
    servant = Greeter()
    settings = {"concurrency": 1, "queue_capacity": 5}
    async with testing.serving({NAME: servant}, **settings) as (app, client):
        greeter = client.proxy(GreeterProxy, NAME)
        calls = [asyncio.ensure_future(greeter.rest()) for _ in range(5)]
        dispatcher = app.adapters[0].dispatcher
        await until(lambda: dispatcher.waiting == 4)
        with pytest.raises(Overloaded) as caught:
            await greeter.rest()
        assert caught.value.code == -9
        servant.wake.set()
        await asyncio.gather(*calls)
        assert servant.rested == 5
        assert dispatcher.counters.overloads == 1


async def test_a_request_whose_caller_gave_up_is_not_run() -> None:
    servant = Greeter()
    async with testing.serving({NAME: servant}, concurrency=1) as (app, client):
        greeter = client.proxy(GreeterProxy, NAME)
        first = asyncio.ensure_future(greeter.rest())
        await servant.resting.wait()
        with pytest.raises(CallTimeout):
            await greeter.greet(Greeting(name="late"), timeout=0.02)
        await asyncio.sleep(0.1)  # the server's clock began later than ours
        servant.wake.set()
        await first
        dispatcher = app.adapters[0].dispatcher
        await until(lambda: dispatcher.counters.queue_timeouts == 1)
        assert servant.seen == []


async def test_a_request_that_waited_past_the_queues_time_is_told_and_not_run() -> None:
    servant = Greeter()
    limits = {"concurrency": 1, "queue_timeout": 0.05}
    async with testing.serving({NAME: servant}, **limits) as (app, client):
        greeter = client.proxy(GreeterProxy, NAME)
        first = asyncio.ensure_future(greeter.rest())
        await servant.resting.wait()
        second = asyncio.ensure_future(greeter.greet(Greeting(name="late")))
        await until(lambda: app.adapters[0].dispatcher.waiting == 1)
        await asyncio.sleep(0.06)  # what is measured
        servant.wake.set()
        await first
        with pytest.raises(Overloaded) as caught:
            await second
        assert caught.value.code == -6
        assert servant.seen == []


async def test_enforced_deadlines_cancel_the_method() -> None:
    servant = Greeter()
    async with testing.serving({NAME: servant}, enforce_deadline=True) as (_, client):
        greeter = client.proxy(GreeterProxy, NAME)
        await greeter.greet(Greeting())
        with pytest.raises((CallTimeout, Overloaded)):
            await greeter.rest(timeout=0.05)
        await until(lambda: servant.cancelled == 1)


async def test_refused_peers_and_full_adapters() -> None:
    async with testing.serving({NAME: Greeter()}, deny="127.0.0.1") as (app, client):
        with pytest.raises(ConnectError):
            await client.proxy(GreeterProxy, NAME).rest()
        assert app.adapters[0].listener.refused >= 1
    async with testing.serving({NAME: Greeter()}, max_connections=1) as (app, client):
        await client.proxy(GreeterProxy, NAME).greet(Greeting())
        async with Communicator() as second:
            other = second.proxy(GreeterProxy, f"{NAME}@{app.endpoint(NAME)}")
            with pytest.raises(ConnectError):
                await other.rest()


async def test_a_stop_refuses_what_waits_and_cancels_what_runs() -> None:
    servant = Greeter()
    app = Application(ServerConfig(app="Demo", server="HelloServer"))
    app.add_adapter("A", "tcp -h 127.0.0.1 -p 0 -t 60000", servant=NAME, concurrency=1)
    app.add_servant(NAME, servant)
    running = asyncio.create_task(app.serve(grace=0.1))
    await app.started()
    async with Communicator() as client:
        greeter = client.proxy(GreeterProxy, f"{NAME}@{app.endpoint(NAME)}")
        calls = [asyncio.ensure_future(greeter.rest()) for _ in range(3)]
        await until(lambda: app.adapters[0].dispatcher.waiting == 2)
        app.shutdown()
        ends = await asyncio.gather(*calls, return_exceptions=True)
    await running
    assert [type(end) for end in ends] == [ServerError, Overloaded, Overloaded]
    assert (servant.cancelled, servant.rested) == (1, 0)
