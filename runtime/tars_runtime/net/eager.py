"""How a coroutine starts: its first step runs at once, and a Task is made only if it suspends.

Most servant methods never wait. Running them without a Task doubles what a server can answer.
While the first step runs, `asyncio.current_task` is the very Task that would go on with it, so
that `asyncio.timeout` and libraries that look at the current task work as ever. Python 3.12 can
do this by itself; for 3.11 a Task is made empty, shown as the current one, and filled in late.
"""

from __future__ import annotations

import asyncio
import sys
import types
from asyncio.tasks import _enter_task, _leave_task
from collections.abc import Coroutine, Generator
from contextvars import Context
from typing import Any

__all__ = ["Ended", "Started", "guard", "start"]


class Ended(Exception):
    """A coroutine raised `SystemExit` or `KeyboardInterrupt` (``__cause__``) as a Task.

    A Task would let these out of the event loop, past everything that wants to end in order.
    """


class Started(asyncio.Task[Any]):
    """A coroutine that suspended in its first step; awaited like any Task."""

    __slots__ = ()


def _start_late(
    coroutine: Coroutine[Any, Any, Any],
    loop: asyncio.AbstractEventLoop,
    context: Context,
) -> Any:
    task: Started = Started.__new__(Started)
    outer = None
    try:
        _enter_task(loop, task)
    except RuntimeError:  # called within a Task: it makes way
        outer = asyncio.current_task(loop)
        assert outer is not None
        _leave_task(loop, outer)
        _enter_task(loop, task)
    try:
        awaited = context.run(coroutine.send, None)
    except StopIteration as stop:
        return stop.value
    finally:
        _leave_task(loop, task)
        if outer is not None:
            _enter_task(loop, outer)
    cancelled = task.cancelling()
    task.__init__(  # type: ignore[misc]  # the Task is filled in only now, see above
        _resume(coroutine, awaited), loop=loop, context=context
    )
    if cancelled:
        task.cancel()
    return task


async def _resume(coroutine: Coroutine[Any, Any, Any], awaited: Any) -> Any:
    try:
        return await _drive(coroutine, awaited)
    except (SystemExit, KeyboardInterrupt) as error:
        raise Ended from error


async def guard(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Await a coroutine as `start` does, from its beginning."""
    try:
        return await coroutine
    except (SystemExit, KeyboardInterrupt) as error:
        raise Ended from error


@types.coroutine
def _drive(
    coroutine: Coroutine[Any, Any, Any], awaited: Any
) -> Generator[Any, Any, Any]:
    """Yield what the first step awaited, then everything else the coroutine awaits."""
    try:
        while True:
            try:
                value = yield awaited
            except BaseException as error:
                awaited = coroutine.throw(error)
            else:
                awaited = coroutine.send(value)
    except StopIteration as stop:
        return stop.value


def _start_native(
    coroutine: Coroutine[Any, Any, Any],
    loop: asyncio.AbstractEventLoop,
    context: Context,
) -> Any:
    task = Started(guard(coroutine), loop=loop, context=context, eager_start=True)  # type: ignore[call-arg]  # 3.12
    return task.result() if task.done() else task


start = _start_native if sys.version_info >= (3, 12) else _start_late
"""Run the first step of a coroutine in ``context``.

Returns its value when it finished, or the `Started` Task that will; raises what it raised.
"""
