"""One deadline over resolving, connecting and waiting; what is left of it goes to the server."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from Demo import GreeterProxy, Greeting
from greeter import NAME
from pair import Pair
from tars_runtime.communicator import Communicator
from tars_runtime.errors import CallTimeout
from tars_runtime.naming.book import Listing
from tars_runtime.net.endpoint import Endpoint


class Slow:
    """A locator that takes its time."""

    def __init__(self, seconds: float, *endpoints: Endpoint) -> None:
        self.seconds, self.listing, self.answered = seconds, Listing(endpoints), 0

    async def find(self, name: str, *, set_name: str, timeout: float) -> Listing:
        await asyncio.sleep(self.seconds)
        self.answered += 1
        return self.listing


@contextmanager
def mute() -> Iterator[str]:
    """Where the kernel takes connections, and nobody ever says a word of TLS."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"ssl -h 127.0.0.1 -p {listening.getsockname()[1]}"


async def test_a_registry_that_does_not_answer_costs_the_call_its_own_time_only() -> (
    None
):
    async with Communicator(locator=Slow(60)) as client:
        begun = time.monotonic()
        with pytest.raises(
            CallTimeout, match="expected the endpoints within"
        ) as caught:
            await client.proxy(GreeterProxy, NAME).rest(timeout=0.05)
        assert time.monotonic() - begun < 2
        assert (caught.value.code, caught.value.object) == (-7, NAME)


async def test_asking_goes_on_for_the_calls_that_come_later(pair: Pair) -> None:
    locator = Slow(0.2, pair.app.endpoint(NAME))
    async with Communicator(locator=locator) as client:
        greeter = client.proxy(GreeterProxy, NAME)
        with pytest.raises(CallTimeout):
            await greeter.rest(timeout=0.05)
        assert (await greeter.greet(Greeting(name="Ann"))).ret == 3
        assert locator.answered == 1


async def test_a_connection_that_does_not_come_costs_the_call_its_own_time_only() -> (
    None
):
    with mute() as endpoint:
        async with Communicator() as client:
            greeter = client.proxy(GreeterProxy, f"{NAME}@{endpoint}")
            begun = time.monotonic()
            with pytest.raises(CallTimeout, match=r"expected a connection to 127\."):
                await greeter.rest(timeout=0.05)
            assert time.monotonic() - begun < 2


async def test_the_server_is_told_what_is_left(pair: Pair) -> None:
    locator = Slow(0.2, pair.app.endpoint(NAME))
    async with Communicator(locator=locator) as client:
        await client.proxy(GreeterProxy, NAME).greet(Greeting(), timeout=1.0)
    (seen,) = pair.servant.seen
    assert 0 < seen.request.timeout_ms <= 800
