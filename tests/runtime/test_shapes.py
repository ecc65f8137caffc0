"""Requests of known shapes: read as the schema reads them, whatever the bytes are."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

import pytest
from tars_runtime.errors import DecodeError
from tars_runtime.protocol import (
    MAX_FRAME,
    Broken,
    Request,
    ServerWire,
    packets,
    plain,
    send_request,
    shapes,
)

IDS = [1, -1, 127, -128, 128, 32767, -32768, 32768, 2**31 - 1]
BODIES = [b"", b"\x0c", b"x" * 127, b"y" * 128, b"z" * 40_000]


@pytest.fixture(autouse=True)
def nothing_known() -> Iterator[None]:
    """Shapes are of the process: each test begins without, and leaves none."""
    shapes._shapes.clear()
    yield
    shapes._shapes.clear()


def asked(**members: object) -> Request:
    given: dict[str, object] = {
        "request_id": 70_000,
        "servant": "App.Server.Obj",
        "function": "call",
        "body": b"\x16\x02ab",
        "timeout_ms": 3000,
    }
    return Request(**{**given, **members})  # type: ignore[arg-type]  # by name


def teach(request: Request) -> bytes:
    """Make the shape of a request known; gives its frame."""
    frame = send_request(request)
    for _ in range(shapes.SELDOM):
        shapes.learn(frame, request)
    return frame


def read(data: bytes, limit: int = MAX_FRAME) -> tuple[list[Request], int]:
    requests: list[Request] = []
    return requests, shapes.read_known(data, 0, limit, requests)


def test_what_was_learnt_is_read_as_the_schema_reads_it() -> None:
    for request_id, body, timeout in itertools.product(IDS, BODIES, [0, 1, 200, 3000]):
        request = asked(request_id=request_id, body=body, timeout_ms=timeout)
        frame = teach(request)
        assert read(frame) == ([request], len(frame))
        assert read(frame * 3) == ([request] * 3, 3 * len(frame))


def test_an_id_may_be_wider_than_it_must() -> None:
    frame = send_request(asked(request_id=5)).replace(b"\x40\x05", b"\x42\0\0\0\x05")
    frame = len(frame).to_bytes(4, "big") + frame[4:]
    request = packets.READ_REQUEST.parse(frame[4:])
    for _ in range(shapes.SELDOM):
        shapes.learn(frame, request)
    assert read(frame) == ([asked(request_id=5)], len(frame))


def test_ids_bodies_and_timeouts_of_a_shape_may_differ() -> None:
    teach(asked())
    others = [
        asked(request_id=99_999, body=b"\x16\x02yz"),
        asked(timeout_ms=2999),
    ]
    data = b"".join(map(send_request, others))
    assert read(data) == (others, len(data))


def test_names_of_one_length_share_a_shape() -> None:
    teach(asked())
    other = asked(function="show")
    frame = send_request(other)
    assert read(frame) == ([], 0)
    teach(other)
    assert read(send_request(asked()) + frame)[0] == [asked(), other]


def test_shapes_of_one_length_take_turns() -> None:
    first, second = asked(), asked(function="calls", body=b"\x16\x01a")
    assert len(send_request(first)) == len(send_request(second))
    teach(first)
    frame = teach(second)
    assert read(frame) == ([second], len(frame))
    assert read(send_request(first)) == ([], 0)


def test_a_run_ends_where_a_frame_is_another() -> None:
    frame = teach(asked())
    odd = send_request(asked(context={"a": "b"}))
    assert read(frame * 2 + odd + frame) == ([asked()] * 2, 2 * len(frame))
    assert read(frame + frame[:20]) == ([asked()], len(frame))
    assert read(frame, limit=len(frame) - 1) == ([], 0)


@pytest.mark.parametrize(
    "members",
    [
        {"request_id": 0},
        {"version": 3},
        {"packet_type": 1},
        {"message_type": 4},
        {"context": {"a": "b"}},
        {"status": {"a": "b"}},
        {"servant": "s" * 256},
    ],
)
def test_what_is_not_plain_is_not_learnt(members: dict[str, object]) -> None:
    request = asked(**members)
    assert shapes.shape_of(send_request(request), request) is None


def test_damaged_frames_are_read_as_the_schema_reads_them_or_not_at_all() -> None:
    frame = teach(asked())
    for at, value in itertools.product(range(len(frame)), range(256)):
        damaged = frame[:at] + bytes((value,)) + frame[at + 1 :]
        requests, end = read(damaged)
        if requests:
            assert end == len(damaged) == int.from_bytes(damaged[:4], "big")
            assert requests == [packets.READ_REQUEST.parse(damaged[4:])]


def test_a_wire_reads_alike_with_and_without_shapes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(plain, "read_requests", shapes.read_requests)
    chance = random.Random(11)
    stream = b"".join(
        send_request(
            asked(
                request_id=chance.choice(IDS),
                function=chance.choice(["call", "show", "much_longer_names"]),
                body=b"x" * chance.choice([0, 1, 2, 3, 200]),
                context=chance.choice([{}, {}, {}, {"a": "b"}]),
                packet_type=chance.choice([0, 0, 0, 1]),
            )
        )
        for _ in range(600)
    )
    whole = ServerWire().receive_data(stream)
    expected = [packets.READ_REQUEST.parse(each) for each in _packets(stream)]
    assert whole == expected
    assert shapes._shapes
    for size in (1000, 4096, len(stream)):
        wire = ServerWire()
        pieces = (stream[at : at + size] for at in range(0, len(stream), size))
        assert [e for piece in pieces for e in wire.receive_data(piece)] == expected


def _packets(stream: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(stream):
        end = at + int.from_bytes(stream[at : at + 4], "big")
        yield stream[at + 4 : end]
        at = end


def test_what_is_wrong_behind_known_frames_breaks_the_wire() -> None:
    frame = teach(asked())
    good, broken = ServerWire().receive_data(frame + b"\0\0\0\x04" + frame)
    assert good == asked()
    assert isinstance(broken, Broken)
    good, broken = ServerWire().receive_data(
        frame + bytes.fromhex("0000000a0e0e0e0e0e0e")
    )
    assert good == asked()
    assert isinstance(broken.error, DecodeError)  # type: ignore[union-attr]  # it is Broken


def test_inventing_lengths_and_names_costs_a_bounded_memory() -> None:
    for size in range(2 * shapes.SHAPES):
        teach(asked(body=b"x" * size))
        assert len(shapes._shapes) <= shapes.SHAPES
    for number in range(1000, 1000 + 2 * shapes.NAMES):
        frame = teach(asked(function=f"f{number}"))
        assert len(shapes._shapes[len(frame)].names) <= shapes.NAMES
        assert read(frame)[1] == len(frame)
