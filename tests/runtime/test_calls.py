"""Calls between our client and our server over real sockets."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from Demo import GreeterBlocking, GreeterOneWay, GreeterProxy, Greeting, Mood, Place
from greeter import NAME, Greeter
from pair import Pair, connections, until
from tars_runtime import rpc, testing
from tars_runtime.communicator.outcome import refusal
from tars_runtime.errors import (
    CallTimeout,
    EncodeError,
    ServerError,
    UsageError,
)
from tars_runtime.protocol import Response


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


@pytest.mark.parametrize(
    ("code", "said"),
    [
        pytest.param(
            -3, "the object has no such function", id="a code of the framework"
        ),
        pytest.param(77, "the servant answered with code 77", id="a code of a servant"),
        pytest.param(-10, "the server answered -10, as TarsJava does", id="TarsJava"),
    ],
)
def test_an_error_without_a_text_says_what_is_known_of_its_code(
    code: int, said: str
) -> None:
    error = refusal(Response(ret=code))
    assert error.code == code
    assert error.text.startswith(said)
    assert refusal(Response(ret=code, text="why")).text == "why"


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


GREET = Greeter.__tars__[0]
PING: rpc.Method[None] = rpc.Method(
    "tars_ping", takes=(), gives=Greeter.__tars__[2].gives
)


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


@pytest.mark.parametrize("timeout", [0, -1.0])
async def test_no_time_is_no_call(pair: Pair, timeout: float) -> None:
    with pytest.raises(CallTimeout, match="not sent"):
        await pair.greeter.greet(Greeting(), timeout=timeout)
    assert pair.adapter.dispatcher.counters.requests == 0
