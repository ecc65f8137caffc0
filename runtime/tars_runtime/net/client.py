"""The client's end of a connection: requests leave together, answers find their callers.

No call has a timer of its own. The connection looks at its calls when the earliest deadline it
knew of has come, which with calls that are answered in time is once in a time-out.
"""

from __future__ import annotations

import asyncio
import logging
import math
import ssl
from collections.abc import Callable
from typing import Any, Final, cast

from tars_runtime.errors import CallTimeout, ConnectError, TarsError
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
from tars_runtime.protocol.envelope import write_request

__all__ = ["ClientConnection", "connect"]

log = logging.getLogger("tars.net")

CLOSEST_CHECKS: Final = 0.005
"""Seconds between two looks at the deadlines, however many differ."""


class ClientConnection(asyncio.Protocol):
    """One connection to one endpoint, shared by all calls that go there."""

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
        self.strays = 0
        """Answers that nobody waited for any more."""
        self.on_push: Callable[[Push], None] | None = None
        self.on_close: Callable[[ClientConnection], None] | None = None
        self._wire = ClientWire(max_frame)
        self._out: list[bytes] = []
        self._transport: asyncio.Transport | None = None
        self._next_check = math.inf
        self._checker: asyncio.TimerHandle | None = None
        self._writable: asyncio.Future[None] | None = None
        self._closed: asyncio.Future[None] = loop.create_future()

    def call(
        self, names: bytes, body: bytes, timeout_ms: int, deadline: float
    ) -> tuple[int, asyncio.Future[Response]]:
        """Send a plain call; gives its id and the answer to wait for."""
        request_id = self._take_id()
        future: asyncio.Future[Response] = self.loop.create_future()
        self.pending[request_id] = (future, deadline)
        if deadline < self._next_check:
            self._check_at(deadline)
        self.write(write_request(request_id, names, body, timeout_ms))
        return request_id, future

    def request(
        self, request: Request, deadline: float
    ) -> tuple[int, asyncio.Future[Response]]:
        """Send any request that wants an answer; raises `EncodeError`."""
        request_id = request.request_id = self._take_id()
        frame = send_request(request)
        future: asyncio.Future[Response] = self.loop.create_future()
        self.pending[request_id] = (future, deadline)
        if deadline < self._next_check:
            self._check_at(deadline)
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

    def write(self, frame: bytes) -> None:
        """Send bytes; those of one turn of the loop leave together."""
        out = self._out
        if not out:
            self.loop.call_soon(self._flush)
        out.append(frame)

    def _flush(self) -> None:
        out, self._out = self._out, []
        transport = self._transport
        if transport is None or not out:
            return
        self.last_active = self.loop.time()
        transport.write(out[0] if len(out) == 1 else b"".join(out))

    @property
    def is_full(self) -> bool:
        """The peer takes no more for now: wait for `writable` before sending."""
        return self._writable is not None

    async def writable(self) -> None:
        """Wait until the peer takes bytes again, or the connection ends."""
        while self._writable is not None:
            await asyncio.shield(self._writable)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self.usable = True

    def data_received(self, data: bytes) -> None:
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

    def _message(self, event: object) -> None:
        match event:
            case Push() if self.on_push is not None:
                self.on_push(event)
            case Push():
                self.strays += 1
            case Reconnect():
                self.usable = False
            case Broken(error):
                log.warning("%s closed: %s", self.endpoint.address, error)
                self._fail(lambda: error)
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

    def pause_writing(self) -> None:
        self._writable = self.loop.create_future()

    def resume_writing(self) -> None:
        writable, self._writable = self._writable, None
        if writable is not None and not writable.done():
            writable.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        why = f": {exc}" if exc else ""
        address = self.endpoint.address
        self._transport = None
        self.usable = False
        self._out.clear()
        self._fail(
            lambda: ConnectError(
                Code.CONNECT,
                f"expected an answer, got the end of the connection to {address}{why}",
            )
        )
        self.resume_writing()
        if self._checker is not None:
            self._checker.cancel()
        if not self._closed.done():
            self._closed.set_result(None)
        if self.on_close is not None:
            self.on_close(self)

    def _fail(self, error: Callable[[], TarsError]) -> None:
        calls, self.pending = self.pending, {}
        for future, _ in calls.values():
            if not future.done():
                future.set_exception(error())

    def retire(self) -> None:
        """Take no new calls; close once the last answer came."""
        self.usable = False
        if not self.pending:
            self.close()

    def close(self) -> None:
        """Close once what was written has left."""
        self.usable = False
        if self._out:
            self._flush()
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        self.usable = False
        if self._transport is not None:
            self._transport.abort()

    async def closed(self) -> None:
        """Wait for the end."""
        await asyncio.shield(self._closed)


_LATE: Final = "expected an answer within the deadline, got none"


async def connect(
    endpoint: Endpoint,
    *,
    tls: ssl.SSLContext | None = None,
    server_name: str = "",
    max_frame: int = MAX_FRAME,
    timeout: float | None = None,
) -> ClientConnection:
    """Connect to a ``tcp`` or ``ssl`` endpoint within ``timeout`` seconds.

    Raises `ConnectError`.
    """
    loop = asyncio.get_running_loop()
    wanted: dict[str, Any] = {}
    if endpoint.transport == "ssl":
        wanted = {"ssl": tls, "server_hostname": server_name or endpoint.host}
    if endpoint.bind:
        wanted["local_addr"] = (endpoint.bind, 0)
    try:
        async with asyncio.timeout(timeout):
            _, connection = await loop.create_connection(
                lambda: ClientConnection(loop, endpoint, max_frame),
                endpoint.host,
                endpoint.port,
                **wanted,
            )
    except TimeoutError as error:
        raise _unreachable(endpoint, f"nothing within {timeout} s") from error
    except OSError as error:
        raise _unreachable(endpoint, error.strerror or str(error)) from error
    return connection


def _unreachable(endpoint: Endpoint, why: str) -> ConnectError:
    return ConnectError(
        Code.CONNECT, f"expected a connection to {endpoint.address}, got: {why}"
    )
