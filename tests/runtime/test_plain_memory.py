"""The engines of plain packets keep nothing; the native one takes only what it can serve."""

from __future__ import annotations

import gc
import resource
import sys
import weakref
from collections.abc import Callable
from dataclasses import dataclass, fields, make_dataclass
from typing import Any

import pytest
from tars_runtime.codec.native.program import AVAILABLE, WHY_NOT
from tars_runtime.protocol import MAX_FRAME, Request, Response, packets, plain
from tars_runtime.protocol.envelope import NO_TEXTS, names_of
from tars_runtime.protocol.frames import LENGTH

ENGINES = [plain.PYTHON, plain.native()] if AVAILABLE else [plain.PYTHON]
every_engine = pytest.mark.parametrize(
    "engine", ENGINES, ids=["python", "native"][: len(ENGINES)]
)
needs_native = pytest.mark.skipif(
    not AVAILABLE, reason=f"the native engine is not built: {WHY_NOT}"
)

REQUEST_BYTES = packets.WRITE_REQUEST.build(
    Request(request_id=70000, servant="App.Server.Obj", function="call", body=b"body")
)
RESPONSE_BYTES = packets.WRITE_SUCCESS.build(Response(request_id=70000, body=b"body"))


def read_requests(
    engine: plain.Engine, stream: bytes, limit: int = MAX_FRAME
) -> list[Request]:
    found: list[Request] = []
    engine.read_requests(stream, 0, limit, found)
    return found


def framed(packet: bytes) -> bytes:
    return LENGTH.pack(len(packet) + 4) + packet


def resident() -> int:
    """Kilobytes of memory in use."""
    with open("/proc/self/statm") as text:
        return int(text.read().split()[1]) * resource.getpagesize() // 1024


@every_engine
def test_memory_stands_still(engine: Any) -> None:
    """A million packets, read and written, whole and broken; in Python fewer."""
    stream = (
        framed(REQUEST_BYTES) * 16
        + framed(REQUEST_BYTES[:-1])
        + framed(REQUEST_BYTES)[:9]
    )
    names = names_of("App.Server.Obj", "call")

    odd = [framed(each) for each in (REQUEST_BYTES[:-1], RESPONSE_BYTES, b"\x0e")]

    def run(times: int) -> None:
        for _ in range(times):
            read_requests(engine, stream)
            read_requests(engine, stream, limit=30)
            for each in odd:
                read_requests(engine, each)
                engine.read_response(each[4:])
            engine.read_response(RESPONSE_BYTES)
            engine.write_request(70000, names, REQUEST_BYTES, 3000)
            engine.write_success(70000, REQUEST_BYTES)

    run(2_000)
    before = resident()
    run(5_000 if engine is plain.PYTHON else 50_000)
    assert resident() - before < 1024


def counted(things: list[Any], call: Callable[[], object]) -> list[int]:
    """How many references to each are left behind by a thousand calls."""
    gc.collect()
    before = [sys.getrefcount(each) for each in things]
    for _ in range(1000):
        call()
    gc.collect()
    return [
        sys.getrefcount(each) - old for each, old in zip(things, before, strict=True)
    ]


@every_engine
def test_references_are_balanced(engine: Any) -> None:
    frame = framed(REQUEST_BYTES)
    stream = frame * 3 + framed(b"\x0e") + framed(RESPONSE_BYTES)
    request, response = read_requests(engine, frame)[0], engine.read_response(
        RESPONSE_BYTES
    )
    found: list[Request] = []
    shared: list[Any] = [
        *(Request, Response, NO_TEXTS, found),
        *(request.servant, request.function, response.text),
        *(frame, stream, REQUEST_BYTES, RESPONSE_BYTES),
    ]
    calls: list[Callable[[], object]] = [
        lambda: read_requests(engine, frame),
        lambda: read_requests(engine, stream),
        lambda: engine.read_requests(stream, 5, MAX_FRAME, found),
        lambda: engine.read_response(RESPONSE_BYTES),
        lambda: engine.read_response(REQUEST_BYTES),
        lambda: engine.write_request(7, REQUEST_BYTES, RESPONSE_BYTES, 3000),
        lambda: engine.write_success(7, REQUEST_BYTES),
    ]
    for number, call in enumerate(calls):
        moved = counted(shared, call)
        assert max(map(abs, moved)) < 50, (number, moved)


@every_engine
def test_names_without_end_are_read_right_and_not_kept(engine: Any) -> None:
    """More pairs of names than are remembered, in two rounds; afterwards, memory is as it was."""

    def run(numbers: range) -> None:
        for number in numbers:
            pair = f"App.S{number}.Obj" + "o" * 200, f"f{number}" + "f" * 200
            frame = engine.write_request(1, names_of(*pair), b"", 0)
            (request,) = read_requests(engine, frame)
            assert (request.servant, request.function) == pair

    run(range(6000))
    before = resident()
    run(range(40_000))
    assert resident() - before < 4096


@needs_native
def test_names_that_differ_only_in_their_lengths_are_told_apart() -> None:
    engine = plain.native()
    text = "abcdefghijklmnopqrst"
    for cut in range(1, 20):
        names = names_of(text[:cut], text[cut:])
        assert names is not None
        for _ in range(2):
            (request,) = read_requests(engine, engine.write_request(9, names, b"", 0))
            assert (request.servant, request.function) == (text[:cut], text[cut:])


@dataclass(slots=True)
class Whole:
    """A packet of another class: the members alone count."""

    request_id: int = 0
    body: bytes = b""
    servant: str = ""
    function: str = ""
    timeout_ms: int = 0
    version: int = 1
    packet_type: int = 0
    message_type: int = 0
    context: Any = None
    status: Any = None
    ret: int = 0
    text: str = ""
    more: int = 5


@needs_native
def test_other_classes_and_what_cannot_serve() -> None:
    from tars_runtime.codec._native import Envelope

    engine: Any = Envelope(Whole(), Whole(text="x"))
    (request,) = read_requests(engine, framed(REQUEST_BYTES))
    assert isinstance(request, Whole)
    assert (request.servant, request.body) == ("App.Server.Obj", b"body")
    assert engine.read_response(RESPONSE_BYTES).text == "x"
    with pytest.raises(AttributeError):
        _ = request.more  # not a member of the packet: never set
    emptied = Whole()
    del emptied.status
    for wrong in (object(), 5, type("Slotless", (), {"request_id": 1})(), emptied):
        with pytest.raises((TypeError, AttributeError)):
            Envelope(wrong, Whole())
        with pytest.raises((TypeError, AttributeError)):
            Envelope(Whole(), wrong)
    with pytest.raises(TypeError, match="once"):
        engine.__init__(Whole(), Whole())
    raw: Any = Envelope.__new__(Envelope)
    for call in (
        lambda: raw.read_requests(b"", 0, 9, []),
        lambda: raw.read_response(b""),
    ):
        with pytest.raises(RuntimeError, match="not ready"):
            call()


@needs_native
def test_wrong_arguments_are_refused() -> None:
    engine: Any = plain.native()
    frame = framed(REQUEST_BYTES)
    wrong: list[tuple[Any, ...]] = [
        ("text", 0, 9, []),
        (bytearray(frame), 0, 9, []),
        (frame, 0, 9),
        (frame, 0, 9, [], 1),
        (frame, None, 9, []),
        (frame, 0, 2**70, []),
        (frame, -1, 99, []),
        (frame, len(frame) + 1, 99, []),
        (frame, 0, 99, ()),
    ]
    for arguments in wrong:
        with pytest.raises((TypeError, ValueError, OverflowError)):
            engine.read_requests(*arguments)
    with pytest.raises(TypeError):
        engine.read_response("text")
    assert read_requests(engine, frame, limit=-1) == []


@needs_native
def test_an_envelope_and_its_classes_can_be_collected() -> None:
    from tars_runtime.codec._native import Envelope

    def used() -> weakref.ref[type]:
        members = [(each.name, Any, each.default) for each in fields(Whole)]
        cls: Any = make_dataclass("Passing", members, slots=True)
        cls.engine = Envelope(cls(), cls())  # a cycle
        read_requests(cls.engine, framed(REQUEST_BYTES))
        return weakref.ref(cls)

    seen = used()
    gc.collect()
    assert seen() is None
