"""Warnings that peers cause: few are logged, none is lost from the count."""

from __future__ import annotations

import asyncio
import logging

import pytest
from Demo import GreeterOneWay, GreeterProxy, Greeting
from greeter import NAME, Greeter
from tars_runtime import testing
from tars_runtime.communicator import Communicator
from tars_runtime.net.seldom import BURST, PERIOD, Seldom

LOG = logging.getLogger("test.seldom")


def test_a_burst_is_logged_and_the_rest_is_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now = 100.0
    warn = Seldom(LOG, lambda: now)
    for number in range(BURST + 7):
        warn("%d refused", number)
    warn("another kind")
    assert caplog.messages == [*(f"{n} refused" for n in range(BURST)), "another kind"]
    now += PERIOD
    warn("%d refused", 99)
    warn("%d refused", 100)
    assert caplog.messages[-2:] == [
        "99 refused (and 7 such lines before that)",
        "100 refused",
    ]


async def test_refused_connections_do_not_fill_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with testing.serving({NAME: Greeter()}, deny="127.0.0.1") as (app, _):
        host, port = app.adapters[0].listener.address
        for _ in range(BURST * 3):
            reader, writer = await asyncio.open_connection(host, port)
            assert await reader.read() == b""
            writer.close()
        assert app.adapters[0].listener.refused == BURST * 3
    assert sum("refused: not allowed" in line for line in caplog.messages) == BURST


async def test_a_refused_one_way_request_is_counted_and_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with testing.serving({NAME: Greeter()}) as (app, _), Communicator() as client:
        endpoint = app.endpoint(NAME)
        nobody = client.proxy(GreeterOneWay, f"Demo.HelloServer.NobodyObj@{endpoint}")
        await nobody.greet(Greeting())
        await client.proxy(GreeterProxy, f"{NAME}@{endpoint}").greet(Greeting())
        assert app.adapters[0].dispatcher.counters.dropped == 1
    refused = "Demo.HelloServer.NobodyObj.greet: a one-way request was refused with -4"
    assert refused in caplog.messages
