"""Calls from code that is not async: one thread with an event loop behind all of them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

from tars_runtime.errors import UsageError

__all__ = ["BlockingLoop"]

T = TypeVar("T")


class BlockingLoop:
    """An event loop in a daemon thread, started by the first call."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    @property
    def loop(self) -> asyncio.AbstractEventLoop | None:
        """The loop, once it runs."""
        return self._loop

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run ``work`` on the loop's thread and wait for it here.

        Raises `UsageError` on a thread whose own event loop this would block.
        """
        if asyncio._get_running_loop() is not None:
            work.close()
            raise UsageError(
                "expected a blocking call on a thread without an event loop, got one on a "
                "running loop: await the async proxy there"
            )
        return asyncio.run_coroutine_threadsafe(work, self._started()).result()

    def _started(self) -> asyncio.AbstractEventLoop:
        loop = self._loop
        if loop is not None:
            return loop
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(
                    target=self._loop.run_forever, name="tars-blocking", daemon=True
                )
                self._thread.start()
            return self._loop

    def close(self) -> None:
        """End the thread."""
        with self._lock:
            loop, self._loop = self._loop, None
            thread, self._thread = self._thread, None
        if loop is not None and thread is not None:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()

    def forget(self) -> None:
        """A forked child has neither the thread nor the right to the loop."""
        self._lock = threading.Lock()
        self._loop = self._thread = None
