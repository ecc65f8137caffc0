"""A bounded pool of daemon threads for servant methods that are plain ``def``.

The standard library's pool joins its threads when the process ends, so that one stuck method
would keep a stopped server alive. These threads end with the process.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextvars import copy_context
from queue import SimpleQueue
from typing import Any, TypeAlias

__all__ = ["ThreadPool"]

Done: TypeAlias = Callable[[Any, BaseException | None], None]
_Work: TypeAlias = tuple[Callable[[], Any], Done]


class ThreadPool:
    """Runs functions in at most ``size`` threads and tells the loop how they ended."""

    def __init__(self, size: int, loop: asyncio.AbstractEventLoop, name: str) -> None:
        self._size = size
        self._loop = loop
        self._name = name
        self._work: SimpleQueue[_Work | None] = SimpleQueue()
        self._threads = 0
        self._busy = 0

    def submit(self, run: Callable[[], Any], done: Done) -> None:
        """Run ``run`` in a thread, then ``done(result, error)`` on the loop."""
        self._busy += 1
        if self._busy > self._threads < self._size:
            self._threads += 1
            name = f"{self._name}-{self._threads}"
            threading.Thread(target=self._serve, name=name, daemon=True).start()
        self._work.put((run, done))

    async def run(self, function: Callable[..., Any], *arguments: object) -> Any:
        """Run a function in a thread, with this task's context, and wait for it here."""
        future: asyncio.Future[Any] = self._loop.create_future()
        context = copy_context()

        def done(result: Any, error: BaseException | None) -> None:
            if future.done():
                return
            if error is None:
                future.set_result(result)
            elif isinstance(error, StopIteration):  # a future cannot carry it
                future.set_exception(RuntimeError("a function raised StopIteration"))
            else:
                future.set_exception(error)

        self.submit(lambda: context.run(function, *arguments), done)
        return await future

    def close(self) -> None:
        """Let idle threads end; busy ones end after what they do."""
        for _ in range(self._threads):
            self._work.put(None)
        self._threads = 0

    def _serve(self) -> None:
        while (work := self._work.get()) is not None:
            run, done = work
            try:
                result, error = run(), None
            except BaseException as raised:
                result, error = None, raised
            try:
                self._loop.call_soon_threadsafe(self._finish, done, result, error)
            except RuntimeError:
                return  # the loop is closed: nobody waits for this any more

    def _finish(self, done: Done, result: Any, error: BaseException | None) -> None:
        self._busy -= 1
        done(result, error)
