"""The client of the demo: what a user's own program would look like."""

from __future__ import annotations

from Demo import Guest, HelloProxy, Tone  # compiled in step 1
from tars_runtime import rpc
from tars_runtime.communicator import Communicator
from tars_runtime.errors import NoEndpoint
from tars_runtime.interfaces.tars import QueryFProxy

HELLO = "Demo.HelloServer.HelloObj"


async def visit(locator: str) -> list[str]:
    """Call each method of the object, found by its name alone; say what came."""
    seen = []
    async with Communicator(locator=locator) as communicator:
        hello = communicator.proxy(HelloProxy, HELLO)

        card = await hello.greet(Guest(name="Ann", tone=Tone.LOUD), timeout=3.0)
        seen.append(f"greet(Guest(name='Ann', tone=LOUD))   -> {card}")

        seen.append(
            f"languages()                           -> {await hello.languages()}"
        )
        seen.append(f"visits()                              -> {await hello.visits()}")

        ret, last = await hello.find("Ann")
        seen.append(f"find('Ann', out last)                 -> ret={ret}, last={last}")

        try:
            await hello.greet(Guest(name="Bo", language="tlh"))
        except rpc.ServerError as error:
            seen.append(
                f"greet(Guest(language='tlh'))          -> ServerError: {error}"
            )
    return seen


async def look_for(locator: str) -> list[str]:
    """Ask the registry for the object's endpoints, then try to call it; say what came."""
    seen = []
    async with Communicator(locator=locator) as communicator:
        registry = communicator.proxy(QueryFProxy, locator)
        seen.append(
            f"findObjectById('{HELLO}') -> {await registry.findObjectById(HELLO)}"
        )
        try:
            await communicator.proxy(HelloProxy, HELLO).languages()
        except NoEndpoint as error:
            seen.append(f"languages() -> NoEndpoint: {error}")
    return seen
