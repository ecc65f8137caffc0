"""grpc.aio giving bytes back, without a message format: ``grpc_aio.py PORT``."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import grpc  # type: ignore[import-untyped]  # has no types of its own
import grpc.aio  # type: ignore[import-untyped]  # likewise


async def say(request: bytes, _context: Any) -> bytes:
    """The bytes that came."""
    return request


async def main(port: int) -> None:
    server = grpc.aio.server()
    method = grpc.unary_unary_rpc_method_handler(say)
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("Peer", {"say": method}),)
    )
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    print("READY", flush=True)
    await server.wait_for_termination()


asyncio.run(main(int(sys.argv[1])))
