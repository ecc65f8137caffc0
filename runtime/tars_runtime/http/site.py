"""An ASGI application behind an adapter: runs it for each request, counts, and stops in order."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from tars_runtime.http.connection import HttpConnection
from tars_runtime.http.exchange import Exchange
from tars_runtime.http.lifespan import AsgiApp, Lifespan
from tars_runtime.http.observers import GONE, HttpObserver, route_of
from tars_runtime.net.accepted import AcceptedConnection, Keeper
from tars_runtime.net.mount import Site

__all__ = ["AsgiSite"]

log = logging.getLogger("tars.http")


class AsgiSite(Site):
    """One mounted application."""

    def __init__(
        self, name: str, app: AsgiApp, observers: Sequence[HttpObserver] = ()
    ) -> None:
        super().__init__(name)
        self._app = app
        self._observers = observers
        self._lifespan = Lifespan(app, name)
        self._is_stopping = False

    async def start(self) -> None:
        await self._lifespan.start()

    async def stop(self) -> None:
        await self._lifespan.stop()

    def connect(self, owner: Keeper) -> AcceptedConnection:
        return HttpConnection(asyncio.get_running_loop(), owner, self._begin)

    async def drain(self, timeout: float) -> int:
        self._is_stopping = True
        return await super().drain(timeout)

    def _begin(self, exchange: Exchange) -> asyncio.Future[None]:
        exchange.closing = self._is_stopping
        return self.run(self._answer(exchange))

    async def _answer(self, exchange: Exchange) -> None:
        scope = exchange.scope(self._lifespan.state)
        begun = self._loop.time()
        try:
            await self._app(scope, exchange.receive, exchange.send)
        except OSError as error:
            log.debug("%s: the client went: %s", self.name, error)
        except Exception:
            log.exception("%s: %s %s failed", self.name, scope["method"], scope["path"])
        if not exchange.is_over:
            with suppress(OSError):
                await exchange.fail()
        if exchange.status >= 500:
            self.counters.failed += 1
        if self._observers:
            status = exchange.status or GONE
            self._observe(scope, status, self._loop.time() - begun)

    def _observe(self, scope: Mapping[str, Any], status: int, seconds: float) -> None:
        """Tell the observers; what they raise is their own affair."""
        route, client = route_of(scope, status), scope["client"][0]
        for observe in self._observers:
            try:
                observe(
                    self.name,
                    route,
                    status,
                    seconds,
                    client,
                    scope["server"] or ("", 0),
                )
            except Exception:
                log.exception("an observer of %s failed", self.name)
