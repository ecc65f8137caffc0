"""Trace lines and cookies: what is written at both ends, and what goes down the chain."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from Demo import GreeterOneWay, GreeterProxy, Greeting
from greeter import NAME, Greeter
from tars_runtime import rpc
from tars_runtime.application import Application
from tars_runtime.communicator import Communicator
from tars_runtime.communicator.trace import next_span
from tars_runtime.config import ServerConfig
from tars_runtime.errors import ServerError
from tars_runtime.tracelog import TraceKey, TraceLog, new_key

LINES = logging.getLogger("test.trace")


class Relay(Greeter):
    """Calls its own object once for ``relay``."""

    app: Application

    async def greet(self, greeting: Greeting) -> Any:
        if greeting.name == "relay":
            where = f"{NAME}@{self.app.endpoint(NAME)}"
            inner = self.app.communicator.proxy(GreeterProxy, where)
            await inner.greet(Greeting(name="Ann"))
        return await super().greet(greeting)


@asynccontextmanager
async def traced() -> AsyncIterator[tuple[Any, Communicator, Relay]]:
    trace = TraceLog(LINES, "Demo.HelloServer")
    servant = Relay()
    servant.app = app = Application(
        ServerConfig(app="Demo", server="HelloServer"),
        interceptors=[trace.served],
        client_interceptors=[rpc.pass_cookies, trace.called],
    )
    app.add_adapter("A", "tcp -h 127.0.0.1 -p 0 -t 60000", servant=NAME)
    app.add_servant(NAME, servant)
    serving = asyncio.create_task(app.serve(grace=0.5))
    await app.started()
    mine = TraceLog(LINES, "Demo.Client")
    async with Communicator(interceptors=[mine.called]) as client:
        where = f"{NAME}@{app.endpoint(NAME)}"
        yield client.proxy(GreeterProxy, where), client, servant
    app.shutdown()
    await serving


def carrying(**status: str) -> rpc.CallOptions:
    return rpc.CallOptions(status=status)


def fields(caplog: pytest.LogCaptureFixture) -> list[list[str]]:
    return [r.getMessage().split("|") for r in caplog.records if r.name == LINES.name]


async def test_a_trace_is_written_at_every_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    async with traced() as (greeter, _, _):
        key = "f-abc|span0"
        await greeter.greet(
            Greeting(name="relay"), options=carrying(STATUS_TRACE_KEY=key)
        )
    lines = fields(caplog)
    assert [line[3] for line in lines] == [
        "cs",
        "sr",
        "cs",
        "sr",
        "ss",
        "cr",
        "ss",
        "cr",
    ]
    assert {line[0] for line in lines} == {"f-abc"}
    outer, inner = lines[0], lines[2]
    assert outer[1:3] == ["span0", "span0"], "who begins is its own parent"
    assert lines[1][1:3] == ["span0", "*"]
    assert inner[2] == "span0"
    assert inner[1] != "span0", "a call has a span of its own"
    assert lines[3][1:3] == [inner[1], "*"]
    assert outer[4:7] == ["Demo.Client", NAME, "greet"]
    assert lines[1][4:7] == ["", "Demo.HelloServer", "greet"]
    assert re.fullmatch(r"\d{13}", outer[7])
    assert json.loads(base64.b64decode(outer[9]))["greeting"]["name"] == "relay"
    answer = json.loads(base64.b64decode(lines[4][9]))
    assert answer[""] == 3
    assert answer["text"] == "hello Ann"


async def test_bodies_and_errors(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with traced() as (greeter, client, servant):
        with pytest.raises(ServerError):
            await greeter.greet(
                Greeting(name="code"), options=carrying(STATUS_TRACE_KEY="2-a|b|c")
            )
        long = Greeting(name="x" * 2000)
        await greeter.greet(long, options=carrying(STATUS_TRACE_KEY="1-a|b"))
        await greeter.greet(long, options=carrying(STATUS_TRACE_KEY="1.3-a|b"))
        one_way = client.proxy(GreeterOneWay, f"{NAME}@{servant.app.endpoint(NAME)}")
        await one_way.greet(Greeting(), options=carrying(STATUS_TRACE_KEY="0-once|b"))
        await greeter.greet(Greeting(), options=carrying(STATUS_TRACE_KEY="no key"))
        await greeter.greet(Greeting())
    first, second, third = (fields(caplog)[at : at + 4] for at in (0, 4, 8))
    assert [line[3] for line in first] == ["cs", "sr", "ss", "cr"]
    assert [line[1] for line in first] == ["c", "c", "c", "c"]
    assert [line[8:] for line in first[:2]] == [["0", "", ""]] * 2
    assert first[2][8:] == ["77", "", "not today"]
    assert first[3][8] == "77"
    assert base64.b64decode(second[0][9]) == b'{"trace_param_over_max_len":true}'
    assert json.loads(base64.b64decode(third[0][9]))["greeting"]["name"] == long.name
    rest = fields(caplog)[12:]
    assert {line[0] for line in rest} == {"0-once"}
    assert [line[3] for line in rest] == ["cs", "sr", "ss"], "nothing comes back"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("f.2-t|s", TraceKey("f.2-t", "s", 15, 2)),
        ("t|s", TraceKey("t", "s", 0, 0)),
        ("g-t|s", TraceKey("g-t", "s", 0, 0)),
        ("1f-t|s", TraceKey("1f-t", "s", 0, 0)),
        ("1.x-t|s", TraceKey("1.x-t", "s", 1, 0)),
        ("t", None),
        ("|s", None),
        ("a|b|c|d", None),
        ("", None),
    ],
)
def test_keys(text: str, expected: TraceKey | None) -> None:
    assert TraceKey.parse(text) == expected
    assert bool(next_span(text)) == (expected is not None)


def test_a_new_key_is_one() -> None:
    key = TraceKey.parse(new_key(bodies=5, kilobytes=4))
    assert key is not None
    assert (key.bodies, key.kilobytes) == (5, 4)
    assert new_key() != new_key()


async def test_cookies_go_on_where_that_was_asked_for() -> None:
    async with traced() as (greeter, _, servant):
        given = {"shard": "7", "Status_x": "no", "STATUS_GRID_KEY": "g"}
        await greeter.greet(Greeting(name="relay"), options=carrying(**given))
    inner = servant.seen[0]
    assert dict(inner.status) == {"shard": "7"}
