"""A connection that speaks another protocol than TARS: what the listener keeps of any connection.

A subclass says what bytes mean. Admission, idle and slow connections, and the stop are the
listener's matter, as for TARS connections.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final, Protocol, cast

__all__ = ["AcceptedConnection", "Keeper"]

log = logging.getLogger("tars.net")

STALLED: Final = 60.0
"""Seconds in which a client must take something of what it asked for."""


class Keeper(Protocol):
    """Who accepted a connection."""

    def admit(self, connection: AcceptedConnection) -> bool:
        """Count a new connection in, or refuse it."""

    def forget(self, connection: AcceptedConnection) -> None:
        """The connection has ended."""


class AcceptedConnection(asyncio.Protocol):
    """One client's connection."""

    def __init__(self, loop: asyncio.AbstractEventLoop, owner: Keeper) -> None:
        self._loop = loop
        self._owner = owner
        self._writable = asyncio.Event()
        self._writable.set()
        self.transport: asyncio.Transport | None = None
        self.peer: tuple[str, int] = ("", 0)
        self.inflight = 0
        """Requests that are not answered yet."""
        self.last_active = loop.time()
        self.received = 0
        self.sent = 0
        self.taken = 0
        self.slow_checks = 0
        self.unfinished_since = 0.0

    def began(self) -> None:
        """The connection was admitted."""

    def got(self, data: bytes) -> None:
        """Bytes have come."""
        raise NotImplementedError

    def ended(self) -> None:
        """The connection is gone."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        name = transport.get_extra_info("peername")
        if isinstance(name, tuple):
            self.peer = (str(name[0]), int(name[1]))
        if self._owner.admit(self):
            self.began()
        else:
            self.abort()

    def data_received(self, data: bytes) -> None:
        self.last_active = self._loop.time()
        self.received += len(data)
        self.got(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is not None:
            log.debug("%s:%d broke: %s", *self.peer, exc)
        self.transport = None
        self._writable.set()
        self._owner.forget(self)
        self.ended()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    async def write(self, data: bytes) -> None:
        """Send; waits while the peer is behind, and hangs up on one that takes nothing at all.

        Raises `ConnectionResetError` when the peer is gone.
        """
        if self.transport is None or self.transport.is_closing():
            raise ConnectionResetError("the client is gone")
        self.sent += len(data)
        self.last_active = self._loop.time()
        self.transport.write(data)
        while not self._writable.is_set():
            await self._some_taken()

    async def _some_taken(self) -> None:
        before = self.backlog
        try:
            async with asyncio.timeout(STALLED):
                await self._writable.wait()
        except TimeoutError:
            if self.backlog >= before:
                self.abort()
                raise ConnectionResetError("the client takes nothing") from None

    @property
    def backlog(self) -> int:
        """Bytes that the peer has not taken yet."""
        return self.transport.get_write_buffer_size() if self.transport else 0

    def close(self) -> None:
        """Close once what was written has left."""
        if self.transport is not None:
            self.transport.close()

    def abort(self) -> None:
        """Close at once."""
        if self.transport is not None:
            self.transport.abort()
