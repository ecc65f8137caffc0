"""Requests that TarsCpp, TarsGo and @tars/rpc servers once answered, sent to a server of ours.

Needs no other toolchain: what those servers answered stands beside each request. The servant is
theirs, too: ``int testInt(int a, out int doubled)`` and ``int fail(int code)``.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tars_runtime import codec, rpc, testing
from tars_runtime.protocol import Request, Response
from tars_runtime.protocol.packets import READ_REQUEST, READ_RESPONSE

OBJECT = "PeerTest.HelloServer.HelloObj"
CAPTURES = json.loads(
    (Path(__file__).parents[2] / "runtime" / "captures.json").read_text()
)
TUP3 = codec.map_of(codec.STRING, codec.BYTES)
TUP2 = codec.map_of(codec.STRING, TUP3)


@dataclass(slots=True)
class Doubled(rpc.Reply):
    ret: int = 0
    doubled: int = 0


codec.struct(
    Doubled,
    codec.require(0, "ret", codec.INT),
    codec.require(2, "doubled", codec.INT),
)


class Hello(rpc.Servant):
    __tars__ = (
        rpc.Method(
            "testInt",
            takes=(codec.require(1, "a", codec.INT),),
            gives=Doubled,
        ),
        rpc.Method(
            "fail", takes=(codec.require(1, "code", codec.INT),), gives=codec.INT
        ),
    )

    async def testInt(self, a: int) -> Doubled:
        return Doubled(a + 1, 2 * a)

    async def fail(self, code: int) -> int:
        raise rpc.ServerError(code, f"fail:{code}")


def of(server: str) -> dict[str, tuple[bytes, bytes]]:
    """Case to request and reply, of one of the recorded servers."""
    return {
        each["case"]: (
            bytes.fromhex(each["request_hex"]),
            bytes.fromhex(each["reply_hex"]),
        )
        for each in CAPTURES
        if each["server"] == server
    }


CPP, NODE = of("TarsCpp server"), of("@tars/rpc server")


class Raw:
    """A connection that speaks bytes."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._reader, self._writer = reader, writer

    async def ask(self, *pieces: bytes, answers: int = 1) -> bytes:
        """Write the pieces one by one; the frames that come back."""
        for piece in pieces:
            self._writer.write(piece)
            await self._writer.drain()
            await asyncio.sleep(0)
        return b"".join([await self._frame() for _ in range(answers)])

    async def _frame(self) -> bytes:
        async with asyncio.timeout(5):
            length = await self._reader.readexactly(4)
            return length + await self._reader.readexactly(
                int.from_bytes(length, "big") - 4
            )


@pytest.fixture
async def raw() -> AsyncIterator[Raw]:
    async with testing.serving({OBJECT: Hello()}) as (app, _):
        endpoint = app.endpoint(OBJECT)
        reader, writer = await asyncio.open_connection(endpoint.host, endpoint.port)
        yield Raw(reader, writer)
        writer.close()
        await writer.wait_closed()


def response(frame: bytes) -> Response:
    return READ_RESPONSE.parse(frame[4:])


def request(frame: bytes) -> Request:
    """TUP answers in the layout of a request."""
    return READ_REQUEST.parse(frame[4:])


@pytest.mark.parametrize("case", ["tars_ping", "v1 testInt", "v1 context1"])
async def test_successes_have_the_bytes_of_cpp(raw: Raw, case: str) -> None:
    asked, answered = CPP[case]
    assert await raw.ask(asked) == answered


@pytest.mark.parametrize(
    "case", ["v1 unknown func", "v1 unknown servant", "v1 missing args"]
)
async def test_errors_have_the_code_of_cpp(raw: Raw, case: str) -> None:
    asked, answered = CPP[case]
    ours, theirs = response(await raw.ask(asked)), response(answered)
    assert (ours.ret, ours.request_id, ours.body) == (
        theirs.ret,
        theirs.request_id,
        theirs.body,
    )
    assert ours.text


async def test_one_way_is_not_answered(raw: Raw) -> None:
    asked, answered = CPP["v1 oneway"]
    ping, pong = CPP["tars_ping"]
    assert answered == b""
    assert await raw.ask(asked, ping) == pong


async def test_frames_may_come_in_any_pieces(raw: Raw) -> None:
    ping, pong = CPP["tars_ping"]
    half = len(ping) // 2
    assert await raw.ask(ping[:half], ping[half:]) == pong
    assert await raw.ask(*(ping[i : i + 1] for i in range(len(ping)))) == pong
    two, both = CPP["two frames in one write"]
    assert await raw.ask(two, answers=2) == both


async def test_tup3_gives_what_cpp_gives(raw: Raw) -> None:
    asked, answered = CPP["v3 testInt"]
    ours, theirs = request(await raw.ask(asked)), request(answered)
    assert TUP3.parse(ours.body) == TUP3.parse(theirs.body)
    assert (ours.version, ours.request_id) == (theirs.version, theirs.request_id)
    assert (ours.servant, ours.function) == (theirs.servant, theirs.function)


@pytest.mark.parametrize("case", ["v3 fail", "v3 unknown func"])
async def test_tup3_errors_stand_in_the_status(raw: Raw, case: str) -> None:
    asked, answered = CPP[case]
    ours, theirs = request(await raw.ask(asked)), request(answered)
    code = "STATUS_RESULT_CODE"
    assert ours.status[code] == theirs.status[code]
    if "STATUS_RESULT_DESC" in theirs.status:
        text = "STATUS_RESULT_DESC"
        assert ours.status[text] == theirs.status[text]
    assert TUP3.parse(ours.body) == {}


async def test_tup2_gives_what_node_gives(raw: Raw) -> None:
    asked, answered = NODE["v2 testInt"]
    ours, theirs = request(await raw.ask(asked)), request(answered)
    given, expected = TUP2.parse(ours.body), TUP2.parse(theirs.body)
    assert given.items() >= expected.items()
    assert ours.version == 2
