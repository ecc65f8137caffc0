"""The server's end of a connection.

Everything that arrives in one read is answered in one write. A reader that does not take its
answers is not read from any more, so that what it can make the server hold is bounded.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol, TypeAlias, cast

from tars_runtime.errors import DecodeError
from tars_runtime.net.seldom import Seldom
from tars_runtime.protocol import MAX_FRAME, Broken, Request, ServerWire, send_push
from tars_runtime.protocol.known import PIECES, Known

__all__ = ["Handler", "Owner", "Peer", "Room", "ServerConnection"]

log = logging.getLogger("tars.net")


class Peer(Protocol):
    """Who sent a request: `ServerConnection` is one, the sender of a datagram another."""

    inflight: int
    """Requests that are not answered yet."""

    @property
    def peer(self) -> tuple[str, int]:
        """Address and port."""

    def send(self, frame: bytes) -> None:
        """Send an answer or a push."""

    def push(
        self, body: bytes, function: str = "", context: Mapping[str, str] | None = None
    ) -> bool:
        """Send a message that nobody asked for; false when the peer is gone."""

    def on_close(self, callback: Callable[[], None]) -> None:
        """Call this once when the peer hangs up."""


Handler: TypeAlias = Callable[[Peer, Request, float], bytes | None]
"""Called with each request and the loop's time; gives the answer's frame, or ``None`` for
one-way requests and for answers that come later through `Peer.send`."""

HELD: Final = 10_000
"""Unanswered requests of a connection from which on each is looked at, and may be refused."""
QUIET: Final = 5
"""The log level of what is not worth a line to debuggers either (``TARS``)."""
BURST: Final = 256 * 1024
"""Bytes of answers that are gathered before they are handed to the transport."""


class Room:
    """What the unfinished requests of all connections of a listener may take together."""

    __slots__ = ("held", "limit")

    def __init__(self, limit: int = 256 * 1024 * 1024) -> None:
        self.limit = limit
        self.held = 0


class Owner(Protocol):
    """Who accepted a connection."""

    warn: Seldom

    def admit(self, connection: ServerConnection) -> bool:
        """Count a new connection in, or refuse it."""

    def forget(self, connection: ServerConnection) -> None:
        """The connection has ended."""


class ServerConnection(asyncio.Protocol):
    """One client's connection."""

    __slots__ = (
        "_handler",
        "_held",
        "_known",
        "_loop",
        "_on_close",
        "_out",
        "_owner",
        "_room",
        "_unfinished",
        "_waiting",
        "_wire",
        "_writable",
        "inflight",
        "last_active",
        "peer",
        "received",
        "sent",
        "slow_checks",
        "taken",
        "transport",
        "unfinished_since",
    )

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        handler: Handler,
        owner: Owner,
        max_frame: int = MAX_FRAME,
        room: Room | None = None,
        known: Known | None = None,
    ) -> None:
        self._loop = loop
        self._known = known
        self._handler = handler
        self._owner = owner
        self._wire = ServerWire(max_frame)
        self._unfinished = self._wire.unfinished
        self._room = room or Room()
        self._held = 0
        self.unfinished_since = 0.0
        """When the request began whose end has not come; 0 without one."""
        self._waiting: deque[Request] = deque()
        self._out: list[bytes] = []
        self._writable = True
        self._on_close: list[Callable[[], None]] | None = None
        self.transport: asyncio.Transport | None = None
        self.peer: tuple[str, int] = ("", 0)
        self.inflight = 0
        """Requests that are not answered yet."""
        self.last_active = loop.time()
        self.received = 0
        self.sent = 0
        self.taken = 0
        """Bytes that the peer had taken when the listener last looked."""
        self.slow_checks = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        name = transport.get_extra_info("peername")
        if isinstance(name, tuple):
            self.peer = (str(name[0]), int(name[1]))
        if not self._owner.admit(self):
            self.abort()

    def data_received(self, data: bytes) -> None:
        now = self.last_active = self._loop.time()
        self.received += len(data)
        if self._known is not None and self._known.answers:
            data = self._answer_known(self._known, data, now)
            if not data:
                return
        events = self._wire.receive_data(data)
        if self._unfinished or self._held:
            self._hold(now if events or not self._held else self.unfinished_since)
        if self._waiting or not self._writable:
            self._keep(events)
            return
        if not events:
            return
        last = events[-1]
        if type(last) is Broken:  # nothing comes behind it
            self._answer(events[:-1], now)  # type: ignore[arg-type]  # Broken is the last
            self._break(last.error)
        elif len(events) == 1:
            answer = self._handler(self, last, now)
            if answer is not None:
                self._write(answer)
        else:
            self._answer(events, now)  # type: ignore[arg-type]  # Broken would be the last

    def _answer(self, requests: list[Request], now: float) -> None:
        """Hand the answers to all requests of a read over together."""
        handler = self._handler
        out: list[bytes] = []
        size = 0
        coming = iter(requests)
        for request in coming:
            answer = handler(self, request, now)
            if answer is not None:
                out.append(answer)
                if (size := size + len(answer)) > BURST:
                    self._write(b"".join(out))
                    out, size = [], 0
                    if not self._writable:
                        self._keep(list(coming))
                        return
        self._write(b"".join(out))

    def _answer_known(self, known: Known, data: bytes, now: float) -> bytes:
        """Answer what is known at the beginning of ``data``; gives the rest."""
        at = 0
        while self._writable and not (self._waiting or self._unfinished):
            if self.inflight > HELD:
                break
            runs, at, count = known.take(self, data, at, BURST)
            if not count:
                break
            for when, pieces in runs:
                if when is None:
                    self._write(b"".join(pieces))
                else:
                    self._answer_when(when, pieces, known)
            known.keeper.note_known(count, now)
        return data[at:]

    def _answer_when(
        self, future: asyncio.Future[Any], pieces: list[bytes], known: Known
    ) -> None:
        """Send answers when the future is done; one that fails leaves nothing to say."""
        count = len(pieces) // PIECES
        hold = known.keeper.hold_known

        def done(future: asyncio.Future[Any]) -> None:
            self.inflight -= count
            if future.cancelled() or future.exception() is not None:
                self.abort()
            else:
                self.send(b"".join(pieces))
            hold(-count)

        self.inflight += count
        hold(count)
        future.add_done_callback(done)

    def _hold(self, since: float) -> None:
        """Account for what is kept of an unfinished request; too much is too much."""
        held, room = len(self._unfinished), self._room
        room.held += held - self._held
        grows, self._held = held > self._held, held
        self.unfinished_since = since if held else 0.0
        if grows and room.held > room.limit:
            self._owner.warn(
                "%s:%d closed: unfinished requests take %d bytes", *self.peer, room.held
            )
            self.abort()

    def _keep(self, events: list[Request | Broken]) -> None:
        """Requests that arrived while the peer takes no answers wait here, unread ones there."""
        for event in events:
            if isinstance(event, Broken):
                self._break(event.error)
            else:
                self._waiting.append(event)

    def _break(self, error: DecodeError) -> None:
        self._owner.warn("%s:%d closed: %s", *self.peer, error)
        self.close()

    def send(self, frame: bytes) -> None:
        """Send an answer or a push; those of one turn of the loop leave together."""
        if not self._out:
            self._loop.call_soon(self._flush)
        self._out.append(frame)

    def push(
        self, body: bytes, function: str = "", context: Mapping[str, str] | None = None
    ) -> bool:
        """Send a message that nobody asked for; false when the peer is gone."""
        if self.transport is None or self.transport.is_closing():
            return False
        self.send(send_push(body, function=function, context=context or {}))
        return True

    def on_close(self, callback: Callable[[], None]) -> None:
        """Call this once when the peer hangs up; at once when it has."""
        if self.transport is None:
            callback()
            return
        if self._on_close is None:
            self._on_close = []
        self._on_close.append(callback)

    def _flush(self) -> None:
        out, self._out = self._out, []
        self.last_active = self._loop.time()
        self._write(b"".join(out))

    def _write(self, data: bytes) -> None:
        transport = self.transport
        if data and transport is not None and not transport.is_closing():
            self.sent += len(data)
            transport.write(data)

    def pause_writing(self) -> None:
        self._writable = False
        if self.transport is not None and not self.transport.is_closing():
            self.transport.pause_reading()

    def resume_writing(self) -> None:
        self._writable = True
        now = self._loop.time()
        while self._waiting and self._writable:
            answer = self._handler(self, self._waiting.popleft(), now)
            if answer is not None:
                self._write(answer)
        transport = self.transport
        if self._writable and transport is not None and not transport.is_closing():
            transport.resume_reading()

    @property
    def backlog(self) -> int:
        """Bytes that the peer has not taken yet."""
        return self.transport.get_write_buffer_size() if self.transport else 0

    def close(self) -> None:
        """Close once what was written has left."""
        if self._out:
            self._flush()
        if self.transport is not None:
            self.transport.close()

    def abort(self) -> None:
        """Close at once."""
        if self.transport is not None:
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is not None:
            log.log(QUIET, "%s:%d broke: %s", *self.peer, exc)
        self._waiting.clear()
        self._out.clear()
        self._room.held -= self._held
        self._held = 0
        self.transport = None
        self._owner.forget(self)
        for callback in self._on_close or ():
            try:
                callback()
            except Exception:
                log.exception("a callback for a closed connection failed")
