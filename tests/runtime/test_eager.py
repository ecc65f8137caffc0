"""Coroutines that start without a Task behave as if they had one."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextvars import ContextVar, copy_context
from typing import Any
from weakref import WeakKeyDictionary

import pytest
from tars_runtime.net.eager import Ended, Started, Starter

starters: WeakKeyDictionary[asyncio.AbstractEventLoop, Starter] = WeakKeyDictionary()


def starter() -> Starter:
    """The one of this loop: what a coroutine leaves behind would be found by the next."""
    loop = asyncio.get_running_loop()
    return starters.setdefault(loop, Starter(loop))


def begin(coroutine: Coroutine[Any, Any, object]) -> object:
    return starter().start(coroutine, copy_context())


async def test_what_never_waits_gives_its_value_at_once() -> None:
    async def answer() -> int:
        return 42

    assert begin(answer()) == 42


async def test_what_raises_at_once_raises() -> None:
    async def answer() -> int:
        raise KeyError("x")

    with pytest.raises(KeyError):
        begin(answer())


async def test_the_current_task_is_the_one_that_goes_on() -> None:
    seen: list[object] = []

    async def answer() -> str:
        seen.append(asyncio.current_task())
        await asyncio.sleep(0)
        seen.append(asyncio.current_task())
        return "done"

    outer = asyncio.current_task()
    task = begin(answer())
    assert asyncio.current_task() is outer
    assert isinstance(task, Started)
    assert await task == "done"
    assert seen == [task, task]


async def test_timeouts_begun_in_the_first_step_work() -> None:
    async def answer() -> str:
        try:
            async with asyncio.timeout(0.01):
                await asyncio.sleep(10)
        except TimeoutError:
            return "late"
        return "never"

    task = begin(answer())
    assert isinstance(task, Started)
    assert await task == "late"


async def test_cancelling_reaches_what_is_awaited() -> None:
    async def answer() -> None:
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            await asyncio.sleep(0)
            raise

    task = begin(answer())
    assert isinstance(task, Started)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_cancelling_oneself_in_the_first_step_counts() -> None:
    async def answer() -> None:
        current = asyncio.current_task()
        assert current is not None
        current.cancel()
        await asyncio.sleep(0)

    task = begin(answer())
    assert isinstance(task, Started)
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_context_variables_stay_inside() -> None:
    var: ContextVar[int] = ContextVar("var", default=0)

    async def answer() -> int:
        var.set(1)
        await asyncio.sleep(0)
        return var.get()

    task = begin(answer())
    assert isinstance(task, Started)
    assert await task == 1
    assert var.get() == 0


async def test_exceptions_come_back_through_futures() -> None:
    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def answer() -> str:
        try:
            await future
        except ValueError as error:
            return str(error)
        return "none"

    task = begin(answer())
    assert isinstance(task, Started)
    future.set_exception(ValueError("told"))
    assert await task == "told"


async def test_an_exit_does_not_leave_through_the_loop() -> None:
    async def answer() -> None:
        await asyncio.sleep(0)
        raise SystemExit(3)

    task = begin(answer())
    assert isinstance(task, Started)
    with pytest.raises(Ended) as caught:
        await task
    assert isinstance(caught.value.__cause__, SystemExit)


async def test_a_first_step_may_begin_another() -> None:
    async def inner(number: int) -> tuple[int, object]:
        return number, asyncio.current_task()

    async def outer() -> tuple[object, object, object]:
        before = asyncio.current_task()
        pair = begin(inner(7))
        assert isinstance(pair, tuple)
        number, within = pair
        assert number == 7
        return before, within, asyncio.current_task()

    triple = begin(outer())
    assert isinstance(triple, tuple)
    before, within, after = triple
    assert before is after
    assert within is not before


async def test_what_a_coroutine_did_to_its_task_ends_with_it() -> None:
    async def cancels() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()

    async def looks() -> int:
        task = asyncio.current_task()
        assert task is not None
        return task.cancelling()

    async def breaks() -> None:
        raise KeyError("x")

    with pytest.raises(asyncio.CancelledError):
        begin(cancels())
    assert begin(looks()) == 0
    with pytest.raises(KeyError):
        begin(breaks())
    assert begin(looks()) == 0


async def test_threads_do_not_share_what_starts_coroutines() -> None:
    async def answer(number: int) -> int:
        return number

    async def many() -> None:
        for number in range(2000):
            assert begin(answer(number)) == number

    await asyncio.gather(*(asyncio.to_thread(asyncio.run, many()) for _ in range(4)))


async def test_a_variable_is_set_for_the_coroutine_alone() -> None:
    var: ContextVar[str] = ContextVar("var", default="outside")

    async def answer() -> tuple[str, str]:
        before = var.get()
        await asyncio.sleep(0)
        return before, var.get()

    task = starter().start(answer(), copy_context(), var, "within")
    assert await task == ("within", "within")
    assert var.get() == "outside"


async def test_a_cancel_that_was_taken_back_does_not_reach_the_next() -> None:
    async def takes_back() -> str:
        current = asyncio.current_task()
        assert current is not None
        current.cancel()
        current.uncancel()
        return "calm"

    async def waits() -> str:
        await asyncio.sleep(0)
        return "done"

    assert begin(takes_back()) == "calm"
    task = begin(waits())
    assert isinstance(task, Started)
    assert await task == "done"
