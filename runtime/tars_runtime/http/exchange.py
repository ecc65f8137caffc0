"""One request and its answer as ASGI sees them: a scope, ``receive`` and ``send``.

The ASGI specification (HTTP, version 2.4) is the law here.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

import h11

if TYPE_CHECKING:
    from tars_runtime.http.connection import HttpConnection

__all__ = ["Exchange"]

BODY_TIME: Final = 60.0
"""Seconds that a client may be silent in the middle of a request's body."""
BODILESS: Final = frozenset((204, 304))


class Exchange:
    """A request that is being answered."""

    def __init__(
        self, connection: HttpConnection, wire: h11.Connection, request: h11.Request
    ) -> None:
        self.request = request
        self.status = 0
        """The answer's status, once the application has begun it."""
        self.closing = False
        """Set to end the connection after this answer."""
        self._connection = connection
        self._wire = wire
        self._body: deque[bytes] = deque()
        self._is_complete = False
        self._is_told = False
        """The application has been given the end of the body."""
        self._is_gone = False
        self._head: h11.Response | None = None
        self._is_over = False
        self._news = asyncio.Event()

    def scope(self, state: Mapping[str, Any]) -> dict[str, Any]:
        """What the application is told of the request."""
        request, transport = self.request, self._connection.transport
        target, _, query = request.target.partition(b"?")
        local = transport.get_extra_info("sockname") if transport else None
        secure = transport is not None and transport.get_extra_info("sslcontext")
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": request.http_version.decode("ascii"),
            "method": request.method.decode("ascii"),
            "scheme": "https" if secure else "http",
            "path": unquote(target.decode("latin-1")),
            "raw_path": target,
            "query_string": query,
            "root_path": "",
            "headers": [(bytes(name), bytes(text)) for name, text in request.headers],
            "client": self._connection.peer,
            "server": (str(local[0]), int(local[1])) if local else None,
            "state": dict(state),
        }

    @property
    def unread(self) -> int:
        """Bytes of the body that wait for the application."""
        return sum(map(len, self._body))

    def feed(self, data: bytes) -> None:
        """A part of the body has come."""
        self._body.append(data)
        self._news.set()

    def feed_end(self) -> None:
        """The body is complete."""
        self._is_complete = True
        self._news.set()

    def disconnected(self) -> None:
        """The client is gone, or sends what is no HTTP."""
        self._is_gone = True
        self._news.set()

    async def receive(self) -> dict[str, Any]:
        """The body, part by part; then, that the client is gone or the answer is over."""
        while not self._is_gone and not self._is_over:
            if self._body or (self._is_complete and not self._is_told):
                return self._next_part()
            await self._send_continue()
            await self._wait()
        return {"type": "http.disconnect"}

    def _next_part(self) -> dict[str, Any]:
        body = b"".join(self._body)
        self._body.clear()
        self._is_told = self._is_complete
        if not self._is_complete:
            self._connection.advance()
        return {"type": "http.request", "body": body, "more_body": not self._is_told}

    async def _wait(self) -> None:
        self._news.clear()
        limit = None if self._is_complete else BODY_TIME
        try:
            async with asyncio.timeout(limit):
                await self._news.wait()
        except TimeoutError:
            self._is_gone = True
            self._connection.abort()

    async def _send_continue(self) -> None:
        if self._wire.they_are_waiting_for_100_continue:
            answer = h11.InformationalResponse(status_code=100, headers=[])
            await self._write(answer)

    async def send(self, message: Mapping[str, Any]) -> None:
        """A part of the answer; raises `OSError` when the client is gone."""
        if self._is_gone:
            raise ConnectionResetError("the client is gone")
        kind = message["type"]
        if kind == "http.response.start" and not self.status:
            self._start(message)
        elif kind == "http.response.body" and self.status and not self._is_over:
            await self._send_body(message)
        else:
            where = "over" if self._is_over else "begun" if self.status else "not begun"
            raise RuntimeError(
                f"expected the next message of an answer that is {where}, got {kind}"
            )

    def _start(self, message: Mapping[str, Any]) -> None:
        self.status = int(message["status"])
        headers = [(bytes(n), bytes(t)) for n, t in message.get("headers", ())]
        if self.closing:
            headers.append((b"connection", b"close"))
        self._head = h11.Response(status_code=self.status, headers=headers)

    async def _send_body(self, message: Mapping[str, Any]) -> None:
        events: list[h11.Event] = []
        if self._head is not None:
            events.append(self._head)
            self._head = None
        body = bytes(message.get("body", b""))
        if body and self.request.method != b"HEAD" and self.status not in BODILESS:
            events.append(h11.Data(data=body))
        if not message.get("more_body", False):
            events.append(h11.EndOfMessage())
            self._is_over = True
            self._news.set()
        await self._write(*events)

    async def _write(self, *events: h11.Event) -> None:
        try:
            data = b"".join(self._wire.send(each) or b"" for each in events)
        except h11.LocalProtocolError as error:
            raise RuntimeError(f"an answer that is no HTTP: {error}") from error
        await self._connection.write(data)

    async def fail(self) -> None:
        """The application raised, or said nothing: 500 when that can still be said."""
        if self.status and self._head is None:
            self._connection.abort()
            return
        self.status, self._head = 0, None
        text = b"Internal Server Error\n"
        length = str(len(text)).encode()
        headers = [(b"content-type", b"text/plain"), (b"content-length", length)]
        await self.send(
            {"type": "http.response.start", "status": 500, "headers": headers}
        )
        await self.send({"type": "http.response.body", "body": text})

    @property
    def is_over(self) -> bool:
        """Whether the answer was sent in full."""
        return self._is_over
