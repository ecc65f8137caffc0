"""Calls between our client and our server over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from Demo import GreeterBlocking, GreeterOneWay, GreeterProxy, Greeting, Mood, Place
from greeter import NAME, Greeter
from tars_runtime import rpc, testing
from tars_runtime.application import Application
from tars_runtime.communicator import Communicator
from tars_runtime.config import ServerConfig
from tars_runtime.errors import (
    CallError,
    CallTimeout,
    ConnectError,
    EncodeError,
    NoEndpoint,
    Overloaded,
    ServerError,
    UsageError,
)
from tars_runtime.net.endpoint import Endpoint


class Pair:
    """A server and a client."""

    def __init__(
        self, app: Application, client: Communicator, servant: Greeter
    ) -> None:
        self.app, self.client, self.servant = app, client, servant
        self.greeter = client.proxy(GreeterProxy, NAME)

    @property
    def adapter(self) -> Any:
        return self.app.adapters[0]


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    servant = Greeter()
    async with testing.serving({NAME: servant}) as (app, client):
        yield Pair(app, client, servant)
        servant.wake.set()


async def until(condition: Callable[[], bool]) -> None:
    """Turn the loop until a state of the other end is reached; fails after five seconds."""
    async with asyncio.timeout(5):
        for _ in iter(condition, True):
            await asyncio.sleep(0.001)


async def test_a_struct_in_and_structs_out(pair: Pair) -> None:
    places = [Place(city="Berlin", floor=3), Place()]
    reply = await pair.greeter.greet(Greeting(name="Ann", places=places))
    assert (reply.ret, reply.text, reply.seen) == (3, "hello Ann", places)
    ret, text, seen = reply
    assert (ret, text, seen) == (3, "hello Ann", places)


async def test_a_plain_def_runs_in_a_thread(pair: Pair) -> None:
    assert await pair.greeter.count(Mood.MERRY) == {1: 2**40}
    assert all("MainThread" not in name for name in pair.servant.threads)


async def test_void_and_waiting(pair: Pair) -> None:
    call = asyncio.ensure_future(pair.greeter.rest())
    await pair.servant.resting.wait()
    assert pair.adapter.dispatcher.running == 1
    pair.servant.wake.set()
    await call
    assert pair.adapter.dispatcher.running == 0


async def test_a_servants_error_comes_with_code_and_text(pair: Pair) -> None:
    with pytest.raises(ServerError) as caught:
        await pair.greeter.greet(Greeting(name="code"))
    assert (caught.value.code, caught.value.text) == (77, "not today")
    assert caught.value.object == NAME
    assert caught.value.function == "greet"
    with pytest.raises(ServerError) as caught:
        await pair.greeter.count(99)
    assert caught.value.code == -98


async def test_an_exceptions_text_stays_in_the_server(
    pair: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ServerError) as caught:
        await pair.greeter.greet(Greeting(name="broken"))
    assert (caught.value.code, caught.value.text) == (-99, "KeyError")
    assert "a secret of the server" in caplog.text


async def test_a_result_that_cannot_be_written(pair: Pair) -> None:
    with pytest.raises(ServerError) as caught:
        await pair.greeter.greet(Greeting(name="unwritable"))
    assert caught.value.code == -2


async def test_an_argument_that_cannot_be_written_never_leaves(pair: Pair) -> None:
    with pytest.raises(EncodeError, match="expected int"):
        await pair.greeter.count("x")  # type: ignore[arg-type]
    assert pair.adapter.dispatcher.counters.requests == 0


async def test_unknown_objects_and_functions(pair: Pair) -> None:
    endpoint = pair.app.endpoint(NAME)
    stranger = pair.client.proxy(GreeterProxy, f"Demo.Other.Obj@{endpoint}")
    with pytest.raises(ServerError) as caught:
        await stranger.rest()
    assert caught.value.code == -4
    unknown: rpc.Method[Any] = rpc.Method("__proto__", takes=(), gives=GREET.gives)
    with pytest.raises(ServerError) as caught:
        await pair.greeter._call(unknown, timeout=None, context=None, options=None)
    assert caught.value.code == -3


GREET = Greeter.__tars__[0]
PING: rpc.Method[None] = rpc.Method(
    "tars_ping", takes=(), gives=Greeter.__tars__[2].gives
)


async def test_ping_needs_no_servant_method(pair: Pair) -> None:
    await pair.greeter._call(PING, timeout=None, context=None, options=None)


async def test_contexts_both_ways(pair: Pair) -> None:
    told = rpc.ReplyInfo()
    await pair.greeter.greet(
        Greeting(), context={"echo": "x"}, options=rpc.CallOptions(reply=told)
    )
    assert told.context == {"echo": "x"}
    assert told.endpoint == pair.app.endpoint(NAME).address
    current = pair.servant.seen[-1]
    assert (current.object, current.function) == (NAME, "greet")
    assert current.peer[0] == "127.0.0.1"
    assert current.deadline is not None
    with pytest.raises(UsageError, match="known only while"):
        rpc.current()


async def test_nothing_is_passed_on_but_dyeing_and_trace(pair: Pair) -> None:
    class Relay(Greeter):
        async def greet(self, greeting: Greeting) -> Any:
            return await pair.greeter.greet(greeting)

    async with testing.serving({"Demo.Relay.Obj": Relay()}) as (_, client):
        relay = client.proxy(GreeterProxy, "Demo.Relay.Obj")
        status = {"STATUS_TRACE_KEY": "f-1|2|3", "cookie": "private"}
        await relay.greet(
            Greeting(),
            context={"token": "secret"},
            options=rpc.CallOptions(dyeing="key", status=status),
        )
    current = pair.servant.seen[-1]
    assert current.context == {}
    assert set(current.status) == {"STATUS_DYED_KEY", "STATUS_TRACE_KEY"}
    assert current.status["STATUS_DYED_KEY"] == "key"
    assert current.status["STATUS_TRACE_KEY"].startswith("f-1|")
    assert current.request.message_type == 0x104


async def test_a_deadline_ends_the_call_and_leaves_nothing(pair: Pair) -> None:
    await pair.greeter.greet(Greeting())  # connecting is not what may take 50 ms
    with pytest.raises(CallTimeout) as caught:
        await pair.greeter.rest(timeout=0.05)
    assert isinstance(caught.value, TimeoutError)
    assert (caught.value.code, caught.value.function) == (-7, "rest")
    await pair.servant.resting.wait()
    (job,) = pair.adapter.dispatcher._tasks.values()
    assert 0 < job.request.timeout_ms <= 50
    await until(lambda: all(not c.pending for c in connections(pair.client)))


def connections(client: Communicator) -> list[Any]:
    core = client.core(asyncio.get_running_loop())
    return [each for target in core.targets for each in target.connections]


async def test_cancelling_leaves_nothing_pending(pair: Pair) -> None:
    call = asyncio.ensure_future(pair.greeter.rest())
    await pair.servant.resting.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    (connection,) = connections(pair.client)
    assert connection.pending == {}
    pair.servant.wake.set()
    await pair.greeter.greet(Greeting())
    assert connection.strays == 1
    assert connections(pair.client) == [connection], "the connection is not hurt"


async def test_works_within_asyncio_timeout(pair: Pair) -> None:
    await pair.greeter.greet(Greeting())  # connecting is not what may take 10 ms
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await pair.greeter.rest()
    (connection,) = connections(pair.client)
    assert connection.pending == {}


async def test_one_way_has_no_answer_not_even_an_error(pair: Pair) -> None:
    one_way = GreeterOneWay.of(pair.greeter)
    await one_way.greet(Greeting(name="code"))
    await one_way.greet(Greeting(name="Ann"))
    await until(lambda: len(pair.servant.seen) == 2)
    assert pair.servant.seen[-1].one_way
    (connection,) = connections(pair.client)
    await pair.greeter.greet(Greeting())
    assert connection.strays == 0


async def test_calls_share_one_connection(pair: Pair) -> None:
    names = [f"n{n}" for n in range(200)]
    replies = await asyncio.gather(
        *(pair.greeter.greet(Greeting(name=n)) for n in names)
    )
    assert [reply.text for reply in replies] == [f"hello {name}" for name in names]
    assert pair.adapter.listener.accepted == 1


async def test_large_bodies(pair: Pair) -> None:
    places = [Place(city="x" * 1000, floor=n) for n in range(2000)]
    reply = await pair.greeter.greet(Greeting(places=places))
    assert reply.seen == places


async def test_blocking_calls_from_threads(pair: Pair) -> None:
    blocking = GreeterBlocking.of(pair.greeter)
    replies = await asyncio.gather(
        *(asyncio.to_thread(blocking.greet, Greeting(name=f"n{n}")) for n in range(8))
    )
    assert {reply.text for reply in replies} == {f"hello n{n}" for n in range(8)}
    with pytest.raises(UsageError, match="await the async proxy"):
        blocking.rest()


async def test_a_refused_connection_names_the_endpoint() -> None:
    async with Communicator() as client:
        greeter = client.proxy(GreeterProxy, f"{NAME}@tcp -h 127.0.0.1 -p 1")
        with pytest.raises(ConnectError, match=r"127\.0\.0\.1:1") as caught:
            await greeter.rest()
        assert caught.value.code == -8


async def test_a_dead_endpoint_costs_no_call_while_another_lives(pair: Pair) -> None:
    dead = "tcp -h 127.0.0.1 -p 1"
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


async def test_enforced_deadlines_cancel_the_method() -> None:
    servant = Greeter()
    async with testing.serving({NAME: servant}, enforce_deadline=True) as (_, client):
        greeter = client.proxy(GreeterProxy, NAME)
        await greeter.greet(Greeting())
        with pytest.raises((CallTimeout, Overloaded)):
            await greeter.rest(timeout=0.05)
        await until(lambda: servant.cancelled == 1)


async def test_interceptors_stand_around_both_ends() -> None:
    seen: list[str] = []

    def named(name: str) -> Any:
        async def intercept(call: Any, proceed: Callable[[Any], Awaitable[Any]]) -> Any:
            seen.append(f"{name} > {call.object}.{call.function}")
            try:
                return await proceed(call)
            finally:
                seen.append(f"{name} <")

        return intercept

    async with testing.serving({NAME: Greeter()}) as (app, _):
        endpoint = app.endpoint(NAME)
        async with Communicator(interceptors=[named("a"), named("b")]) as client:
            greeter = client.proxy(GreeterProxy, f"{NAME}@{endpoint}")
            assert await greeter.count(1) == {1: 2**40}
    assert seen == [f"a > {NAME}.count", f"b > {NAME}.count", "b <", "a <"]
    seen.clear()
    joined = testing.join(GreeterProxy, Greeter(), interceptors=[named("s")])
    assert await joined.count(1) == {1: 2**40}
    with pytest.raises(ServerError):
        await joined.greet(Greeting(name="code"))
    assert seen[:2] == ["s > Test.Server.Obj.count", "s <"]


async def test_interceptors_leave_plain_methods_in_the_adapters_threads() -> None:
    async def around(call: Any, proceed: Any) -> Any:
        return await proceed(call)

    servant = Greeter()
    app = Application(
        ServerConfig(app="Demo", server="HelloServer"), interceptors=[around]
    )
    app.add_adapter("A", "tcp -h 127.0.0.1 -p 0", servant=NAME, threads=2)
    app.add_servant(NAME, servant)
    running = asyncio.create_task(app.serve(grace=1.0))
    await app.started()
    async with Communicator() as client:
        greeter = client.proxy(GreeterProxy, f"{NAME}@{app.endpoint(NAME)}")
        answers = await asyncio.gather(*(greeter.count(Mood(1)) for _ in range(20)))
        assert answers == [{1: 2**40}] * 20
        with pytest.raises(ServerError, match="no such mood"):
            await greeter.count(99)
    app.shutdown()
    await running
    assert servant.threads <= {"A-1", "A-2"}


async def test_observers_see_every_call(pair: Pair) -> None:
    recorder = testing.Recorder()
    pair.client.observers.append(recorder)
    await pair.greeter.greet(Greeting())
    with pytest.raises(ServerError):
        await pair.greeter.greet(Greeting(name="code"))
    with pytest.raises(CallTimeout):
        await pair.greeter.rest(timeout=0.01)
    codes = [(sample.function, sample.code) for sample in recorder.samples]
    assert codes == [("greet", 0), ("greet", 77), ("rest", -7)]
    assert {sample.endpoint for sample in recorder.samples} == {pair.app.endpoint(NAME)}


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


async def test_endpoints_and_how_they_fare(pair: Pair) -> None:
    alive, dead = pair.app.endpoint(NAME), Endpoint("127.0.0.1", 1)
    greeter = pair.client.proxy(GreeterProxy, f"{NAME}@{alive}:{dead}")
    for _ in range(4):
        await greeter.greet(Greeting())
    states = await pair.client.endpoints(greeter)
    assert {(each.endpoint, each.is_active, each.is_out) for each in states} == {
        (alive, True, False),
        (dead, True, True),
    }


async def test_a_reply_context_that_cannot_be_written_is_an_error_of_the_server(
    pair: Pair,
) -> None:
    class Careless(Greeter):
        async def greet(self, greeting: Greeting) -> Any:
            rpc.current().reply_context["n"] = 5  # type: ignore[assignment]
            if greeting.name == "code":
                raise ServerError(77, "no")
            return await super().greet(greeting)

    async with testing.serving({NAME: Careless()}) as (_, client):
        greeter = client.proxy(GreeterProxy, NAME)
        with pytest.raises(ServerError) as caught:
            await greeter.greet(Greeting())
        assert caught.value.code == -2
        with pytest.raises(ServerError) as caught:
            await greeter.greet(Greeting(name="code"))
        assert caught.value.code == 77


async def test_observers_that_fail_hurt_no_call(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def breaks(*_: object) -> None:
        raise KeyError("x")

    app = Application(ServerConfig(app="Demo", server="HelloServer"))
    app.observers.append(breaks)
    app.add_adapter("A", "tcp -h 127.0.0.1 -p 0 -t 60000", servant=NAME)
    app.add_servant(NAME, Greeter())
    running = asyncio.create_task(app.serve(grace=0.5))
    await app.started()
    async with Communicator(observers=[breaks]) as client:
        greeter = client.proxy(GreeterProxy, f"{NAME}@{app.endpoint(NAME)}")
        assert (await greeter.greet(Greeting(name="Ann"))).ret == 3
    app.shutdown()
    await running
    assert caplog.text.count("an observer of") == 2


@pytest.mark.parametrize("timeout", [0, -1.0])
async def test_no_time_is_no_call(pair: Pair, timeout: float) -> None:
    with pytest.raises(CallTimeout, match="not sent"):
        await pair.greeter.greet(Greeting(), timeout=timeout)
    assert pair.adapter.dispatcher.counters.requests == 0


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
