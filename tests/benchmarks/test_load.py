"""The load generator: what it sends, what it counts as wrong, and what it refuses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from benchmarks import load

_BODY = bytes.fromhex(
    "10 01 2c 3c 42 00000000 56 03 412e42 66 01 66 7d 00 0c 8c 98 0c a8 0c"
)
_FRAME = (len(_BODY) + 4).to_bytes(4, "big") + _BODY
_ID = 4 + 5


def _reply(request: bytes, *, result: bytes = b"\x5c") -> bytes:
    body = b"\x10\x01\x2c\x32" + request[_ID : _ID + 4] + b"\x4c" + result
    body += bytes.fromhex("6d000c 780c")
    return (len(body) + 4).to_bytes(4, "big") + body


@asynccontextmanager
async def _server(answer: Callable[[bytes, int], bytes | None]) -> AsyncIterator[int]:
    """A server that answers the n-th frame with ``answer(frame, n)``; None closes."""
    served = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal served
        try:
            while True:
                served += 1
                reply = answer(await reader.readexactly(len(_FRAME)), served)
                if reply is None:
                    break
                writer.write(reply)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.fixture(autouse=True)
def _compiler() -> None:
    try:
        load.build()
    except load.Unavailable as reason:
        pytest.skip(str(reason))


async def _run(port: int, **options: object) -> load.Load:
    return await asyncio.to_thread(lambda: load.run(port, frames=_FRAME, **options))  # type: ignore[arg-type]  # options are load.run's


async def test_every_request_is_answered_once() -> None:
    seen: list[bytes] = []

    def answer(frame: bytes, _: int) -> bytes:
        seen.append(frame)
        return _reply(frame)

    async with _server(answer) as port:
        result = await _run(port, connections=3, inflight=4, count=50)
    assert (result.total, result.errors) == (50, 0)
    assert len(seen) == 50
    assert all(0 < int.from_bytes(frame[_ID : _ID + 4], "big") <= 4 for frame in seen)


async def test_a_return_code_counts_as_failed() -> None:
    def answer(frame: bytes, number: int) -> bytes:
        return _reply(frame, result=b"\x50\xfd" if number <= 5 else b"\x5c")

    async with _server(answer) as port:
        result = await _run(port, connections=1, count=20)
    assert (result.total, result.failed) == (20, 5)


async def test_a_closed_connection_loses_what_was_in_flight() -> None:
    async with _server(
        lambda frame, number: _reply(frame) if number < 10 else None
    ) as port:
        result = await _run(port, connections=1, inflight=1, count=30, seconds=2)
    assert (result.total, result.lost, result.broken) == (9, 1, 1)


async def test_a_fixed_rate_dials_lazily() -> None:
    async with _server(lambda frame, _: _reply(frame)) as port:
        result = await _run(
            port, connections=40, inflight=1, count=40, rate=400, lazy=True
        )
    assert (result.total, result.errors) == (40, 0)
    assert result.seconds > 0.08


async def test_only_this_machine_is_loaded() -> None:
    with pytest.raises(load.Unavailable, match="only this machine is loaded"):
        await _run(9, count=1, host="192.0.2.1")


async def test_frames_without_an_id_are_refused() -> None:
    with pytest.raises(load.Unavailable, match="iRequestId"):
        await asyncio.to_thread(lambda: load.run(9, frames=b"\0\0\0\x05\x1c", count=1))
