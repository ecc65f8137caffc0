"""Metrics: what is counted, added up and shown to Prometheus."""

from __future__ import annotations

import asyncio
import socket
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from Demo import GreeterOneWay, GreeterProxy, Greeting
from greeter import NAME, Greeter
from prometheus_client import Counter
from prometheus_client.parser import text_string_to_metric_families
from tars_runtime import rpc
from tars_runtime.application import Application
from tars_runtime.communicator import Communicator
from tars_runtime.config import ServerConfig
from tars_runtime.errors import ConfigError, ConnectError
from tars_runtime.metrics.figures import (
    AdapterFigures,
    Figures,
    from_json,
    summed,
    to_json,
)
from tars_runtime.metrics.table import BUCKETS, OTHER, Table


def test_calls_are_counted_by_code_and_time() -> None:
    table = Table()
    for code, seconds in [(0, 0.0001), (0, 0.0005), (0, 0.3), (7, 99.0)]:
        table.count("A.B.Obj", "greet", code, seconds)
    good, bad = table.rows()
    assert good[:3] == ("A.B.Obj", "greet", "0")
    assert good[3] == pytest.approx(0.3006)
    assert {b: n for b, n in zip(BUCKETS, good[4][:-1], strict=True) if n} == {
        0.0005: 2,
        0.5: 1,
    }
    assert bad[:3] == ("A.B.Obj", "greet", "7")
    assert bad[4][-1] == 1


def test_ever_new_codes_make_no_more_rows() -> None:
    table = Table(most=3)
    for code in range(10):
        table.count("A.B.Obj", "greet", code, 0.0)
    rows = table.rows()
    assert [row[2] for row in rows] == ["0", "1", "2", OTHER]
    assert sum(rows[-1][4]) == 7


def test_processes_are_added_up() -> None:
    parts = []
    for number in (1, 2):
        table = Table()
        table.count("A.B.Obj", "greet", 0, 0.2)
        table.count("A.B.Obj", "greet", number, 0.2)
        adapters = {"A": AdapterFigures(connections=number, requests=2)}
        part = Figures(processes=1, served=table.rows(), adapters=adapters)
        parts.append(from_json(to_json(part)))
    total = summed(parts)
    assert total.processes == 2
    assert total.adapters == {"A": AdapterFigures(connections=3, requests=4)}
    assert {row[2]: sum(row[4]) for row in total.served} == {"0": 2, "1": 1, "2": 1}
    assert next(row for row in total.served if row[2] == "0")[3] == pytest.approx(0.4)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class Choosy(Greeter):
    async def greet(self, greeting: Greeting) -> Any:
        if greeting.name == "bad":
            raise rpc.ServerError(404, "unknown")
        return await super().greet(greeting)


@asynccontextmanager
async def serving() -> AsyncIterator[tuple[Application, int]]:
    port = free_port()
    app = Application(ServerConfig(app="Demo", server="X", metrics_port=port))
    app.add_adapter("GreeterAdapter", "tcp -h 127.0.0.1 -p 0", servant=NAME)
    app.add_servant(NAME, Choosy())
    task = asyncio.create_task(app.serve(grace=1.0))
    await app.started()
    try:
        yield app, port
    finally:
        app.shutdown()
        await task


def read(port: int, path: str = "/metrics", **headers: str) -> tuple[str, str]:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    with urllib.request.urlopen(request, timeout=5) as answer:
        return answer.read().decode(), answer.headers["content-type"]


async def samples(port: int) -> dict[tuple[str, ...], float]:
    """Each sample's value by its name and its labels' values, in the order of the labels."""
    text, _ = await asyncio.to_thread(read, port)
    return {
        (
            sample.name,
            *(text for _, text in sorted(sample.labels.items())),
        ): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_the_page_shows_requests_connections_and_calls() -> None:
    own = Counter("cards_sent", "Cards that were sent.")
    own.inc(3)
    async with serving() as (app, port), Communicator() as client:
        where = f"{NAME}@{app.endpoint(NAME)}"
        greeter = client.proxy(GreeterProxy, where)
        for _ in range(2):
            await greeter.greet(Greeting(name="Ann"))
        with pytest.raises(rpc.ServerError):
            await greeter.greet(Greeting(name="bad"))
        await app.communicator.proxy(GreeterProxy, where).greet(Greeting())
        seen = await samples(port)
        assert seen["tars_server_requests_total", "0", "greet", NAME] == 3
        assert seen["tars_server_requests_total", "404", "greet", NAME] == 1
        name = "tars_server_request_duration_seconds"
        assert seen[f"{name}_count", "0", "greet", NAME] == 3
        assert seen[f"{name}_bucket", "0", "greet", "+Inf", NAME] == 3
        assert 0 < seen[f"{name}_sum", "0", "greet", NAME] < 3
        assert seen["tars_client_requests_total", "0", "greet", NAME] == 1
        assert seen["tars_adapter_connections", "GreeterAdapter"] == 2
        assert seen["tars_adapter_requests_total", "GreeterAdapter"] == 4
        assert seen["tars_adapter_failed_total", "GreeterAdapter"] == 1
        assert seen["cards_sent_total",] == 3
        assert [n for (key, *_), n in seen.items() if "processes" in key] == [1]


async def test_http_requests_are_counted_by_route_and_status() -> None:
    async def web(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body"})

    port, name = free_port(), "Demo.X.WebObj"
    app = Application(ServerConfig(app="Demo", server="X", metrics_port=port))
    endpoint = "tcp -h 127.0.0.1 -p 0"
    app.add_adapter("Web", endpoint, servant=name, protocol="not_tars")
    app.mount_asgi(name, web)
    task = asyncio.create_task(app.serve(grace=1.0))
    await app.started()
    with pytest.raises(urllib.error.HTTPError):
        await asyncio.to_thread(read, app.endpoint(name).port, "/no/such")
    shown = await samples(port)
    assert shown["tars_server_requests_total", "404", "/", name] == 1
    app.shutdown()
    await task


async def test_requests_that_run_are_shown() -> None:
    async with serving() as (app, port), Communicator() as client:
        where = f"{NAME}@{app.endpoint(NAME)}"
        await client.proxy(GreeterOneWay, where).rest()
        await client.proxy(GreeterProxy, where).greet(Greeting())
        assert (await samples(port))["tars_adapter_running", "GreeterAdapter"] == 1


async def test_openmetrics_is_spoken_to_who_asks() -> None:
    async with serving() as (_, port):
        accept = "application/openmetrics-text; version=1.0.0"
        text, kind = await asyncio.to_thread(read, port, Accept=accept)
        assert kind.startswith("application/openmetrics-text")
        assert text.endswith("# EOF\n")


@pytest.mark.parametrize(
    ("path", "method", "status"), [("/x", "GET", 404), ("/metrics", "POST", 405)]
)
async def test_there_is_nothing_else(path: str, method: str, status: int) -> None:
    async with serving() as (_, port):
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}{path}", method=method
        )

        def ask() -> int:
            try:
                with urllib.request.urlopen(request, timeout=5) as answer:
                    return int(answer.status)
            except urllib.error.HTTPError as error:
                with error:
                    return error.code

        assert await asyncio.to_thread(ask) == status


async def test_a_taken_port_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        app = Application(ServerConfig(metrics_port=port))
        app.add_adapter("A", "tcp -h 127.0.0.1 -p 0", servant=NAME)
        app.add_servant(NAME, Greeter())
        with pytest.raises(
            ConnectError, match=f"expected to listen on 127.0.0.1:{port}"
        ):
            await app.serve()


async def test_what_to_install_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    for name in [
        each for each in sys.modules if each.startswith("tars_runtime.metrics.s")
    ]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "tars_runtime.metrics.exposition", None)
    app = Application(ServerConfig(metrics_port=free_port()))
    app.add_adapter("A", "tcp -h 127.0.0.1 -p 0", servant=NAME)
    app.add_servant(NAME, Greeter())
    with pytest.raises(ConfigError, match=r"pip install 'tars2py\[metrics\]'"):
        await app.serve()
