"""The control socket, seen from inside: who may ask, what is asked, how answers go back."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import struct
from collections.abc import AsyncIterator, Callable
from typing import Any

from tarscli.control import reachable_path
from tarscli.layout import Layout

__all__ = ["ControlServer"]

_CREDENTIALS = struct.Struct("3i")
_LONGEST = 65536
_PATIENCE = 10.0

Answers = Callable[[dict[str, Any]], AsyncIterator[dict[str, Any]]]


class ControlServer:
    """Takes one request a connection; only from this user and from root."""

    def __init__(self, layout: Layout, answers: Answers) -> None:
        self._layout = layout
        self._answers = answers
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Listen; raises `OSError`."""
        self._layout.socket.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with reachable_path(self._layout.socket) as path:
                previous = os.umask(0o177)
                try:
                    listener.bind(path)
                finally:
                    os.umask(previous)
            listener.setblocking(False)
            self._server = await asyncio.start_unix_server(
                self._serve, sock=listener, limit=_LONGEST
            )
        except BaseException:
            listener.close()
            raise

    def close(self) -> None:
        """Listen no more and remove the socket."""
        if self._server is not None:
            self._server.close()
            self._layout.socket.unlink(missing_ok=True)

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            if _allowed(writer):
                async with asyncio.timeout(_PATIENCE):
                    line = await reader.readline()
                async for answer in self._answers(_request(line)):
                    writer.write(json.dumps(answer).encode() + b"\n")
                    await writer.drain()
        except (OSError, TimeoutError, ValueError):
            return
        finally:
            writer.close()


def _allowed(writer: asyncio.StreamWriter) -> bool:
    peer = writer.get_extra_info("socket")
    raw = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _, user, _ = _CREDENTIALS.unpack(raw)
    return user in (0, os.geteuid())


def _request(line: bytes) -> dict[str, Any]:
    found = json.loads(line)
    return found if isinstance(found, dict) else {}
