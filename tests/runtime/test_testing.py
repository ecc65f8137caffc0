"""Testing for users: a proxy joined to a servant in memory, without a port."""

from __future__ import annotations

import pytest
from Demo import GreeterBlocking, GreeterOneWay, GreeterProxy, Greeting
from greeter import NAME, Greeter
from tars_runtime import rpc, testing
from tars_runtime.communicator import Communicator
from tars_runtime.errors import CallTimeout, EncodeError, NoEndpoint, ServerError

STAT = "tars.tarsstat.StatObj"


async def test_joined_in_memory_the_bytes_still_pass() -> None:
    greeter = testing.join(GreeterProxy, Greeter())
    told = rpc.ReplyInfo()
    reply = await greeter.greet(
        Greeting(name="Ann"),
        context={"echo": "y"},
        options=rpc.CallOptions(reply=told),
    )
    assert (reply.text, told.context) == ("hello Ann", {"echo": "y"})
    with pytest.raises(ServerError) as caught:
        await greeter.greet(Greeting(name="code"))
    assert caught.value.code == 77
    with pytest.raises(CallTimeout):
        await greeter.rest(timeout=0.01)
    with pytest.raises(EncodeError):
        await greeter.count("x")  # type: ignore[arg-type]  # on purpose
    await GreeterOneWay.of(greeter).greet(Greeting())


def test_joined_in_memory_for_code_that_is_not_async() -> None:
    greeter = testing.join(GreeterBlocking, Greeter())
    assert greeter.count(1) == {1: 2**40}


@pytest.mark.parametrize("version", [1, 2, 3, 5])
async def test_options_hold_in_memory_as_over_the_wire(version: int) -> None:
    servant = Greeter()
    greeter = testing.join(GreeterProxy, servant)
    options = rpc.CallOptions(version=version, dyeing="key")  # type: ignore[arg-type]
    reply = await greeter.greet(Greeting(name="Ann"), options=options)
    assert reply.text == "hello Ann"
    (seen,) = servant.seen
    assert seen.request.version == version
    assert seen.status["STATUS_DYED_KEY"] == "key"


async def test_a_registry_and_a_record_that_a_test_decides() -> None:
    recorder = testing.Recorder()
    async with testing.serving({NAME: Greeter()}) as (app, _):
        registry = testing.FakeRegistry({NAME: [app.endpoint(NAME)]})
        async with Communicator(locator=registry, observers=[recorder]) as client:
            await client.proxy(GreeterProxy, NAME).greet(Greeting())
            registry.is_down = True
            other = client.proxy(GreeterProxy, "Demo.HelloServer.OtherObj")
            with pytest.raises(NoEndpoint):
                await other.greet(Greeting())
    assert registry.questions == [(NAME, ""), ("Demo.HelloServer.OtherObj", "")]
    assert [(each.function, each.code) for each in recorder.samples] == [
        ("greet", 0),
        ("greet", -10),
    ]


async def test_what_a_server_answers_is_recorded_too() -> None:
    recorder = testing.Recorder()
    async with testing.serving({NAME: Greeter()}) as (app, client):
        app.observers.append(recorder.served)
        greeter = client.proxy(GreeterProxy, NAME)
        await greeter.greet(Greeting())
        with pytest.raises(ServerError):
            await greeter.greet(Greeting(name="code"))
    assert [(each.function, each.code) for each in recorder.samples] == [
        ("greet", 0),
        ("greet", 77),
    ]


async def test_the_rows_that_the_platform_would_get() -> None:
    sink = testing.StatSink()
    async with testing.serving({STAT: sink, NAME: Greeter()}) as (app, _):
        stat = f"{STAT}@{app.endpoint(STAT)}"
        async with Communicator(stat=stat, module_name="Demo.Caller") as client:
            name = f"{NAME}@{app.endpoint(NAME)}"
            await client.proxy(GreeterProxy, name).greet(Greeting())
    ((from_client, head, body),) = sink.rows
    assert from_client
    assert head.masterName.startswith("Demo.Caller@")
    assert (head.slaveName, head.interfaceName) == ("Demo.HelloServer", "greet")
    assert (body.count, body.timeoutCount, body.execCount) == (1, 0, 0)
