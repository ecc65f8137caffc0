"""What broken or hostile servers answer: the call fails, the client goes on."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable

import pytest
from Demo import GreeterProxy, Greeting
from greeter import NAME, Greeter
from tars_runtime import testing
from tars_runtime.communicator import Communicator
from tars_runtime.errors import ConnectError, DecodeError
from tars_runtime.protocol import Request, send_request


def frame(packet: bytes) -> bytes:
    return struct.pack(">I", len(packet) + 4) + packet


async def hostile_server(
    answer: Callable[[bytes], bytes],
) -> tuple[asyncio.Server, int]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        data = await reader.read(65536)
        writer.write(answer(data))
        await writer.drain()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    return server, server.sockets[0].getsockname()[1]


BAD_ANSWERS = {
    "S14 no packet": (b"\x00\x00\x00\x04\x00\x00\x00\x00", "expected a frame of 5"),
    "S14 a packet that is none": (frame(b"\x0e\x0e"), "got unknown type 14"),
    "S15 a length without end": (b"\xff\xff\xff\xff", "got the length 4294967295"),
    "S4 nested heads": (frame(b"\x0a" * 1_000_000), "at most 64 nested values"),
    "S5 a body without end": (
        frame(bytes.fromhex("10012c30014c5c6d00027fffffff780c")),
        "at most 104857600 bytes of string, got 2147483647",
    ),
    "TUP with a code that is none": (
        send_request(
            Request(version=3, request_id=1, status={"STATUS_RESULT_CODE": "x"})
        ),
        "expected a number for STATUS_RESULT_CODE, got 'x'",
    ),
}


@pytest.mark.parametrize(("data", "told"), BAD_ANSWERS.values(), ids=BAD_ANSWERS.keys())
async def test_answers_that_are_none_end_the_call_and_no_more(
    data: bytes, told: str
) -> None:
    server, port = await hostile_server(lambda _: data)
    good = testing.serving({NAME: Greeter()})
    async with Communicator() as client, good as (app, _):
        greeter = client.proxy(GreeterProxy, f"{NAME}@tcp -h 127.0.0.1 -p {port}")
        with pytest.raises(DecodeError) as caught:
            await greeter.rest(timeout=5)
        assert told in str(caught.value)
        other = client.proxy(GreeterProxy, f"{NAME}@{app.endpoint(NAME)}")
        assert (await other.greet(Greeting(name="Ann"))).ret == 3
    server.close()


async def test_an_answer_of_another_shape_is_a_decode_error() -> None:
    server, port = await hostile_server(
        lambda _: bytes.fromhex("0000001110012c30014c5c6d0000010c780c")
    )
    async with Communicator() as client:
        greeter = client.proxy(GreeterProxy, f"{NAME}@tcp -h 127.0.0.1 -p {port}")
        with pytest.raises(DecodeError):
            await greeter.greet(Greeting(), timeout=5)
    server.close()


async def test_s18_s19_tls_is_never_left_out_nor_unverified() -> None:
    async with testing.serving({NAME: Greeter()}) as (app, _), Communicator() as client:
        port = app.endpoint(NAME).port
        greeter = client.proxy(GreeterProxy, f"{NAME}@ssl -h 127.0.0.1 -p {port}")
        with pytest.raises(ConnectError):
            await greeter.rest(timeout=2)
        assert app.adapters[0].dispatcher.counters.requests == 0
