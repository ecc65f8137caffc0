"""Waits that end, each at its own time, by one timer."""

from __future__ import annotations

import asyncio

from tars_registry.core.patience import Patience


async def test_what_is_not_done_in_time_is_given_up_and_nothing_else() -> None:
    loop = asyncio.get_running_loop()
    given_up: list[tuple[int, float]] = []
    ended = asyncio.Event()

    def give_up(future: asyncio.Future[int]) -> None:
        given_up.append((futures.index(future), loop.time()))
        if len(given_up) == 2:
            ended.set()

    patience = Patience(0.05, give_up)
    futures = [loop.create_future() for _ in range(4)]
    began = loop.time()
    for future in futures[:3]:
        patience.watch(future)
    futures[1].set_result(0)
    loop.call_later(0.02, patience.watch, futures[3])
    loop.call_later(0.03, futures[0].set_result, 0)
    await asyncio.wait_for(ended.wait(), 5)
    assert [number for number, _ in given_up] == [2, 3]
    first, second = (at - began for _, at in given_up)
    assert first >= 0.05
    assert second >= 0.07
    patience.watch(late := loop.create_future())
    futures.append(late)
    ended.clear()
    await asyncio.sleep(0.1)
    assert given_up[-1][0] == 4, "it begins anew after everything was settled"
