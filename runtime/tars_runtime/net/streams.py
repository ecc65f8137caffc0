"""A server of any protocol: a coroutine per connection, with asyncio's reader and writer.

``async def handler(reader, writer)`` serves one connection; when it returns, or raises, the
connection is closed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from tars_runtime.net.accepted import AcceptedConnection, Keeper
from tars_runtime.net.mount import Site

__all__ = ["StreamHandler", "StreamSite"]

log = logging.getLogger("tars.net")

StreamHandler: TypeAlias = Callable[
    [asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]
]


class StreamConnection(AcceptedConnection):
    """A connection whose bytes go to a stream reader."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, owner: Keeper, site: StreamSite
    ) -> None:
        super().__init__(loop, owner)
        self._site = site
        self._reader = asyncio.StreamReader(loop=loop)
        self._streams = asyncio.StreamReaderProtocol(self._reader, loop=loop)
        self._task: asyncio.Task[None] | None = None

    def began(self) -> None:
        assert self.transport is not None
        self._streams.connection_made(self.transport)
        writer = asyncio.StreamWriter(
            self.transport, self._streams, self._reader, self._loop
        )
        self.inflight = 1  # a stream server's connections are never idle
        self._task = self._site.run(self._serve(writer))

    async def _serve(self, writer: asyncio.StreamWriter) -> None:
        try:
            await self._site.handler(self._reader, writer)
        except OSError as error:
            log.debug("%s:%d broke: %s", *self.peer, error)
        except Exception:
            self._site.counters.failed += 1
            log.exception("%s: a connection's handler failed", self._site.name)
        finally:
            self.close()

    def got(self, data: bytes) -> None:
        self._streams.data_received(data)

    def eof_received(self) -> bool:
        return bool(self._streams.eof_received())

    def pause_writing(self) -> None:
        super().pause_writing()
        self._streams.pause_writing()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._streams.resume_writing()

    def ended(self) -> None:
        self._streams.connection_lost(None)


class StreamSite(Site):
    """One mounted stream server."""

    def __init__(self, name: str, handler: StreamHandler) -> None:
        super().__init__(name)
        self.handler = handler

    def connect(self, owner: Keeper) -> AcceptedConnection:
        return StreamConnection(asyncio.get_running_loop(), owner, self)
