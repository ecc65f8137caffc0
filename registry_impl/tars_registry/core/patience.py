"""Waits that end: futures are given up after a while, by one timer for all of them.

All wait equally long, so they are given up in the order in which they came.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

__all__ = ["Patience"]

Waited = asyncio.Future[Any]


class Patience:
    """Calls ``give_up`` with futures that are not done ``seconds`` after they were watched."""

    def __init__(self, seconds: float, give_up: Callable[[Waited], None]) -> None:
        self._seconds = seconds
        self._give_up = give_up
        self._waiting: deque[tuple[float, Waited]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, future: Waited) -> None:
        """Give this one up if it is not done in time."""
        loop = future.get_loop()
        limit = loop.time() + self._seconds
        self._waiting.append((limit, future))
        if self._timer is None:
            self._timer = loop.call_at(limit, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        self._timer = None
        while self._waiting:
            limit, future = self._waiting[0]
            if not future.done():
                if limit > now:
                    self._timer = loop.call_at(limit, self._look, loop)
                    return
                self._give_up(future)
            self._waiting.popleft()
