"""grpclib on uvloop giving bytes back, without a message format: ``grpclib_.py PORT``."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import uvloop
from grpclib.const import Cardinality, Handler
from grpclib.server import Server

from benchmarks.rpc.servers.plain_codec import PlainCodec


class Peer:
    """The service."""

    async def say(self, stream: Any) -> None:
        await stream.send_message(await stream.recv_message())

    def __mapping__(self) -> dict[str, Handler]:
        return {"/Peer/say": Handler(self.say, Cardinality.UNARY_UNARY, bytes, bytes)}


async def main(port: int) -> None:
    server = Server([Peer()], codec=PlainCodec())
    await server.start("127.0.0.1", port)
    print("READY", flush=True)
    await server.wait_closed()


with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
    runner.run(main(int(sys.argv[1])))
