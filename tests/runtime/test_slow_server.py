"""A server that takes nothing: what waits is bounded, in the deadline and in number."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
from Demo import GreeterProxy, Greeting
from greeter import NAME
from pair import connections, until
from tars_runtime.communicator import Communicator
from tars_runtime.errors import CallError, CallTimeout, ConnectError

MEBIBYTE = 1024 * 1024
BIG = Greeting(name="x" * MEBIBYTE)


class Mute:
    """Accepts, and reads when it is told to."""

    def __init__(self) -> None:
        self.accepted: list[socket.socket] = []
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        self.listening.setblocking(False)

    @property
    def name(self) -> str:
        return f"{NAME}@tcp -h 127.0.0.1 -p {self.listening.getsockname()[1]}"

    async def accept(self) -> socket.socket:
        made, _ = await asyncio.get_running_loop().sock_accept(self.listening)
        self.accepted.append(made)
        return made

    def close(self) -> None:
        for each in (*self.accepted, self.listening):
            each.close()


@pytest.fixture
def mute() -> AsyncIterator[Mute]:
    server = Mute()
    yield server  # type: ignore[misc]
    server.close()


async def fill(client: Communicator, greeter: GreeterProxy) -> asyncio.Task[object]:
    """Call until the server takes no more; gives the call that it did not take."""
    call = asyncio.create_task(greeter.greet(Greeting(name="x" * 9 * MEBIBYTE)))
    await until(lambda: any(each.is_full for each in connections(client)))
    return call  # type: ignore[return-value]


async def ended(call: asyncio.Task[object]) -> None:
    call.cancel()
    await asyncio.wait([call])


async def test_calls_wait_within_their_deadlines_and_hold_no_bytes(mute: Mute) -> None:
    async with Communicator() as client:
        greeter = client.proxy(GreeterProxy, mute.name)
        first = await fill(client, greeter)
        (connection,) = connections(client)
        held = connection._transport.get_write_buffer_size()
        ends = await asyncio.gather(
            *(greeter.greet(BIG, timeout=0.1) for _ in range(20)),
            return_exceptions=True,
        )
        assert {type(end) for end in ends} == {CallTimeout}
        assert "to take the call within the deadline" in str(ends[0])
        assert connection._transport.get_write_buffer_size() <= held
        assert (connection.waiting, len(connection.pending)) == (0, 1)
        await ended(first)


async def test_who_waits_counts_as_in_flight(mute: Mute) -> None:
    async with Communicator(max_inflight=3) as client:
        greeter = client.proxy(GreeterProxy, mute.name)
        first = await fill(client, greeter)
        (connection,) = connections(client)
        waiting = [asyncio.create_task(greeter.rest()) for _ in range(2)]
        await until(lambda: connection.waiting == 2)
        with pytest.raises(CallError, match="fewer than 3 calls in flight") as caught:
            await greeter.rest()
        assert caught.value.code == -13
        for each in (first, *waiting):
            await ended(each)


async def test_when_it_takes_more_they_go_on_and_not_all_at_once(mute: Mute) -> None:
    async with Communicator() as client:
        greeter = client.proxy(GreeterProxy, mute.name)
        first = await fill(client, greeter)
        taking = await mute.accept()
        (connection,) = connections(client)
        calls = [asyncio.create_task(greeter.greet(BIG)) for _ in range(8)]
        await until(lambda: connection.waiting == 8)
        most = 0
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(10):
            while len(connection.pending) < 9:
                await loop.sock_recv(taking, MEBIBYTE)
                for _ in range(3):  # what was written in this turn has left us then
                    await asyncio.sleep(0)
                if connection.waiting < 8:
                    size = connection._transport.get_write_buffer_size()
                    most = max(most, size)
        assert most < 4 * MEBIBYTE, "not eight of them together"
        for each in (first, *calls):
            await ended(each)


async def test_when_it_goes_they_take_another_connection(mute: Mute) -> None:
    async with Communicator() as client:
        greeter = client.proxy(GreeterProxy, mute.name)
        first = await fill(client, greeter)
        (connection,) = connections(client)
        waiting = asyncio.create_task(greeter.greet(Greeting(name="Ann")))
        await until(lambda: connection.waiting == 1)
        (await mute.accept()).close()
        again = await asyncio.wait_for(mute.accept(), 5)
        async with asyncio.timeout(5):
            data = await asyncio.get_running_loop().sock_recv(again, 4096)
        assert b"Ann" in data
        with pytest.raises(ConnectError):
            await first
        await ended(waiting)
