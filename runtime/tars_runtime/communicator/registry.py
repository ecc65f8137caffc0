"""The link of one event loop to the registry: questions, and the pushes that spare them.

The registry is also asked for itself: the addresses of its other replicas stand in when all those
that the locator names are gone.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from typing import TYPE_CHECKING, Any, Final

from tars_runtime.communicator.line import QUERY_TIMEOUT, Line
from tars_runtime.config import ClientConfig
from tars_runtime.errors import CallError, DecodeError
from tars_runtime.interfaces.tars import QueryFProxy
from tars_runtime.naming.locator import QueryLocator
from tars_runtime.naming.watch import RegistryWatch
from tars_runtime.protocol import Push

if TYPE_CHECKING:
    from tars_runtime.communicator.core import Core

__all__ = ["RegistryLink"]

log = logging.getLogger("tars.naming")

ROOM: Final = 1000
"""Pushes that may wait; one that is lost costs a refresh interval."""


class RegistryLink:
    """Asks the registry for one core, and follows what it pushes."""

    def __init__(
        self, core: Core, query: QueryFProxy, line: Line, config: ClientConfig
    ) -> None:
        self._watch = watch = RegistryWatch(query, config.module_name or "tars2py")
        self.locator = QueryLocator(query, config.node_name, on_answer=self._answered)
        self._core = core
        self._line = line
        self._interval = config.refresh_interval
        self._ask_for_itself_at = 0.0
        self._tasks: set[asyncio.Task[None]] = set()
        self._subscription = core.subscribe(line, ROOM)
        self._following = core.loop.create_task(
            watch.follow(self._pushes(), core.changed)
        )

    async def _pushes(self) -> AsyncIterator[Push]:
        while True:
            yield await self._subscription.next()

    def _answered(self, name: str) -> None:
        """The registry works: ask to be told of the object, and where else to ask."""
        self._go(self._watch.register(name))
        now = self._core.loop.time()
        if now >= self._ask_for_itself_at:
            self._ask_for_itself_at = now + self._interval
            self._go(self._find_replicas())

    async def _find_replicas(self) -> None:
        name = self._line.ref.name
        try:
            listing = await self.locator.ask(name, "group", timeout=QUERY_TIMEOUT)
        except (CallError, DecodeError) as error:
            log.debug("the registry did not tell of itself: %s", error)
        else:
            self._line.stand_by(listing.active)

    def _go(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._core.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Ask and follow no more."""
        self._core.unsubscribe(self._subscription)
        tasks = [self._following, *self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
