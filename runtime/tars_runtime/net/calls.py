"""The calls of one connection: who waits for which answer, and until when.

No call has a timer of its own. The connection looks at its calls when the earliest deadline it
knew of has come, which with calls that are answered in time is once in a time-out.
"""

from __future__ import annotations

import asyncio
import logging
import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Final

from tars_runtime.errors import CallTimeout, DecodeError, TarsError
from tars_runtime.net.endpoint import Endpoint
from tars_runtime.protocol import (
    MAX_FRAME,
    Broken,
    ClientWire,
    Code,
    Push,
    Reconnect,
    Request,
    Response,
    send_request,
)
from tars_runtime.protocol.plain import write_request

__all__ = ["Calls"]

log = logging.getLogger("tars.net")

CLOSEST_CHECKS: Final = 0.005
"""Seconds between two looks at the deadlines, however many differ."""
_LATE: Final = "expected an answer within the deadline, got none"


class Calls(ABC):
    """What every client connection does, whatever carries its bytes."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        endpoint: Endpoint,
        max_frame: int = MAX_FRAME,
    ) -> None:
        self.endpoint = endpoint
        self.loop = loop
        self.pending: dict[int, tuple[asyncio.Future[Response], float]] = {}
        """Calls in flight: who waits, and until when."""
        self.usable = False
        """New calls may go here: connected, not closing, not asked to reconnect."""
        self.last_active = loop.time()
        self.waiting = 0
        """Calls that wait until the peer takes more."""
        self.strays = 0
        """Answers and messages that nobody waited for."""
        self.on_push: Callable[[Push], None] | None = None
        self.on_leave: Callable[[], None] | None = None
        """Told when the server wishes that new calls go elsewhere."""
        self._wire = ClientWire(max_frame)
        self._next_check = math.inf
        self._checker: asyncio.TimerHandle | None = None
        self._closed: asyncio.Future[None] = loop.create_future()

    @abstractmethod
    def write(self, frame: bytes) -> None:
        """Send one frame."""

    @abstractmethod
    def close(self) -> None:
        """Close once what was written has left."""

    @abstractmethod
    def abort(self) -> None:
        """Close at once."""

    @property
    @abstractmethod
    def is_full(self) -> bool:
        """The peer takes no more for now: wait for `writable` before sending."""

    @abstractmethod
    async def writable(self) -> None:
        """Wait until the peer takes bytes again, or the connection ends."""

    def call(
        self, names: bytes, body: bytes, timeout_ms: int, deadline: float
    ) -> tuple[int, asyncio.Future[Response]]:
        """Send a plain call; gives its id and the answer to wait for."""
        request_id = self._take_id()
        future = self._expect(request_id, deadline)
        self.write(write_request(request_id, names, body, timeout_ms))
        return request_id, future

    def request(
        self, request: Request, deadline: float
    ) -> tuple[int, asyncio.Future[Response]]:
        """Send any request that wants an answer; raises `EncodeError`."""
        request_id = request.request_id = self._take_id()
        frame = send_request(request)
        future = self._expect(request_id, deadline)
        self.write(frame)
        return request_id, future

    def notify(self, request: Request) -> None:
        """Send a one-way request."""
        request.request_id = self._take_id()
        self.write(send_request(request))

    def forget(self, request_id: int) -> None:
        """The caller waits no longer."""
        self.pending.pop(request_id, None)
        if not self.usable and not self.pending:
            self.close()

    def _take_id(self) -> int:
        request_id = self._wire.next_id()
        while request_id in self.pending:
            request_id = self._wire.next_id()
        return request_id

    def _expect(self, request_id: int, deadline: float) -> asyncio.Future[Response]:
        future: asyncio.Future[Response] = self.loop.create_future()
        self.pending[request_id] = (future, deadline)
        if deadline < self._next_check:
            self._check_at(deadline)
        return future

    def _receive(self, data: bytes) -> None:
        """Give answers to those who wait for them."""
        self.last_active = self.loop.time()
        pending = self.pending
        for event in self._wire.receive_data(data):
            if isinstance(event, Response):
                entry = pending.pop(event.request_id, None)
                if entry is None:
                    self.strays += 1
                elif not entry[0].done():
                    entry[0].set_result(event)
            else:
                self._message(event)
        if not self.usable and not pending:
            self.close()

    def _message(self, event: Push | Reconnect | Broken) -> None:
        match event:
            case Push() if self.on_push is not None:
                self.on_push(event)
            case Push():
                self.strays += 1
            case Reconnect():
                self.usable = False
                if self.on_leave is not None:
                    self.on_leave()
            case Broken(error):
                log.warning("%s closed: %s", self.endpoint.address, error)
                self._fail(lambda: DecodeError(error.reason, error.path, error.offset))
                self.abort()

    def _check_at(self, when: float) -> None:
        if self._checker is not None:
            self._checker.cancel()
        soonest = self.loop.time() + CLOSEST_CHECKS
        self._next_check = when
        self._checker = self.loop.call_at(max(when, soonest), self._check)

    def _check(self) -> None:
        """End the calls whose deadline has come; look again at the next one."""
        now = self.loop.time()
        self._checker = None
        self._next_check = math.inf
        nearest = math.inf
        for request_id, (future, deadline) in list(self.pending.items()):
            if deadline > now:
                nearest = min(nearest, deadline)
                continue
            del self.pending[request_id]
            if not future.done():
                future.set_exception(CallTimeout(Code.TIMEOUT, _LATE))
        if nearest < math.inf:
            self._check_at(nearest)
        elif not self.usable and not self.pending:
            self.close()

    def _fail(self, error: Callable[[], TarsError]) -> None:
        calls, self.pending = self.pending, {}
        for future, _ in calls.values():
            if not future.done():
                future.set_exception(error())

    def _ended(self, error: Callable[[], TarsError]) -> None:
        """The connection is no more."""
        self.usable = False
        self._fail(error)
        if self._checker is not None:
            self._checker.cancel()
        if not self._closed.done():
            self._closed.set_result(None)

    def retire(self) -> None:
        """Take no new calls; close once the last answer came."""
        self.usable = False
        if not self.pending:
            self.close()

    async def closed(self) -> None:
        """Wait for the end."""
        await asyncio.shield(self._closed)
