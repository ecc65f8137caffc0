"""Calls from code that is not async: one thread with an event loop behind all of them.

A call costs two hand-overs between threads and little else: it starts at once on the loop's
thread, without a Task unless it waits, and the caller sleeps on a bare lock.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from contextvars import copy_context
from typing import Any, Generic, TypeVar

from tars_runtime.errors import UsageError
from tars_runtime.net.eager import Started, Starter
from tars_runtime.net.loops import new_event_loop

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
        return _Handover(work, self._started()).wait()

    def _started(self) -> asyncio.AbstractEventLoop:
        loop = self._loop
        if loop is not None:
            return loop
        with self._lock:
            if self._loop is None:
                self._loop = new_event_loop()
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


class _Handover(Generic[T]):
    """A coroutine on its way to the loop's thread, and its outcome on the way back."""

    __slots__ = ("_context", "_done", "_error", "_loop", "_result", "_task", "_work")

    def __init__(
        self, work: Coroutine[Any, Any, T], loop: asyncio.AbstractEventLoop
    ) -> None:
        self._work = work
        self._loop = loop
        self._context = copy_context()
        self._done = threading.Lock()
        self._done.acquire()
        self._task: Started | None = None
        self._result: T
        self._error: BaseException | None = None
        loop.call_soon_threadsafe(self._begin)

    def wait(self) -> T:
        """Sleep until the outcome is there; an interrupt cancels the work."""
        try:
            self._done.acquire()
        except BaseException:
            self._loop.call_soon_threadsafe(self._cancel)
            raise
        if self._error is not None:
            try:
                raise self._error
            finally:
                self._error = None
        return self._result

    def _begin(self) -> None:
        try:
            outcome = Starter(self._loop).start(self._work, self._context)
        except BaseException as error:
            self._error = error
            self._done.release()
            return
        if isinstance(outcome, Started):
            self._task = outcome
            outcome.add_done_callback(self._end)
        else:
            self._result = outcome
            self._done.release()

    def _end(self, task: Started) -> None:
        if task.cancelled():
            self._error = asyncio.CancelledError()
        else:
            self._error = task.exception()
            if self._error is None:
                self._result = task.result()
        self._done.release()

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()
