"""HTTP servants: ASGI applications on an adapter, asked by the standard library and by hand."""

from __future__ import annotations

import asyncio
import http.client
import json
import logging
import ssl
import urllib.request
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from typing import Any

import pytest
from Demo import GreeterProxy, Greeting
from greeter import NAME, Greeter
from tars_runtime.application import Application
from tars_runtime.communicator import Communicator
from tars_runtime.config import ServerConfig
from tars_runtime.errors import ConfigError, UsageError
from tars_runtime.http import connection, exchange
from tars_runtime.net import accepted

from tests.certificates import needs_openssl, self_signed

WEB = "Demo.HelloServer.WebObj"


async def site(scope: Any, receive: Any, send: Any) -> None:
    """An application that answers by path."""
    if scope["type"] == "lifespan":
        await lifespan(scope, receive, send)
        return
    path = scope["path"]
    if path == "/raise":
        raise ValueError("broken")
    if path == "/silent":
        return
    if path == "/half":
        await start(send, 200, (b"content-length", b"10"))
        await send({"type": "http.response.body", "body": b"12", "more_body": True})
        raise ValueError("broken")
    if path == "/wait":
        scope["state"]["waiting"].set()
        assert (await receive())["type"] == "http.request"
        scope["state"]["gone"].append((await receive())["type"])
        return
    if path == "/endless":
        await endless(scope["state"], send)
        return
    if path == "/slow":
        scope["state"]["waiting"].set()
        await asyncio.sleep(0.2)
    body = b""
    while True:
        part = await receive()
        body += part["body"]
        if not part["more_body"]:
            break
    seen = {
        "method": scope["method"],
        "path": path,
        "query": scope["query_string"].decode(),
        "body": len(body),
        "headers": {name.decode(): text.decode() for name, text in scope["headers"]},
        "scheme": scope["scheme"],
        "client": scope["client"][0],
    }
    await start(send, 404 if path == "/lost" else 200)
    text = json.dumps(seen).encode()
    await send({"type": "http.response.body", "body": text[:7], "more_body": True})
    await send({"type": "http.response.body", "body": text[7:]})


async def endless(state: dict[str, Any], send: Any) -> None:
    await start(send, 200)
    piece = {"type": "http.response.body", "body": bytes(100_000), "more_body": True}
    try:
        while True:
            await send(piece)
    except OSError as error:
        state["gone"].append(str(error))


async def start(send: Any, status: int, *headers: tuple[bytes, bytes]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})


async def lifespan(scope: Any, receive: Any, send: Any) -> None:
    scope["state"].update(waiting=asyncio.Event(), gone=[])
    assert (await receive())["type"] == "lifespan.startup"
    STATES.append(scope["state"])
    await send({"type": "lifespan.startup.complete"})
    assert (await receive())["type"] == "lifespan.shutdown"
    scope["state"]["stopped"] = True
    await send({"type": "lifespan.shutdown.complete"})


STATES: list[dict[str, Any]] = []


@asynccontextmanager
async def serving(
    asgi_app: Any = site, **settings: Any
) -> AsyncIterator[tuple[Application, int]]:
    app = Application(ServerConfig(app="Demo", server="HelloServer"))
    made = {"endpoint": "tcp -h 127.0.0.1 -p 0 -t 60000", "protocol": "not_tars"}
    app.add_adapter("WebAdapter", servant=WEB, **{**made, **settings})
    app.mount_asgi(WEB, asgi_app)
    app.add_adapter("GreeterAdapter", "tcp -h 127.0.0.1 -p 0", servant=NAME)
    app.add_servant(NAME, Greeter())
    task = asyncio.create_task(app.serve(grace=1.0))
    starting = asyncio.create_task(app.started())
    await asyncio.wait([task, starting], return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        starting.cancel()
        task.result()
    try:
        yield app, app.endpoint(WEB).port
    finally:
        app.shutdown()
        await task


def ask(port: int, *requests: tuple[Any, ...]) -> list[tuple[int, bytes]]:
    """Answers to requests on one connection."""
    answers = []
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as client:
        for method, path, *rest in requests:
            client.request(method, path, *rest)
            with client.getresponse() as answer:
                answers.append((answer.status, answer.read()))
    return answers


async def fetch(port: int, *requests: tuple[Any, ...]) -> list[tuple[int, bytes]]:
    return await asyncio.to_thread(ask, port, *requests)


async def raw(port: int, data: bytes) -> bytes:
    """What comes back for bytes, until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    try:
        return await asyncio.wait_for(reader.read(), 5)
    finally:
        writer.close()


async def test_requests_on_one_connection() -> None:
    async with serving() as (app, port):
        answers = await fetch(
            port,
            ("GET", "/a%20b?x=1&y"),
            ("POST", "/up", b"x" * 300_000),
            ("GET", "/lost"),
            ("HEAD", "/head"),
        )
        first, second = (json.loads(body) for _, body in answers[:2])
        assert [status for status, _ in answers] == [200, 200, 404, 200]
        assert (first["path"], first["query"]) == ("/a b", "x=1&y")
        assert (first["scheme"], first["client"]) == ("http", "127.0.0.1")
        assert second["body"] == 300_000
        assert answers[3][1] == b""
        adapter = app.adapters[0]
        assert adapter.listener.accepted == 1
        assert adapter.dispatcher.counters.requests == 4


async def test_tars_is_served_beside() -> None:
    async with serving() as (app, _), Communicator() as client:
        greeter = client.proxy(GreeterProxy, f"{NAME}@{app.endpoint(NAME)}")
        assert (await greeter.greet(Greeting(name="Ann"))).ret == 3


@pytest.mark.parametrize("path", ["/raise", "/silent"])
async def test_an_application_that_fails_is_500_and_no_text(
    path: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving() as (app, port):
        answers = await fetch(port, ("GET", path), ("GET", "/fine"))
        assert answers[0] == (500, b"Internal Server Error\n")
        assert answers[1][0] == 200
        assert app.adapters[0].dispatcher.counters.failed == 1
    assert ("GET /raise failed" in caplog.text) == (path == "/raise")


async def test_half_an_answer_is_cut_off() -> None:
    async with serving() as (_, port):
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            await fetch(port, ("GET", "/half"))
        assert (await fetch(port, ("GET", "/fine")))[0][0] == 200


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (b"\x00\x00\x00\x05\x00garbage\r\n\r\n", b"HTTP/1.1 400 "),
        (b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 400 "),
        (b"GET /" + b"a" * 80_000, b"HTTP/1.1 431 "),
        (b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n", b"HTTP/1.1 400 "),
    ],
    ids=["garbage", "no host", "long head", "negative length"],
)
async def test_what_is_no_http_is_refused(data: bytes, answer: bytes) -> None:
    async with serving() as (_, port):
        assert (await raw(port, data)).startswith(answer)
        assert (await fetch(port, ("GET", "/fine")))[0][0] == 200


@needs_openssl
async def test_https_is_spoken_on_an_ssl_endpoint(tmp_path: Path) -> None:
    key, cert = tmp_path / "web.key", tmp_path / "web.pem"
    await asyncio.to_thread(self_signed, tmp_path, "web", "IP:127.0.0.1")
    async with serving(
        endpoint="ssl -h 127.0.0.1 -p 0 -t 60000", cert=str(cert), key=str(key)
    ) as (_, port):
        trusting = ssl.create_default_context(cafile=str(cert))

        def get() -> Any:
            url = f"https://127.0.0.1:{port}/"
            with urllib.request.urlopen(url, timeout=5, context=trusting) as answer:
                return json.load(answer)

        assert (await asyncio.to_thread(get))["scheme"] == "https"


async def test_pipelined_requests_are_answered_in_order() -> None:
    one = b"GET /%d HTTP/1.1\r\nhost: x\r\n\r\n"
    last = b"GET /3 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    async with serving() as (_, port):
        answers = await raw(port, one % 1 + one % 2 + last)
        assert [answers.find(b'"path": "/%d"' % n) > 0 for n in (1, 2, 3)] == [True] * 3
        assert answers.find(b'"/1"') < answers.find(b'"/2"') < answers.find(b'"/3"')


async def test_expect_continue_is_answered() -> None:
    async with serving() as (_, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(
            b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n"
            b"expect: 100-continue\r\nconnection: close\r\n\r\n"
        )
        assert (await reader.readline()).startswith(b"HTTP/1.1 100 ")
        writer.write(b"ok")
        assert b'"body": 2' in await reader.read()
        writer.close()


async def test_a_body_that_stops_half_way_is_cut_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exchange, "BODY_TIME", 0.1)
    async with serving() as (app, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nhalf")
        with suppress(ConnectionError):
            assert await asyncio.wait_for(reader.read(), 5) == b""
        await until(lambda: app.adapters[0].dispatcher.running == 0)
        writer.close()


async def test_a_body_that_nobody_reads_stays_with_the_client() -> None:
    async with serving() as (app, port):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        head = b"POST /slow HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999\r\n\r\n"
        writer.write(head + bytes(64 * 1024 * 1024))
        await asyncio.wait_for(STATES[-1]["waiting"].wait(), 5)
        (there,) = app.adapters[0].listener.connections
        await asyncio.sleep(0.05)
        assert there.received < 8 * 1024 * 1024
        writer.transport.abort()  # type: ignore[attr-defined]  # a socket's
        await until(lambda: app.adapters[0].dispatcher.running == 0)


async def test_a_client_that_goes_is_told_to_the_application() -> None:
    async with serving() as (app, port):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /wait HTTP/1.1\r\nhost: x\r\n\r\n")
        await asyncio.wait_for(STATES[-1]["waiting"].wait(), 5)
        writer.close()
        await until(lambda: STATES[-1]["gone"] == ["http.disconnect"])
        await until(lambda: app.adapters[0].dispatcher.running == 0)


async def test_a_client_that_takes_nothing_of_its_answer_is_cut_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(accepted, "STALLED", 0.2)
    async with serving() as (app, port):
        _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
        writer.write(b"GET /endless HTTP/1.1\r\nhost: x\r\n\r\n")
        await until(lambda: STATES[-1]["gone"] == ["the client takes nothing"])
        await until(lambda: app.adapters[0].dispatcher.running == 0)
        assert not app.adapters[0].listener.connections
        assert (await fetch(port, ("GET", "/fine")))[0][0] == 200
        writer.transport.abort()  # type: ignore[attr-defined]  # a socket's


async def test_a_slow_head_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HEAD_TIME", 0.1)
    async with serving() as (_, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HT")
        with suppress(ConnectionError):
            assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()


async def test_the_stop_finishes_answers_and_ends_the_lifespan() -> None:
    async with serving() as (app, port):
        asking = asyncio.create_task(fetch(port, ("GET", "/slow")))
        await asyncio.wait_for(STATES[-1]["waiting"].wait(), 5)
        app.shutdown()
        assert (await asking)[0][0] == 200
    assert STATES[-1]["stopped"]


async def test_an_application_without_lifespan_is_served() -> None:
    async def plain(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        await start(send, 204)
        await send({"type": "http.response.body"})

    async with serving(plain) as (_, port):
        assert await fetch(port, ("GET", "/"), ("GET", "/")) == [(204, b"")] * 2


async def test_an_application_that_cannot_start_is_a_wrong_configuration() -> None:
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no database"})

    with pytest.raises(ConfigError, match=f"expected {WEB} to start, got: no database"):
        async with serving(broken):
            pass


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"protocol": "tars"}, "expected protocol=not_tars for the adapter WebAdapter"),
        ({"servant": f"{WEB} {NAME}"}, "expected one object at WebAdapter"),
        ({"endpoint": "udp -h 127.0.0.1 -p 0"}, "expected a tcp or ssl endpoint"),
    ],
    ids=["protocol", "two objects", "udp"],
)
async def test_what_does_not_fit_is_said(settings: Any, message: str) -> None:
    app = Application()
    made = {"endpoint": "tcp -h 127.0.0.1 -p 0", "protocol": "not_tars", "servant": WEB}
    app.add_adapter("WebAdapter", **{**made, **settings})
    app.add_servant(NAME, Greeter(), adapter="none")
    app.servants.pop(NAME) if settings.get("servant") is None else None
    app.mount_asgi(WEB, site)
    with pytest.raises(ConfigError, match=message):
        await app.serve()


async def test_an_adapter_without_its_application_is_said() -> None:
    app = Application()
    app.add_adapter("WebAdapter", "tcp -h 127.0.0.1 -p 0", protocol="not_tars")
    with pytest.raises(
        ConfigError, match=r"expected mount_asgi\(\) or add_stream_server"
    ):
        await app.serve()


async def until(what: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not what():  # noqa: ASYNC110 - a state of the server, which tells nobody
            await asyncio.sleep(0.01)


async def test_a_stream_server(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            if line == b"raise\n":
                raise ValueError("broken")
            writer.write(line.upper())
            await writer.drain()

    app = Application()
    app.add_adapter("A", "tcp -h 127.0.0.1 -p 0", protocol="not_tars", servant=WEB)
    app.add_stream_server(WEB, echo)
    with pytest.raises(UsageError, match="expected a new object's name"):
        app.add_stream_server(WEB, echo)
    task = asyncio.create_task(app.serve(grace=0.1))
    await app.started()
    port = app.endpoint(WEB).port
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"one\ntwo\n")
    assert [await reader.readline() for _ in range(2)] == [b"ONE\n", b"TWO\n"]
    assert await raw(port, b"raise\n") == b""
    assert "a connection's handler failed" in caplog.text
    app.shutdown()
    await task
    assert await reader.read() == b""
    writer.close()
