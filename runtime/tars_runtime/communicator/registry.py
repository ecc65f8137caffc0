"""The link of one event loop to the registry: questions, and the pushes that spare them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Final

from tars_runtime.communicator.line import Line
from tars_runtime.config import ClientConfig
from tars_runtime.interfaces.tars import QueryFProxy
from tars_runtime.naming.locator import QueryLocator
from tars_runtime.naming.watch import RegistryWatch
from tars_runtime.protocol import Push

if TYPE_CHECKING:
    from tars_runtime.communicator.core import Core

__all__ = ["RegistryLink"]

ROOM: Final = 1000
"""Pushes that may wait; one that is lost costs a refresh interval."""


class RegistryLink:
    """Asks the registry for one core, and follows what it pushes."""

    def __init__(
        self, core: Core, query: QueryFProxy, line: Line, config: ClientConfig
    ) -> None:
        watch = RegistryWatch(query, config.module_name or "tars2py")
        self.locator = QueryLocator(query, config.node_name, watch)
        self._core = core
        self._subscription = core.subscribe(line, ROOM)
        self._following = core.loop.create_task(
            watch.follow(self._pushes(), core.changed)
        )

    async def _pushes(self) -> AsyncIterator[Push]:
        while True:
            yield await self._subscription.next()

    async def close(self) -> None:
        """Ask and follow no more."""
        self._core.unsubscribe(self._subscription)
        self._following.cancel()
        await asyncio.wait([self._following])
        await self.locator.close()
