"""The limit: cut frames, answer each with canned bytes, know nothing: ``limit.py PORT``."""

from __future__ import annotations

import asyncio
import sys
from typing import cast

from tars_runtime.application.runner import new_event_loop
from tars_runtime.protocol.frames import FrameReader

_HEAD, _TAIL = (
    b"\x10\x01\x2c\x32",
    b"\x4c\x5c\x6d\x00\x00\x12\x06\x10sixteen letters!\x78\x0c",
)
_LENGTH = (4 + len(_HEAD) + 4 + len(_TAIL)).to_bytes(4, "big")


class Limit(asyncio.Protocol):
    """One connection."""

    def __init__(self) -> None:
        self.frames = FrameReader()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        packets = self.frames.feed(data)
        answers = [b"%b%b%b%b" % (_LENGTH, _HEAD, each[5:9], _TAIL) for each in packets]
        self.transport.write(b"".join(answers))


async def main(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(
        Limit, "127.0.0.1", port, backlog=4096
    )
    print("READY", flush=True)
    await server.serve_forever()


with asyncio.Runner(loop_factory=new_event_loop) as runner:
    runner.run(main(int(sys.argv[1])))
