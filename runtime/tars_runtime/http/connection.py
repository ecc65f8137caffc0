"""One HTTP/1.1 connection: h11 says what the bytes mean, an `Exchange` answers one request.

Requests are answered in the order in which they came. A client that is slow with its head is cut
off; one that sends a body faster than the application reads it is not read from.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

import h11

from tars_runtime.http.exchange import Exchange
from tars_runtime.net.accepted import AcceptedConnection, Keeper

__all__ = ["HttpConnection", "Start"]

log = logging.getLogger("tars.http")

Start = Callable[[Exchange], "asyncio.Future[None]"]
"""Runs the application for a request; what it gives is cancelled when the client goes."""

HEAD_TIME: Final = 10.0
"""Seconds that a request's head may take from its first byte."""
HEAD_SIZE: Final = 64 * 1024
"""Bytes of a request's head."""
AHEAD: Final = 64 * 1024
"""Bytes of a body that wait for the application before the client is not read from."""


class HttpConnection(AcceptedConnection):
    """One client's connection."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, owner: Keeper, start: Start
    ) -> None:
        super().__init__(loop, owner)
        self._start = start
        self._wire = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_SIZE)
        self._exchange: Exchange | None = None
        self._running: asyncio.Future[None] | None = None
        self._head_timer: asyncio.TimerHandle | None = None

    def got(self, data: bytes) -> None:
        self._wire.receive_data(data)
        if self._exchange is None and self._head_timer is None:
            self._head_timer = self._loop.call_later(HEAD_TIME, self.abort)
        self.advance()

    def eof_received(self) -> None:
        """The client has closed its half: as for other HTTP servers, it is gone."""

    def ended(self) -> None:
        self._stop_timer()
        if self._exchange is not None:
            self._exchange.disconnected()

    def advance(self) -> None:
        """Take the events that have come in, as far as the application can take them."""
        try:
            while self._take(self._wire.next_event()):
                pass
        except h11.RemoteProtocolError as error:
            self._refuse(error)

    def _take(self, event: h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]) -> bool:
        exchange = self._exchange
        if isinstance(event, h11.Request):
            self._begin(event)
        elif isinstance(event, h11.Data) and exchange is not None:
            exchange.feed(bytes(event.data))
            if exchange.unread > AHEAD:
                self._read(False)
                return False
        elif isinstance(event, h11.EndOfMessage) and exchange is not None:
            exchange.feed_end()
        elif event is h11.NEED_DATA:
            self._read(True)
            return False
        else:
            self._read(event is not h11.PAUSED)
            return False
        return True

    def _read(self, on: bool) -> None:
        if self.transport is None or self.transport.is_closing():
            return
        if on:
            self.transport.resume_reading()
        else:
            self.transport.pause_reading()

    def _begin(self, request: h11.Request) -> None:
        self._stop_timer()
        self.inflight = 1
        self._exchange = Exchange(self, self._wire, request)
        self._running = self._start(self._exchange)
        self._running.add_done_callback(self._over)

    def _over(self, running: asyncio.Future[None]) -> None:
        """The application has answered, or will not: on with the next request, or close."""
        exchange, self._exchange = self._exchange, None
        self._running = None
        self.inflight = 0
        if self.transport is None or exchange is None:
            return
        wire = self._wire
        if running.cancelled() or wire.our_state is not h11.DONE:
            self.close()
        elif wire.their_state is not h11.DONE:
            self.close()  # a body that nobody read: where the next request begins is not known
        else:
            wire.start_next_cycle()
            self.advance()

    def _refuse(self, error: h11.RemoteProtocolError) -> None:
        """Bytes that are no HTTP: say so, unless an answer is under way."""
        log.info("%s:%d closed: %s", *self.peer, error)
        self._stop_timer()
        if self._exchange is not None:
            self._exchange.disconnected()
        elif self._wire.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            text = b"expected an HTTP/1.1 request\n"
            head = h11.Response(
                status_code=error.error_status_hint,
                headers=[
                    (b"content-type", b"text/plain; charset=utf-8"),
                    (b"content-length", str(len(text)).encode()),
                    (b"connection", b"close"),
                ],
            )
            parts = (head, h11.Data(data=text), h11.EndOfMessage())
            data = b"".join(self._wire.send(each) or b"" for each in parts)
            if self.transport is not None:
                self.transport.write(data)
        self.close()

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
