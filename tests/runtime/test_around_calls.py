"""What stands around calls at both ends: interceptors and observers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from Demo import GreeterProxy, Greeting, Mood
from greeter import NAME, Greeter
from pair import Pair
from tars_runtime import testing
from tars_runtime.application import Application
from tars_runtime.communicator import Communicator
from tars_runtime.config import ServerConfig
from tars_runtime.errors import (
    CallTimeout,
    ServerError,
)


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
