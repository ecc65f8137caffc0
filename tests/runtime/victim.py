"""A server under attack, what is thrown at it, and a friend that must still be answered."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from Demo import GreeterProxy, Greeting
from greeter import NAME, Greeter
from tars_runtime.application import Application
from tars_runtime.communicator import Communicator
from tars_runtime.config import ServerConfig
from tars_runtime.protocol import ClientWire, Request, Response, send_request

MEBIBYTE = 1024 * 1024
PING = send_request(Request(request_id=4242, servant=NAME, function="tars_ping"))
PONG = bytes.fromhex("0000001110012c3110924c5c6d000c780c")


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


@asynccontextmanager
async def under_attack(**settings: Any) -> AsyncIterator[Victim]:
    """A running server; whatever reaches the event loop's last resort fails the test."""
    servant = Greeter()
    admin = "tcp -h 127.0.0.1 -p 0"
    app = Application(
        ServerConfig(app="Demo", server="HelloServer", local=admin, **settings)
    )
    app.add_adapter("GreeterAdapter", "tcp -h 127.0.0.1 -p 0 -t 60000", servant=NAME)
    app.add_servant(NAME, servant)
    uncaught: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(
        lambda _, context: uncaught.append(context)
    )
    running = asyncio.create_task(app.serve(grace=0.5))
    await app.started()
    yield Victim(app, servant)
    servant.wake.set()
    app.shutdown()
    await running
    assert uncaught == []


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


def frame(packet: bytes) -> bytes:
    return struct.pack(">I", len(packet) + 4) + packet


def answers(data: bytes) -> list[Response]:
    events = ClientWire().receive_data(data)
    assert all(isinstance(event, Response) for event in events)
    return events  # type: ignore[return-value]  # just checked
