"""Answers that wait for a future which many calls share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from Demo import GreeterGreetReply, GreeterProxy, Greeting
from greeter import NAME, Greeter
from pair import until
from tars_runtime import rpc, testing
from tars_runtime.errors import ServerError


class Late(Greeter):
    """Knows its answers, and gives them when ``written`` is done."""

    def __init__(self, settle: Callable[[asyncio.Future[None]], object]) -> None:
        super().__init__()
        self.settle = settle
        self.written: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def greet(self, greeting: Greeting) -> Any:
        if greeting.name == "suspends":
            await asyncio.sleep(0)
        reply = GreeterGreetReply(ret=len(greeting.name), text=greeting.name)
        return rpc.AnswerAfter(self.written, reply)


async def asked(servant: Late, *names: str) -> list[Any]:
    """Call once for each name, settle the future by ``servant.settle``, give what came."""
    async with testing.serving({NAME: servant}) as (app, client):
        greeter = client.proxy(GreeterProxy, NAME)
        calls = [asyncio.ensure_future(greeter.greet(Greeting(name=n))) for n in names]
        dispatcher = app.adapters[0].dispatcher
        await until(lambda: dispatcher.running == len(names))
        assert not any(call.done() for call in calls)
        servant.settle(servant.written)
        found = await asyncio.gather(*calls, return_exceptions=True)
        assert dispatcher.running == 0
        return found


async def test_all_are_answered_when_it_is_done_each_with_its_own() -> None:
    servant = Late(lambda future: future.set_result(None))
    found = await asked(servant, "one", "suspends", "other")
    assert [each.text for each in found] == ["one", "suspends", "other"]


async def test_an_error_is_everybodys_answer() -> None:
    servant = Late(lambda future: future.set_exception(ServerError(77, "no")))
    found = await asked(servant, "one", "other")
    assert [each.code for each in found] == [77, 77]


async def test_a_cancelled_one_is_an_answer_too() -> None:
    servant = Late(asyncio.Future.cancel)
    (found,) = await asked(servant, "one")
    assert isinstance(found, ServerError)


async def test_a_future_that_is_done_already_answers_at_once() -> None:
    servant = Late(settle=asyncio.Future.cancel)
    servant.written.set_result(None)
    async with testing.serving({NAME: servant}) as (_, client):
        greeter = client.proxy(GreeterProxy, NAME)
        assert (await greeter.greet(Greeting(name="now"))).text == "now"
