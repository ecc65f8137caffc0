"""What stands behind an adapter that does not speak TARS: who makes its connections, what runs.

A `Site` looks to the rest of the server like a dispatcher: it counts, it can be drained.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from tars_runtime.net.accepted import AcceptedConnection, Keeper
from tars_runtime.net.counters import Counters

__all__ = ["Site"]


class Site:
    """A protocol of its own behind one adapter; a subclass makes the connections."""

    waiting = 0
    """Nothing queues here: what came runs."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.counters = Counters()
        self._loop = asyncio.get_running_loop()
        self.last_request = self._loop.time()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def servants(self) -> tuple[str, ...]:
        """The object that this is served as."""
        return (self.name,)

    @property
    def running(self) -> int:
        """Requests, or connections of a stream server, that are served."""
        return len(self._tasks)

    def connect(self, owner: Keeper) -> AcceptedConnection:
        """The protocol of a new connection."""
        raise NotImplementedError

    async def start(self) -> None:
        """Before the adapter listens."""

    async def stop(self) -> None:
        """After the last connection has ended."""

    def run(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Serve a request."""
        self.counters.requests += 1
        self.last_request = self._loop.time()
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self.counters.ended += 1

    async def drain(self, timeout: float) -> int:
        """Wait until nothing runs, at most ``timeout`` seconds, then cancel; gives how many."""
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=timeout)
        left = list(self._tasks)
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=0.5)
        return len(left)
