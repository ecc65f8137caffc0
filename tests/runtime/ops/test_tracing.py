"""Spans around calls: one trace through client, server and the calls that a server makes."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import pytest
from Demo import GreeterProxy, Greeting
from greeter import NAME, Greeter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from tars_runtime import rpc
from tars_runtime.application import Application
from tars_runtime.communicator import Communicator
from tars_runtime.config import ServerConfig
from tars_runtime.errors import ConnectError
from tars_runtime.logs.layout import JsonLayout
from tars_runtime.tracing import client_spans, server_spans

lines: list[dict[str, Any]] = []


class Relay(Greeter):
    """Calls itself once for ``relay``, by way of its application's communicator."""

    app: Application

    async def greet(self, greeting: Greeting) -> Any:
        record = logging.makeLogRecord({"msg": "served", "levelno": 20})
        lines.append(json.loads(JsonLayout().format(record)))
        if greeting.name == "bad":
            raise rpc.ServerError(404, "unknown")
        if greeting.name == "broken":
            raise ValueError("a secret")
        if greeting.name == "relay":
            await asyncio.sleep(0)
            where = f"{NAME}@{self.app.endpoint(NAME)}"
            await self.app.communicator.proxy(GreeterProxy, where).greet(Greeting())
        return await super().greet(greeting)


@asynccontextmanager
async def traced() -> AsyncIterator[tuple[GreeterProxy, InMemorySpanExporter]]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    servant = Relay()
    servant.app = app = Application(
        ServerConfig(app="Demo", server="X"),
        interceptors=[server_spans(provider)],
        client_interceptors=[client_spans(provider)],
    )
    app.add_adapter("A", "tcp -h 127.0.0.1 -p 0", servant=NAME)
    app.add_servant(NAME, servant)
    task = asyncio.create_task(app.serve(grace=1.0))
    await app.started()
    async with Communicator(interceptors=[client_spans(provider)]) as client:
        yield client.proxy(GreeterProxy, f"{NAME}@{app.endpoint(NAME)}"), exporter
    app.shutdown()
    await task
    provider.shutdown()


async def test_one_trace_goes_through_all_calls() -> None:
    async with traced() as (greeter, exporter):
        await greeter.greet(Greeting(name="relay"))
        inner_server, inner_client, outer_server, outer_client = (
            exporter.get_finished_spans()
        )
        spans = [outer_client, outer_server, inner_client, inner_server]
        assert len({span.context.trace_id for span in spans}) == 1
        for parent, child in pairwise(spans):
            assert child.parent is not None
            assert child.parent.span_id == parent.context.span_id
        kinds = [SpanKind.CLIENT, SpanKind.SERVER] * 2
        assert [span.kind for span in spans] == kinds
        assert {span.name for span in spans} == {f"{NAME}/greet"}
        assert outer_client.attributes is not None
        assert outer_client.attributes["rpc.system"] == "tars"
        assert outer_client.attributes["server.address"] == "127.0.0.1"
        assert outer_server.attributes is not None
        assert outer_server.attributes["client.address"] == "127.0.0.1"
        assert lines[-2]["trace_id"] == f"{outer_server.context.trace_id:032x}"
        assert lines[-2]["span_id"] == f"{outer_server.context.span_id:016x}"


async def test_an_answer_with_a_code_is_an_error_to_the_caller_alone() -> None:
    async with traced() as (greeter, exporter):
        with pytest.raises(rpc.ServerError):
            await greeter.greet(Greeting(name="bad"))
        server, client = exporter.get_finished_spans()
        assert (server.status.status_code, client.status.status_code) == (
            StatusCode.UNSET,
            StatusCode.ERROR,
        )
        for span in (server, client):
            assert span.attributes is not None
            assert span.attributes["rpc.tars.return_code"] == 404


async def test_an_exception_is_an_error_at_both_ends() -> None:
    async with traced() as (greeter, exporter):
        with pytest.raises(rpc.ServerError):
            await greeter.greet(Greeting(name="broken"))
        server, client = exporter.get_finished_spans()
        assert (
            server.status.status_code is client.status.status_code is StatusCode.ERROR
        )
        assert server.events[0].name == "exception"
        assert "a secret" not in str(client.status.description)


async def test_a_call_that_reaches_nobody_is_a_span(closed_port: int) -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    async with Communicator(interceptors=[client_spans(provider)]) as client:
        nobody = client.proxy(GreeterProxy, f"{NAME}@tcp -h 127.0.0.1 -p {closed_port}")
        with pytest.raises(ConnectError):
            await nobody.greet(Greeting())
    (span,) = exporter.get_finished_spans()
    assert span.status.status_code is StatusCode.ERROR
    provider.shutdown()


def test_lines_outside_a_span_have_no_trace() -> None:
    line = json.loads(
        JsonLayout().format(logging.makeLogRecord({"msg": "alone", "levelno": 20}))
    )
    assert "trace_id" not in line
