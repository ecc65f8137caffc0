"""The door of an ``ssl`` endpoint: who is turned away before a handshake."""

from __future__ import annotations

import asyncio
import errno
import shutil
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from greeter import NAME, Greeter
from pair import until
from papers import Papers, call, server
from tars_runtime import testing
from tars_runtime.application import Application
from tars_runtime.errors import ConnectError
from tars_runtime.net import door
from victim import PING

from tests.certificates import needs_openssl

pytestmark = needs_openssl


async def knock(
    app: Application,
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection that says nothing."""
    return await asyncio.open_connection(*app.adapters[0].listener.address)


async def is_hung_up_on(reader: asyncio.StreamReader) -> bool:
    try:
        async with asyncio.timeout(2):
            return await reader.read() == b""
    except ConnectionResetError:
        return True


async def test_who_may_not_connect_gets_no_handshake(papers: Papers) -> None:
    denied = server(papers, deny="127.0.0.0/8")
    async with testing.serving({NAME: Greeter()}, **denied) as (app, _):
        reader, writer = await knock(app)
        assert await is_hung_up_on(reader), "without a word of TLS from either side"
        writer.close()
        with pytest.raises(ConnectError):
            await call(app.endpoint(NAME), ca=papers.ca_pem)
        listener = app.adapters[0].listener
        assert (listener.accepted, listener.refused) == (2, 2)


async def test_handshakes_take_room_and_give_it_back(papers: Papers) -> None:
    few = server(papers, max_connections=2)
    async with testing.serving({NAME: Greeter()}, **few) as (app, _):
        held = [await knock(app) for _ in range(2)]
        listener = app.adapters[0].listener
        await until(lambda: listener.accepted == 2)
        reader, writer = await knock(app)
        assert await is_hung_up_on(reader)
        writer.close()
        assert listener.refused == 1
        for _, each in held:
            each.close()
        await until(lambda: not listener._doors[0].shaking)
        assert await call(app.endpoint(NAME), ca=papers.ca_pem) == 3


async def test_what_is_no_handshake_is_hung_up_on_and_no_more(papers: Papers) -> None:
    uncaught: list[object] = []
    asyncio.get_running_loop().set_exception_handler(
        lambda _, context: uncaught.append(context)
    )
    async with testing.serving({NAME: Greeter()}, **server(papers)) as (app, _):
        hello = bytes.fromhex("16030100a5010000a10303")
        for data in (
            b"",
            PING,
            b"GET / HTTP/1.1\r\n\r\n",
            bytes(4096),
            hello + bytes(200),
        ):
            reader, writer = await knock(app)
            writer.write(data)
            if not data:
                writer.close()
            assert (await answer(reader))[:1] in (b"", b"\x15"), "nothing, or an alert"
            writer.close()
        assert await call(app.endpoint(NAME), ca=papers.ca_pem) == 3
        assert app.adapters[0].dispatcher.counters.requests == 1
    assert uncaught == []


async def answer(reader: asyncio.StreamReader) -> bytes:
    try:
        async with asyncio.timeout(2):
            return await reader.read()
    except ConnectionResetError:
        return b""


async def test_a_stop_ends_handshakes_that_go_on(papers: Papers) -> None:
    async with testing.serving({NAME: Greeter()}, **server(papers)) as (app, _):
        reader, writer = await knock(app)
        await until(lambda: app.adapters[0].listener.accepted == 1)
    assert await is_hung_up_on(reader)
    writer.close()


async def test_without_a_file_left_it_takes_breath(
    papers: Papers, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(door, "BREATH", 0.05)
    tired = [OSError(errno.EMFILE, "Too many open files")]
    accept = socket.socket.accept

    def accept_or_not(self: socket.socket) -> tuple[socket.socket, object]:
        if tired:
            raise tired.pop()
        return accept(self)

    monkeypatch.setattr(socket.socket, "accept", accept_or_not)
    async with testing.serving({NAME: Greeter()}, **server(papers)) as (app, _):
        assert await call(app.endpoint(NAME), ca=papers.ca_pem) == 3
    assert "no connection is accepted for 0.05 s: Too many open files" in caplog.text


async def test_an_authority_that_is_taken_out_is_trusted_no_more(
    papers: Papers, tmp_path: Path
) -> None:
    trusted = shutil.copy(papers.ca_pem, str(tmp_path / "ca.pem"))
    asks = server(papers, ca=trusted, verify_client=True)
    asks["endpoint"] = "ssl -h 127.0.0.1 -p 0 -t 200"  # looks every 50 ms
    own = {"ca": papers.ca_pem, "cert": papers.client_pem, "key": papers.client_key}
    async with testing.serving({NAME: Greeter()}, **asks) as (app, _):
        endpoint = app.endpoint(NAME)
        assert await call(endpoint, **own) == 3
        shutil.copy(papers.stranger_pem, trusted)
        with pytest.raises(ConnectError):
            await forever(lambda: call(endpoint, **own))


async def forever(work: Callable[[], Awaitable[object]]) -> None:
    """Again and again, for ten seconds at most."""
    async with asyncio.timeout(10):
        while True:
            await work()
