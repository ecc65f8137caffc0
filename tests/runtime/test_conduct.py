"""What a listener bears: idle, slow and dripping connections, judged without a clock."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest
from Demo import Greeting
from greeter import NAME, Greeter
from pair import until
from tars_runtime.net import conduct
from tars_runtime.net.conduct import Limits, is_dripping, is_idle, is_slow, pause
from tars_runtime.protocol import Request, send_request
from victim import MEBIBYTE, under_attack


@dataclass
class Line:
    """A connection's figures."""

    peer: tuple[str, int] = ("", 0)
    inflight: int = 0
    last_active: float = 0.0
    received: int = 0
    sent: int = 0
    taken: int = 0
    slow_checks: int = 0
    unfinished_since: float = 0.0
    backlog: int = 0

    def close(self) -> None: ...
    def abort(self) -> None: ...


LIMITS = Limits(
    idle_timeout=10, request_timeout=5, backlog_limit=1000, backlog_least=100
)


def test_far_behind_and_taking_nothing_three_times_in_a_row_is_slow() -> None:
    line = Line(sent=5000, backlog=2000)
    assert not is_slow(line, LIMITS), "it has taken 3000 until now"
    assert [is_slow(line, LIMITS) for _ in range(3)] == [False, False, True]


def test_a_reader_that_takes_something_is_borne() -> None:
    line = Line(sent=5000, backlog=2000)
    for _ in range(9):
        line.sent += 150
        assert not is_slow(line, LIMITS)
    for _ in range(2):
        assert not is_slow(line, LIMITS)
    line.sent += 150
    assert not is_slow(line, LIMITS), "counted anew"
    assert line.slow_checks == 0


def test_a_reader_that_is_little_behind_is_borne() -> None:
    line = Line(sent=5000, backlog=999)
    assert not any(is_slow(line, LIMITS) for _ in range(9))


def test_who_is_owed_an_answer_is_not_idle() -> None:
    assert not is_idle(Line(last_active=5), LIMITS, 15)
    assert is_idle(Line(last_active=5), LIMITS, 15.1)
    assert not is_idle(Line(last_active=5, inflight=1), LIMITS, 99)
    assert not is_idle(Line(), Limits(idle_timeout=0), 10**9)


def test_a_request_has_a_time_to_arrive_in() -> None:
    assert not is_dripping(Line(unfinished_since=5), LIMITS, 10)
    assert is_dripping(Line(unfinished_since=5), LIMITS, 10.1)
    assert not is_dripping(Line(), LIMITS, 99), "nothing is unfinished"
    assert not is_dripping(Line(unfinished_since=5), Limits(request_timeout=0), 99)


def test_short_limits_are_looked_at_more_often() -> None:
    assert pause(Limits(idle_timeout=60)) == conduct.SWEEP
    assert pause(Limits(idle_timeout=4)) == 1
    assert pause(Limits(idle_timeout=0.01)) == 0.05
    assert pause(Limits(idle_timeout=0, request_timeout=0)) == conduct.SWEEP


async def test_a_running_server_closes_a_reader_that_takes_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings = {"backlog_limit": MEBIBYTE, "request_timeout": 0.2}  # looks every 50 ms
    async with under_attack(**settings) as victim:
        body = Greeter.__tars__[0].arguments.build((Greeting(name="x" * 8 * MEBIBYTE),))
        ask = send_request(
            Request(request_id=1, servant=NAME, function="greet", body=body)
        )
        _, writer = await asyncio.open_connection("127.0.0.1", victim.port, limit=1024)
        writer.write(ask)
        await writer.drain()
        connections = victim.app.adapters[0].listener.connections
        await until(lambda: bool(victim.servant.seen) and not connections)
        assert "closed: takes no answers" in caplog.text
        await victim.still_answers()
        writer.transport.abort()  # type: ignore[attr-defined]  # a socket's
