"""What kills or tricks other runtimes, thrown at a running server that must still answer.

Each case is named after the weakness; a well-meant call from another connection follows it.
"""

from __future__ import annotations

import asyncio
import gc
import struct
import tracemalloc
from collections.abc import AsyncIterator

import pytest
from Demo import GreeterProxy, Greeting
from greeter import NAME, Greeter
from tars_runtime import testing
from tars_runtime.application import Application
from tars_runtime.application.state import State
from tars_runtime.communicator import Communicator
from tars_runtime.config import AdapterConfig, ServerConfig
from tars_runtime.errors import ConfigError, ConnectError, ServerError
from tars_runtime.interfaces.tars import AdminFProxy
from tars_runtime.net.endpoint import Endpoint
from tars_runtime.protocol import (
    ClientWire,
    Request,
    Response,
    send_reconnect,
    send_request,
)

MEBIBYTE = 1024 * 1024


class Victim:
    """The server under attack, and a friend of it."""

    def __init__(self, app: Application, servant: Greeter) -> None:
        self.app, self.servant = app, servant
        self.port = app.endpoint("GreeterAdapter").port

    async def attack(self, data: bytes) -> bytes:
        """Send bytes on a connection of their own, and a ping behind them.

        Gives what came back before the ping's answer, or before the server closed.
        """
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        answer = b""
        try:
            async with asyncio.timeout(10):
                writer.write(data + PING)
                while PONG not in answer and (piece := await reader.read(65536)):
                    answer += piece
        except ConnectionError:
            pass
        finally:
            writer.close()
        return answer.partition(PONG)[0]

    async def still_answers(self) -> None:
        async with Communicator() as friend:
            endpoint = self.app.endpoint("GreeterAdapter")
            greeter = friend.proxy(GreeterProxy, f"{NAME}@{endpoint}")
            reply = await greeter.greet(Greeting(name="Ann"), timeout=5)
            assert reply.text == "hello Ann"


@pytest.fixture
async def victim() -> AsyncIterator[Victim]:
    servant = Greeter()
    app = Application(
        ServerConfig(app="Demo", server="HelloServer", local="tcp -h 127.0.0.1 -p 0")
    )
    app.add_adapter("GreeterAdapter", "tcp -h 127.0.0.1 -p 0 -t 60000", servant=NAME)
    app.add_servant(NAME, servant)
    running = asyncio.create_task(app.serve(grace=0.5))
    await app.started()
    yield Victim(app, servant)
    servant.wake.set()
    app.shutdown()
    await running


def request(body: bytes = b"", function: str = "greet", version: int = 1) -> bytes:
    return send_request(
        Request(
            version=version,
            request_id=1,
            servant=NAME,
            function=function,
            body=body,
        )
    )


PING = send_request(Request(request_id=4242, servant=NAME, function="tars_ping"))
PONG = bytes.fromhex("0000001110012c3110924c5c6d000c780c")


def frame(packet: bytes) -> bytes:
    return struct.pack(">I", len(packet) + 4) + packet


def answers(data: bytes) -> list[Response]:
    events = ClientWire().receive_data(data)
    assert all(isinstance(event, Response) for event in events)
    return events  # type: ignore[return-value]  # just checked


GREETING = b"\x1a\x06\x01x"
"""The struct of greet's argument at tag 1, its require name "x"."""

BAD_BODIES = {
    "S1 negative list count": GREETING + b"\x39\x00\xff\x0b",
    "S1 negative map count": GREETING + b"\x28\x00\xff\x0b",
    "S1 negative bytes count": GREETING + b"\x4d\x00\x00\xff\x0b",
    "S2 5 MB of nested heads": GREETING + b"\xea" + b"\x0a" * 5_000_000,
    "S3 nested structs": GREETING + b"\xea" + b"\x0a" * 100_000 + b"\x0b" * 100_000,
    "S3 nested lists": GREETING + b"\xe9\x00\x01" + b"\x09\x00\x01" * 100_000,
    "S3 nested maps": GREETING + b"\xe8\x00\x01\x0c" + b"\x18\x00\x01\x0c" * 100_000,
    "S5 list of two thousand million": GREETING + b"\x39\x02\x7f\xff\xff\xff\x0b",
    "S6 list of a hundred million": GREETING + b"\x39\x02\x07\xff\xff\xff\x0b",
    "S6 bytes of two thousand million": GREETING + b"\x4d\x00\x02\x7f\xff\xff\xff\x0b",
    "S22 map count above 31 bits": GREETING + b"\x28\x02\x80\x00\x00\x00\x0b",
    "S22 map of two thousand million": GREETING + b"\x28\x02\x7f\xff\xff\xff\x0b",
    "string longer than the packet": b"\x1a\x07\xff\xff\xff\xff\x0b",
    "no arguments": b"",
    "unknown wire type": b"\x1e",
    "wrong UTF-8": b"\x1a\x06\x01\xff\x0b",
    "truncated": GREETING[:-1],
}


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES.keys())
async def test_bodies_that_are_none_are_answered(victim: Victim, body: bytes) -> None:
    (answer,) = answers(await victim.attack(request(body)))
    assert answer.ret == -1
    assert answer.request_id == 1
    await victim.still_answers()


@pytest.mark.parametrize("version", [2, 3])
async def test_tup_bodies_that_are_none_are_answered(
    victim: Victim, version: int
) -> None:
    for body in (
        b"",
        b"\x08\x00\xff",
        b"\x08\x02\x7f\xff\xff\xff",
        b"\x08\x00\x01\x06\x08greeting\x1d\x00\x00\xff",
        b"\x0a" * 1_000_000,
    ):
        (answer,) = answers(await victim.attack(request(body, version=version)))
        assert answer.ret == -1
    await victim.still_answers()


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"[" * 5_000_000, id="S20 nested arrays"),
        pytest.param(b'{"greeting":' * 100_000, id="S20 nested objects"),
        pytest.param(b'{"greeting": {"name": 1}}', id="wrong type"),
        pytest.param(b'{"greeting": {"name": "\xff"}}', id="wrong UTF-8"),
        pytest.param(b'{"mood": ' + b"9" * 100_000 + b"}", id="a long number"),
        pytest.param(b"null", id="null"),
    ],
)
async def test_json_that_is_none_is_answered(victim: Victim, body: bytes) -> None:
    (answer,) = answers(await victim.attack(request(body, version=5)))
    assert answer.ret == -1
    await victim.still_answers()


BAD_STREAMS = {
    "S15 a length of four thousand million": b"\xff\xff\xff\xff" + b"x" * 100,
    "S15 eleven mebibytes": struct.pack(">I", 11 * MEBIBYTE) + b"x" * 100,
    "a length of zero": b"\x00\x00\x00\x00",
    "S14 an empty packet": b"\x00\x00\x00\x04\x00\x00\x00\x00",
    "S2 nested heads in the envelope": frame(b"\x0a" * 5_000_000),
    "S21 half a head": frame(b"\xf0"),
    "no version": frame(b"\x2c\x3c"),
    "zeroes": bytes(100_000),
    "HTTP": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "TLS": bytes.fromhex("16030100a5010000a10303") + bytes(200),
    "a context of two thousand million": frame(
        b"\x10\x01\x2c\x3c\x40\x01\x56\x00\x66\x00\x7d\x00\x0c\x8c\x98\x02\x7f\xff\xff\xff"
    ),
}


@pytest.mark.parametrize("data", BAD_STREAMS.values(), ids=BAD_STREAMS.keys())
async def test_streams_that_are_none_are_closed(victim: Victim, data: bytes) -> None:
    assert await victim.attack(data) == b""
    await victim.still_answers()


@pytest.mark.parametrize(
    "name",
    [
        "__proto__",
        "proto__",
        "__class__",
        "__init__",
        "__tars__",
        "hasOwnProperty",
        "resting",
        "",
        "x" * 100_000,
        "greet\x00",
        "../greet",
    ],
    ids=lambda name: name[:20] or "empty",
)
async def test_s13_names_reach_methods_of_the_interface_only(
    victim: Victim, name: str
) -> None:
    for version in (1, 3, 5):
        data = await victim.attack(request(function=name, version=version))
        (answer,) = answers(data)
        assert answer.ret == -3
        assert len(answer.text) < 300
    await victim.still_answers()


async def test_s24_slow_drips_are_held_cheaply(victim: Victim) -> None:
    writers = []
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for _ in range(20):
        _, writer = await asyncio.open_connection("127.0.0.1", victim.port)
        writer.write(struct.pack(">I", 10 * MEBIBYTE))
        writers.append(writer)
    for _ in range(200):
        for writer in writers:
            writer.write(b"x")
        await asyncio.sleep(0)
    await victim.still_answers()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held - before < 4 * MEBIBYTE
    for writer in writers:
        writer.close()


async def test_s24_all_drips_together_have_a_limit() -> None:
    limits = {"unfinished": 1 * MEBIBYTE, "request_timeout": 0.2}
    app = Application(ServerConfig(app="Demo", server="HelloServer", **limits))  # type: ignore[arg-type]  # two settings
    app.add_adapter("GreeterAdapter", "tcp -h 127.0.0.1 -p 0 -t 60000", servant=NAME)
    app.add_servant(NAME, Greeter())
    running = asyncio.create_task(app.serve(grace=0.5))
    await app.started()
    victim = Victim(app, Greeter())
    listener = app.adapters[0].listener
    held = [await asyncio.open_connection("127.0.0.1", victim.port) for _ in range(4)]
    for _, writer in held:
        writer.write(struct.pack(">I", 5 * MEBIBYTE) + bytes(MEBIBYTE // 3))
    closed = asyncio.gather(*(reader.read() for reader, _ in held))
    async with asyncio.timeout(5):
        assert await closed == [b""] * 4, "one for the limit, the others for their time"
    assert listener.room.held == 0  # type: ignore[union-attr]  # a TCP listener
    await victim.still_answers()
    for _, writer in held:
        writer.close()
    app.shutdown()
    await running


async def test_a_peer_that_reads_nothing_is_not_served_for_ever(victim: Victim) -> None:
    """It asks for 1 MB answers and takes none: reading stops, memory stays bounded."""
    big = send_request(
        Request(
            request_id=1,
            servant=NAME,
            function="greet",
            body=Greeter.__tars__[0].arguments.build((Greeting(name="x" * MEBIBYTE),)),
        )
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", victim.port, limit=1024)
    writer.transport.pause_reading()  # type: ignore[attr-defined]  # a socket's transport
    sent = 0
    try:
        async with asyncio.timeout(0.7):
            while sent < 64:
                writer.write(big)
                await writer.drain()
                sent += 1
    except TimeoutError:
        pass
    (connection,) = victim.app.adapters[0].listener.connections
    assert connection.backlog < 8 * MEBIBYTE
    await victim.still_answers()
    assert sent < 64, "the server stopped reading"
    writer.transport.abort()
    del reader


async def test_s25_what_exceptions_say_stays_here(victim: Victim) -> None:
    body = Greeter.__tars__[0].arguments.build((Greeting(name="broken"),))
    data = await victim.attack(request(body))
    (answer,) = answers(data)
    assert (answer.ret, answer.text) == (-99, "KeyError")
    assert b"secret" not in data


async def test_an_exit_in_a_servant_stops_in_order_not_at_once(victim: Victim) -> None:
    body = Greeter.__tars__[0].arguments.build((Greeting(name="exit"),))
    data = await victim.attack(request(body))
    (answer,) = answers(data.partition(send_reconnect())[0])
    assert (answer.ret, answer.text) == (-99, "SystemExit")
    await until_stopped(victim.app)


async def until_stopped(app: Application) -> None:
    async with asyncio.timeout(5):
        for _ in iter(lambda: app.state is State.STOPPED, True):
            await asyncio.sleep(0.001)


ADMIN_LINES = [
    "",
    " ",
    "tars.loadconfig",
    "tars.loadconfig ../../etc/passwd",
    "tars.loadconfig a b c",
    "tars.setloglevel",
    "tars.setloglevel LOUD",
    "tars.setloglevel a b",
    "tars.setdyeing",
    "tars.enabledaylog",
    "tars.pprof 8080 3600",
    "tars.viewstatus x y",
    "tars.connection \x00",
    "__class__",
    "x" * 100_000,
]


@pytest.mark.parametrize("line", ADMIN_LINES, ids=lambda line: line[:30] or "empty")
async def test_s8_s9_s11_admin_lines_are_answered_with_text(
    victim: Victim, line: str
) -> None:
    async with Communicator() as client:
        endpoint = victim.app.endpoint("AdminObj")
        admin = client.proxy(AdminFProxy, f"AdminObj@{endpoint}")
        answer = await admin.notify(line)
        assert answer
        assert "Traceback" not in answer
        assert len(answer) < 4096
    await victim.still_answers()


@pytest.mark.parametrize("host", ["0.0.0.0", "*", "10.0.0.1", "example.org", "::"])
async def test_s10_an_admin_object_off_loopback_is_refused(host: str) -> None:
    app = Application(
        ServerConfig(app="Demo", server="X", local=f"tcp -h {host} -p 0"),
        adapters=[
            AdapterConfig(name="A", endpoint="tcp -h 127.0.0.1 -p 0", servant=NAME)
        ],
    )
    app.add_servant(NAME, Greeter())
    with pytest.raises(ConfigError, match="on loopback"):
        await app.serve()


async def test_s16_s17_the_handshake_of_cpp_is_not_spoken_and_says_so() -> None:
    endpoint = Endpoint.parse("tcp -h 127.0.0.1 -p 1 -e 1")
    async with Communicator(locator=testing.FakeRegistry({NAME: [endpoint]})) as client:
        with pytest.raises(ConnectError, match=r"handshake of -e 1 .* is not spoken"):
            await client.proxy(GreeterProxy, NAME).rest()
    app = Application(ServerConfig(app="Demo", server="HelloServer"))
    app.add_adapter("A", endpoint, servant=NAME)
    app.add_servant(NAME, Greeter())
    with pytest.raises(ConfigError, match="without -e 1 for A"):
        await app.serve()


async def test_code_zero_and_codes_that_close_cpp_clients_are_never_sent() -> None:
    class Odd(Greeter):
        async def greet(self, greeting: Greeting) -> object:  # type: ignore[override]
            raise ServerError(int(greeting.name), "odd")

    greeter = testing.join(GreeterProxy, Odd())
    for code in (0, -100, -(2**31)):
        with pytest.raises(ServerError) as caught:
            await greeter.greet(Greeting(name=str(code)))
        assert caught.value.code == -99
