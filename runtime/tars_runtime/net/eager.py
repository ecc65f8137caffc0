"""How a coroutine starts: its first step runs at once, and a Task is made only if it suspends.

Most servant methods never wait. Running them without a Task doubles what a server can answer.
While the first step runs, `asyncio.current_task` is the very Task that would go on with it, so
that `asyncio.timeout` and libraries that look at the current task work as ever. Python 3.12 can
do this by itself; for 3.11 a Task is made empty, shown as the current one, and filled in late.

First steps are run by a generator that is kept: ``yield from`` takes a coroutine's value without
making an exception of it, which ``send`` must.
"""

from __future__ import annotations

import asyncio
import sys
import types
from asyncio.tasks import _enter_task, _leave_task
from collections.abc import Callable, Coroutine, Generator
from contextvars import Context, ContextVar
from typing import Any

__all__ = ["Ended", "Started", "Starter", "guard"]


class Ended(Exception):
    """A coroutine raised `SystemExit` or `KeyboardInterrupt` (``__cause__``) as a Task.

    A Task would let these out of the event loop, past everything that wants to end in order.
    """


class Started(asyncio.Task[Any]):
    """A coroutine that suspended in its first step; awaited like any Task."""

    __slots__ = ("asked",)

    asked: bool
    """`cancel` was called."""

    def cancel(self, msg: Any | None = None) -> bool:
        self.asked = True
        return super().cancel(msg)


class Steps:
    """What runs a first step: an empty Task to show, and the generator that takes coroutines."""

    __slots__ = ("ended", "send", "task", "throw")

    send: Callable[[Any], Any]
    throw: Callable[[BaseException], Any]

    def __init__(self) -> None:
        self.task: Started = Started.__new__(Started)
        self.task.asked = False
        self.ended = False
        """The coroutine has ended: what the generator gave is its value."""
        steps = _steps(self)
        steps.send(None)
        self.send, self.throw = steps.send, steps.throw


@types.coroutine
def _steps(steps: Steps) -> Generator[Any, Any, None]:
    """Take coroutines; yield what each awaits, then its value with ``ended`` set."""
    value = None
    while True:
        variable, content, coroutine = yield value
        if variable is not None:
            variable.set(content)
        value = yield from coroutine
        steps.ended = True


class LateStarter:
    """Starts coroutines on one loop."""

    __slots__ = ("_loop", "_spare")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._spare: Steps | None = None
        """What ran a coroutine to its end can run another."""

    def start(
        self,
        coroutine: Coroutine[Any, Any, Any],
        context: Context,
        variable: ContextVar[Any] | None = None,
        content: Any = None,
    ) -> Any:
        """Run the first step of a coroutine in ``context``, where ``variable`` gets its content.

        Returns its value when it finished, or the `Started` Task that will; raises what it raised.
        """
        steps, loop = self._spare or Steps(), self._loop
        self._spare = outer = None
        task = steps.task
        try:
            _enter_task(loop, task)
        except RuntimeError:  # called within a Task: it makes way
            outer = asyncio.current_task(loop)
            assert outer is not None
            _leave_task(loop, outer)
            _enter_task(loop, task)
        try:
            outcome = context.run(steps.send, (variable, content, coroutine))
        finally:
            _leave_task(loop, task)
            if outer is not None:
                _enter_task(loop, outer)
        if not steps.ended:
            return _go_on(steps, outcome, loop, context)
        if not task.asked:
            steps.ended = False
            self._spare = steps
        elif task.cancelling():
            raise asyncio.CancelledError  # as a Task that cancelled itself ends
        return outcome


def _go_on(
    steps: Steps,
    awaited: Any,
    loop: asyncio.AbstractEventLoop,
    context: Context,
) -> Started:
    """Fill in the Task that was shown as the current one."""
    task = steps.task
    cancelled = task.cancelling()
    task.__init__(  # type: ignore[misc]  # the Task is filled in only now, see above
        _resume(steps, awaited), loop=loop, context=context
    )
    if cancelled:
        task.cancel()
    return task


async def _resume(steps: Steps, awaited: Any) -> Any:
    try:
        return await _drive(steps, awaited)
    except (SystemExit, KeyboardInterrupt) as error:
        raise Ended from error


async def guard(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Await a coroutine as `start` does, from its beginning."""
    try:
        return await coroutine
    except (SystemExit, KeyboardInterrupt) as error:
        raise Ended from error


@types.coroutine
def _drive(steps: Steps, awaited: Any) -> Generator[Any, Any, Any]:
    """Yield what the first step awaited, then everything else the coroutine awaits."""
    while not steps.ended:
        try:
            value = yield awaited
        except BaseException as error:
            awaited = steps.throw(error)
        else:
            awaited = steps.send(value)
    return awaited


class NativeStarter:
    """The same for Python 3.12 and later, which starts Tasks at once by itself."""

    __slots__ = ("_loop",)

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def start(
        self,
        coroutine: Coroutine[Any, Any, Any],
        context: Context,
        variable: ContextVar[Any] | None = None,
        content: Any = None,
    ) -> Any:
        """As `LateStarter.start`."""
        if variable is not None:
            context.run(variable.set, content)
        task = Started(
            guard(coroutine), loop=self._loop, context=context, eager_start=True  # type: ignore[call-arg]  # 3.12
        )
        return task.result() if task.done() else task


if sys.version_info >= (3, 12):
    Starter = NativeStarter
else:
    Starter = LateStarter
