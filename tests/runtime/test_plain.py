"""Plain packets: pure Python, C and the schemas agree about every byte."""

from __future__ import annotations

import itertools
import json
import os
import random
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tars_runtime.codec.native.program import AVAILABLE
from tars_runtime.errors import DecodeError
from tars_runtime.protocol import (
    MAX_FRAME,
    FrameReader,
    Request,
    Response,
    packets,
    plain,
)
from tars_runtime.protocol.envelope import names_of

from tests.codec.engines import NAMES as NAMES_OF_ENGINES
from tests.codec.schemas import mutated

R = TypeVar("R")
MORE = int(os.environ.get("MORE", "1"))
ENGINES = [plain.PYTHON, plain.native()] if AVAILABLE else [plain.PYTHON]
every_engine = pytest.mark.parametrize(
    "engine", ENGINES, ids=["python", "native"][: len(ENGINES)]
)
CAPTURES = json.loads((Path(__file__).parent / "captures.json").read_text())
IDS = [1, -1, 127, 128, -128, -129, 32767, 32768, -32769, 2**31 - 1, -(2**31)]
TIMES = [0, 1, -1, 127, 128, 3000, 32768, 2**31 - 1]
BODIES = [b"", b"x" * 5, b"y" * 127, b"y" * 128, b"z" * 256, b"q" * 40000]
NAMES = [
    ("App.Server.Obj", "call"),
    ("", ""),
    ("\u00e9", "\U0001f600"),
    ("o" * 255, "f" * 255),
]
REQUEST = Request(
    request_id=70000,
    servant="App.Server.Obj",
    function="call",
    body=b"\x16\1a",
    timeout_ms=3000,
)
REQUEST_BYTES = packets.WRITE_REQUEST.build(REQUEST)
RESPONSE_BYTES = packets.WRITE_SUCCESS.build(
    Response(request_id=70000, body=b"\x06\1a")
)


def requests() -> Iterator[Request]:
    for (servant, function), request_id, body, timeout in itertools.product(
        NAMES, IDS, BODIES, TIMES
    ):
        yield Request(
            request_id=request_id,
            servant=servant,
            function=function,
            body=body,
            timeout_ms=timeout,
        )


def written(engine: plain.Engine, request: Request) -> bytes:
    """The frame of a plain request."""
    names = names_of(request.servant, request.function)
    assert names is not None
    args = request.request_id, names, request.body, request.timeout_ms
    return engine.write_request(*args)


def framed(packet: bytes) -> bytes:
    return (len(packet) + 4).to_bytes(4, "big") + packet


def read_request(engine: plain.Engine, packet: bytes) -> Request | None:
    """The packet as a request, if it is plain."""
    found: list[Request] = []
    frame = framed(packet)
    end = engine.read_requests(frame, 0, MAX_FRAME, found)
    assert end == len(frame) * len(found)
    return found[0] if found else None


def _read_response(engine: plain.Engine, packet: bytes) -> Response | None:
    return engine.read_response(packet)


def _same(packet: bytes, read: Callable[[plain.Engine, bytes], R]) -> R:
    first, *others = (read(engine, packet) for engine in ENGINES)
    assert others in ([], [first]), packet.hex()
    return first


def agree(packet: bytes) -> tuple[Request | None, Response | None]:
    """Hold all ways to read a packet together; gives what the engines read."""
    request, response = _same(packet, read_request), _same(packet, _read_response)
    if request is not None:
        assert request == packets.READ_REQUEST.parse(packet)
    if response is not None:
        assert response == packets.READ_RESPONSE.parse(packet)
    return request, response


@every_engine
def test_requests_are_read_and_written_as_by_the_schema(engine: Any) -> None:
    for request in requests():
        frame = written(engine, request)
        assert int.from_bytes(frame[:4], "big") == len(frame)
        assert frame[4:] == packets.WRITE_REQUEST.build(request)
        assert read_request(engine, frame[4:]) == request
        assert packets.READ_REQUEST.parse(frame[4:]) == request
        assert engine.read_response(frame[4:]) is None


@every_engine
def test_answers_are_read_and_written_as_by_the_schema(engine: Any) -> None:
    for request_id, body in itertools.product(IDS, BODIES):
        response = Response(request_id=request_id, body=body)
        frame = engine.write_success(request_id, body)
        assert int.from_bytes(frame[:4], "big") == len(frame)
        assert frame[4:] == packets.WRITE_SUCCESS.build(response)
        assert engine.read_response(frame[4:]) == response
        assert read_request(engine, frame[4:]) is None


@every_engine
def test_what_is_read_has_the_types_of_what_is_made(engine: Any) -> None:
    for got, made in (
        (read_request(engine, REQUEST_BYTES), packets.READ_REQUEST.parse(REQUEST_BYTES)),
        (engine.read_response(RESPONSE_BYTES), packets.READ_RESPONSE.parse(RESPONSE_BYTES)),
    ):  # fmt: skip
        assert got == made
        assert type(got) is type(made)
        for name in made.__slots__:
            value = getattr(got, name)
            if name not in ("context", "status"):
                assert type(value) is type(getattr(made, name)), name
            elif isinstance(value, dict):
                pytest.fail(f"{name} is shared and can be changed")


@every_engine
def test_a_push_is_not_plain(engine: Any) -> None:
    """Its id is 0, which the layout of a plain answer has no place for."""
    frame = engine.write_success(0, b"a")
    assert frame[4:] == packets.WRITE_SUCCESS.build(Response(body=b"a"))
    assert engine.read_response(frame[4:]) is None


def test_every_truncation_and_every_changed_byte() -> None:
    for packet in (REQUEST_BYTES, RESPONSE_BYTES):
        assert [each is None for each in agree(packet)].count(False) == 1
        for size in range(len(packet)):
            assert agree(packet[:size]) == (None, None)
        for at, value in itertools.product(range(len(packet)), range(256)):
            agree(packet[:at] + bytes((value,)) + packet[at + 1 :])
        for at in range(len(packet) + 1):
            agree(packet[:at] + b"\x00" + packet[at:])


def test_integers_wider_than_they_need_be() -> None:
    """Some writers do not choose the narrowest type; the layouts take them as they come."""
    wide = {0x00: ">b", 0x01: ">h", 0x02: ">i", 0x03: ">q"}
    for value, (code, form) in itertools.product((5, 0, -5), wide.items()):
        number = struct.pack(form, value)
        head = bytes((0x40 | code,))
        request = agree(REQUEST_BYTES.replace(b"\x42\x00\x01\x11\x70", head + number))[
            0
        ]
        assert (request is None) == (code == 3)
        head = bytes((0x80 | code,))
        request = agree(REQUEST_BYTES.replace(b"\x81\x0b\xb8", head + number))[0]
        assert (request is None) == (code == 3)
        size = bytes((code,)) + struct.pack(form, 3)
        request = agree(REQUEST_BYTES.replace(b"\x7d\x00\x00\x03", b"\x7d\x00" + size))[
            0
        ]
        assert (request is None) == (code == 3)
        head = bytes((0x30 | code,))
        response = agree(
            RESPONSE_BYTES.replace(b"\x32\x00\x01\x11\x70", head + number)
        )[1]
        assert (response is None) == (code == 3)


LIES = [
    b"\x00\x80",
    b"\x00\xff",
    b"\x00\x04",
    b"\x01\x80\x00",
    b"\x01\x7f\xff",
    b"\x02\x7f\xff\xff\xff",
    b"\x02\xff\xff\xff\xff",
    b"\x02\x80\x00\x00\x00",
    b"\x0c",
]


def test_lengths_that_lie() -> None:
    for size in LIES:
        request = REQUEST_BYTES.replace(b"\x7d\x00\x00\x03", b"\x7d\x00" + size)
        response = RESPONSE_BYTES.replace(b"\x6d\x00\x00\x03", b"\x6d\x00" + size)
        assert agree(request) == agree(response) == (None, None)


def test_names_that_are_no_text() -> None:
    for name in (
        b"\xff",
        b"\xc0\x80",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\xe2\x82",
    ):
        at_object = b"\x56" + bytes((len(name),)) + name + b"\x66\x00"
        at_function = b"\x56\x00\x66" + bytes((len(name),)) + name
        for names in (at_object, at_function, at_object):  # not remembered either
            packet = (
                b"\x10\x01\x2c\x3c\x40\x01"
                + names
                + b"\x7d\x00\x0c\x8c\x98\x0c\xa8\x0c"
            )
            assert agree(packet) == (None, None)
            with pytest.raises(DecodeError):
                packets.READ_REQUEST.parse(packet)


@pytest.mark.parametrize(
    "capture", CAPTURES, ids=lambda c: f"{c['server']} {c['case']}"
)
def test_packets_that_others_wrote(capture: dict[str, str]) -> None:
    for stream in (
        bytes.fromhex(capture["request_hex"]),
        bytes.fromhex(capture["reply_hex"]),
    ):
        for packet in FrameReader().feed(stream):
            agree(packet)
        streams_agree(stream, MAX_FRAME)


def streams_agree(stream: bytes, limit: int) -> None:
    """Both engines read the same requests, from wherever they begin."""
    for at in {0, len(stream) // 3, len(stream)}:
        results = []
        for engine in ENGINES:
            found: list[Request] = []
            end = engine.read_requests(stream, at, limit, found)
            results.append((found, end))
            assert at <= end <= len(stream)
        assert results[1:] in ([], results[:1]), stream.hex()


PIECES = st.one_of(
    st.sampled_from([framed(REQUEST_BYTES), framed(RESPONSE_BYTES)]),
    st.sampled_from(
        [framed(b"\x0e"), framed(b"\x10\x01\x2c\x3c"), b"\0\0\0\4", b"\0\0\0\0"]
    ),
    st.binary(max_size=12),
)


@settings(max_examples=300 * MORE, deadline=None)
@given(
    pieces=st.lists(PIECES, max_size=6),
    limit=st.sampled_from([5, 20, len(REQUEST_BYTES) + 4, 1 << 20]),
)
def test_streams_are_cut_at_the_same_bytes(pieces: list[bytes], limit: int) -> None:
    streams_agree(b"".join(pieces), limit)


@settings(max_examples=500 * MORE, deadline=None)
@given(packet=st.binary(max_size=80))
def test_any_bytes(packet: bytes) -> None:
    agree(packet)


@settings(max_examples=200 * MORE, deadline=None)
@given(
    request_id=st.integers(-(2**31), 2**31 - 1),
    timeout=st.integers(-(2**31), 2**31 - 1),
    body=st.binary(max_size=300),
    names=st.tuples(st.text(max_size=60), st.text(max_size=60)),
    seed=st.integers(0, 2**32),
)
def test_packets_and_their_mutations(
    request_id: int, timeout: int, body: bytes, names: tuple[str, str], seed: int
) -> None:
    rnd = random.Random(seed)
    tags = names_of(*names)
    assert tags is not None
    frames = [
        engine.write_request(request_id, tags, body, timeout) for engine in ENGINES
    ]
    replies = [engine.write_success(request_id, body) for engine in ENGINES]
    assert len(set(frames)) == len(set(replies)) == 1
    for frame in (frames[0], replies[0]):
        agree(frame[4:])
        for _ in range(8):
            agree(mutated(rnd, frame[4:]))


@every_engine
def test_what_cannot_be_written(engine: Any) -> None:
    for number in (2**31, -(2**31) - 1, 2**63, -(2**80)):
        with pytest.raises((ArithmeticError, struct.error)):
            engine.write_success(number, b"x")
        with pytest.raises((ArithmeticError, struct.error)):
            engine.write_request(number, b"", b"", 0)
        with pytest.raises((ArithmeticError, struct.error)):
            engine.write_request(1, b"", b"", number)
    for wrong in ("text", None, 5):
        with pytest.raises((TypeError, struct.error)):
            engine.write_success(1, wrong)
        with pytest.raises((TypeError, struct.error)):
            engine.write_request(1, b"", wrong, 0)
    with pytest.raises(TypeError):
        engine.write_success(1)
    with pytest.raises(TypeError):
        engine.write_request(1, b"", b"")


@pytest.mark.parametrize("name", NAMES_OF_ENGINES)
def test_which_engine_runs(name: str) -> None:
    code = "from tars_runtime.protocol import plain; print(type(plain.read_requests))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "TARS_CODEC": name},
        capture_output=True,
        text=True,
    )
    assert ("builtin" in done.stdout) == (name == "native"), done.stderr
    assert done.returncode == 0
