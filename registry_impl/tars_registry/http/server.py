"""A small HTTP/1.1 server for read-only pages: one request a connection, bounded throughout."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl, urlsplit

__all__ = ["HttpServer", "Page", "Pages"]

log = logging.getLogger(__name__)

HEAD_BYTES: Final = 16 * 1024
"""A request's line and headers together."""

SECONDS: Final = 10.0
"""How long a client may take to ask and to read."""

CONNECTIONS: Final = 200

FAREWELL: Final = 1.0
"""Seconds that requests have to end in when the server closes."""


@dataclass(frozen=True, slots=True)
class Page:
    """An answer."""

    body: str
    content_type: str = "application/json"
    status: HTTPStatus = HTTPStatus.OK


Pages = Callable[[str, dict[str, str]], Awaitable[Page | None]]
"""The page of a path and its query; ``None`` when there is none."""


class HttpServer:
    """Serves pages until closed."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self._server: asyncio.Server | None = None
        self._open = 0
        self._idle = asyncio.Event()
        self._idle.set()

    async def listen(self, host: str, port: int) -> int:
        """Open the port, returns it; raises `OSError`."""
        self._server = await asyncio.start_server(
            self._serve, host, port, limit=HEAD_BYTES
        )
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Stop listening; requests that are being answered have a second to end."""
        if self._server is not None:
            self._server.close()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._idle.wait(), FAREWELL)

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._open += 1
        self._idle.clear()
        try:
            async with asyncio.timeout(SECONDS):
                writer.write(await self._answer(reader))
                await writer.drain()
        except (TimeoutError, ConnectionError):
            log.debug("an HTTP client was too slow, or went away")
        finally:
            self._open -= 1
            if not self._open:
                self._idle.set()
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader) -> bytes:
        if self._open > CONNECTIONS:
            return _message(_plain(HTTPStatus.SERVICE_UNAVAILABLE))
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return _message(_plain(HTTPStatus.BAD_REQUEST))
        words = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
        if len(words) != 3 or not words[2].startswith("HTTP/1."):
            return _message(_plain(HTTPStatus.BAD_REQUEST))
        if words[0] not in ("GET", "HEAD"):
            return _message(_plain(HTTPStatus.METHOD_NOT_ALLOWED))
        return _message(await self._page(words[1]), body=words[0] == "GET")

    async def _page(self, target: str) -> Page:
        try:
            parts = urlsplit(target)
            query = dict(parse_qsl(parts.query, max_num_fields=20))
            page = await self._pages(parts.path, query)
        except ValueError as error:
            return _plain(HTTPStatus.BAD_REQUEST, str(error))
        except Exception:
            log.exception("the page %r failed", target[:200])
            return _plain(HTTPStatus.INTERNAL_SERVER_ERROR)
        return page or _plain(HTTPStatus.NOT_FOUND)


def _plain(status: HTTPStatus, text: str = "") -> Page:
    return Page(f"{text or status.phrase}\n", "text/plain; charset=utf-8", status)


def _message(page: Page, *, body: bool = True) -> bytes:
    content = page.body.encode()
    head = (
        f"HTTP/1.1 {page.status.value} {page.status.phrase}\r\n"
        f"Content-Type: {page.content_type}\r\n"
        f"Content-Length: {len(content)}\r\n"
        f"Date: {formatdate(usegmt=True)}\r\n"
        "Cache-Control: no-store\r\n"
        "Connection: close\r\n\r\n"
    )
    return head.encode() + (content if body else b"")
