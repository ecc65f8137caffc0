"""UDP: both roles, and datagrams that are no frames."""

from __future__ import annotations

import asyncio
import socket

import pytest
from Demo import GreeterGreetReply, GreeterProxy, Greeting
from greeter import NAME, Greeter
from pair import until
from tars_runtime import testing
from tars_runtime.application.state import State
from tars_runtime.communicator import Communicator
from tars_runtime.errors import CallError, CallTimeout, ServerError
from tars_runtime.protocol import Request, ServerWire, send_reply

UDP = "udp -h 127.0.0.1 -p 0"


async def test_calls_over_udp() -> None:
    servant = Greeter()
    async with testing.serving({NAME: servant}, endpoint=UDP) as (app, client):
        greeter = client.proxy(GreeterProxy, NAME)
        names = [f"n{n}" for n in range(20)]
        replies = await asyncio.gather(
            *(greeter.greet(Greeting(name=name)) for name in names)
        )
        assert [reply.text for reply in replies] == [f"hello {name}" for name in names]
        assert await greeter.count(1) == {1: 2**40}
        with pytest.raises(ServerError):
            await greeter.greet(Greeting(name="code"))
        assert app.adapters[0].listener.accepted == 22


async def test_what_fits_no_datagram_is_told_at_both_ends() -> None:
    class Long(Greeter):
        async def greet(self, greeting: Greeting) -> GreeterGreetReply:
            return GreeterGreetReply(text=greeting.name * 2)

    async with testing.serving({NAME: Long()}, endpoint=UDP) as (_, client):
        greeter = client.proxy(GreeterProxy, NAME)
        with pytest.raises(CallError, match="at most 65507 bytes") as caught:
            await greeter.greet(Greeting(name="x" * 70_000))
        assert caught.value.code == -13
        with pytest.raises(CallTimeout):
            await greeter.greet(Greeting(name="x" * 40_000), timeout=0.2)
        assert (await greeter.greet(Greeting(name="Ann"))).text == "AnnAnn"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00",
        b"\x00\x00\x00",
        b"\x00\x00\x00\x04",
        b"\x00\x00\x00\x05\x0e",
        b"\xff" * 1000,
    ],
    ids=len,
)
async def test_datagrams_that_are_no_frames_are_dropped(data: bytes) -> None:
    async with testing.serving({NAME: Greeter()}, endpoint=UDP) as (app, client):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(data, ("127.0.0.1", app.endpoint(NAME).port))
        reply = await client.proxy(GreeterProxy, NAME).greet(Greeting(name="Ann"))
        assert reply.ret == 3
        assert app.adapters[0].listener.refused == 1


async def test_answers_go_to_who_asked() -> None:
    servant = Greeter()
    serving = testing.serving({NAME: servant}, endpoint=UDP)
    async with serving as (app, first), Communicator() as second:
        slow = first.proxy(GreeterProxy, NAME)
        call = asyncio.ensure_future(slow.rest())
        await servant.resting.wait()
        quick = second.proxy(GreeterProxy, f"{NAME}@{app.endpoint(NAME)}")
        assert (await quick.greet(Greeting(name="Ann"))).ret == 3
        servant.wake.set()
        await call


async def test_until_the_socket_closes_datagrams_are_answered() -> None:
    """A stop refuses no datagrams: to their senders silence would be a time-out each."""
    servant = Greeter()
    async with testing.serving({NAME: servant}, endpoint=UDP) as (app, client):
        greeter = client.proxy(GreeterProxy, NAME)
        slow = asyncio.ensure_future(greeter.rest())
        await servant.resting.wait()
        app.shutdown()
        await until(lambda: app.state is State.STOPPING)
        assert (await greeter.greet(Greeting(name="Ann"))).text == "hello Ann"
        servant.wake.set()
        await slow


async def test_who_is_denied_gets_no_answer() -> None:
    denied = {"endpoint": UDP, "deny": "127.0.0.*"}
    async with testing.serving({NAME: Greeter()}, **denied) as (app, client):
        with pytest.raises(CallTimeout):
            await client.proxy(GreeterProxy, NAME).rest(timeout=0.1)
        assert app.adapters[0].listener.refused == 1
        assert app.adapters[0].dispatcher.counters.requests == 0


class Liar(asyncio.DatagramProtocol):
    """Answers with what is no frame, then as a server does."""

    def __init__(self, *lies: bytes) -> None:
        self._lies = lies

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: object) -> None:
        (request,) = ServerWire().receive_data(data)
        assert isinstance(request, Request)
        for lie in (*self._lies, send_reply(request, b"")):
            self.transport.sendto(lie, addr)  # type: ignore[attr-defined]  # a datagram's


async def test_answers_that_are_no_frames_are_dropped() -> None:
    lies = (b"", b"\x00", b"\x00\x00\x00\x40half", b"\xff" * 100)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        lambda: Liar(*lies), local_addr=("127.0.0.1", 0)
    )
    port = transport.get_extra_info("sockname")[1]
    async with Communicator() as client:
        greeter = client.proxy(GreeterProxy, f"{NAME}@udp -h 127.0.0.1 -p {port}")
        for _ in range(3):
            await greeter.rest(timeout=5)
    transport.close()
