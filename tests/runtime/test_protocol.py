"""Frames, packets, events: the bytes that other runtimes write and read."""

from __future__ import annotations

import itertools
import json
import tracemalloc
from pathlib import Path

import pytest
from tars_runtime.protocol import (
    Broken,
    ClientWire,
    FrameReader,
    Push,
    Reconnect,
    Request,
    Response,
    ServerWire,
    envelope,
    packets,
    read_datagram,
    send_error,
    send_push,
    send_reconnect,
    send_reply,
    send_request,
)
from tars_runtime.protocol.success import write_success

CAPTURES = json.loads((Path(__file__).parent / "captures.json").read_text())
HELLO = Request(
    request_id=1,
    servant="App.Server.HelloObj",
    function="hello",
    body=bytes.fromhex("160474617273"),
    timeout_ms=3000,
)
HELLO_BYTES = bytes.fromhex(
    "00000037 1001 2C 3C 4001 5613 4170702E5365727665722E48656C6C6F4F626A"
    "6605 68656C6C6F 7D00 0006 160474617273 810BB8 980C A80C"
)

IDS = [1, -1, 127, 128, -129, 32767, 32768, 2**31 - 1, -(2**31)]
BODIES = [b"", b"x" * 5, b"y" * 127, b"y" * 128, b"z" * 256, b"q" * 40000]


def test_a_request_has_the_bytes_of_go_and_node() -> None:
    assert send_request(HELLO) == HELLO_BYTES
    assert ServerWire().receive_data(HELLO_BYTES) == [HELLO]


def test_a_reply_has_the_bytes_of_go_and_node() -> None:
    reply = send_reply(HELLO, bytes.fromhex("0C26026869"))
    assert reply.hex() == "0000001610012c30014c5c6d0000050c26026869780c"
    assert ClientWire().receive_data(reply) == [
        Response(request_id=1, body=bytes.fromhex("0C26026869"))
    ]


def test_an_error_carries_its_text_always() -> None:
    assert send_error(HELLO, -3, "no func").hex() == (
        "0000001a10012c30014c50fd6d000c780c86076e6f2066756e63"
    )
    assert send_error(HELLO, -3, "").hex() == "0000001310012c30014c50fd6d000c780c8600"


def test_reconnect_has_the_bytes_of_go() -> None:
    frame = send_reconnect()
    assert frame.hex() == "0000001c10012c3c4c5c6d000c780c860b5f7265636f6e6e6563745f"
    assert ClientWire().receive_data(frame) == [Reconnect()]


def test_a_push_names_its_function() -> None:
    (event,) = ClientWire().receive_data(send_push(b"\x00\x01", function="onQuery"))
    assert isinstance(event, Push)
    assert (event.function, event.packet.body) == ("onQuery", b"\x00\x01")


@pytest.mark.parametrize(
    "capture", CAPTURES, ids=lambda c: f"{c['server']} {c['case']}"
)
def test_answers_of_other_servers_are_understood(capture: dict[str, str]) -> None:
    events = ClientWire().receive_data(bytes.fromhex(capture["reply_hex"]))
    assert not [each for each in events if isinstance(each, Broken)]
    if "ping" in capture["case"]:
        assert events == [Response(request_id=1, body=events[0].body)]  # type: ignore[union-attr]  # see above


def test_the_short_way_reads_and_writes_what_the_schema_does() -> None:
    names = envelope.names_of("App.Server.Obj", "call")
    assert names is not None
    for request_id, body, timeout in itertools.product(
        IDS, BODIES, [0, 1, 127, 128, 3000, 32768, 2**31 - 1]
    ):
        request = Request(
            request_id=request_id,
            servant="App.Server.Obj",
            function="call",
            body=body,
            timeout_ms=timeout,
        )
        frame = envelope.write_request(request_id, names, body, timeout)
        assert frame == send_request(request)
        assert envelope.read_request(frame[4:]) == request
        assert packets.READ_REQUEST.parse(frame[4:]) == request


def test_the_short_way_answers_what_the_schema_does() -> None:
    for request_id, body in itertools.product(IDS, BODIES):
        response = Response(request_id=request_id, body=body)
        frame = write_success(request_id, body)
        assert int.from_bytes(frame[:4], "big") == len(frame)
        assert frame[4:] == packets.WRITE_SUCCESS.build(response)
        assert envelope.read_response(frame[4:]) == response
    assert write_success(0, b"x")[4:] == packets.WRITE_SUCCESS.build(
        Response(body=b"x")
    )


def test_the_short_way_leaves_damaged_packets_to_the_schema() -> None:
    packet = HELLO_BYTES[4:]
    for cut in range(len(packet)):
        short = envelope.read_request(packet[:cut])
        assert short is None or short == packets.READ_REQUEST.parse(packet[:cut])
    for at, value in itertools.product(range(len(packet)), (0x00, 0x0C, 0x7F, 0xFF)):
        damaged = packet[:at] + bytes((value,)) + packet[at + 1 :]
        short = envelope.read_request(damaged)
        assert short is None or short == packets.READ_REQUEST.parse(damaged)


def test_frames_in_any_pieces_are_the_same() -> None:
    stream = HELLO_BYTES * 3
    for size in range(1, len(stream)):
        wire = ServerWire()
        events = [
            event
            for at in range(0, len(stream), size)
            for event in wire.receive_data(stream[at : at + size])
        ]
        assert events == [HELLO] * 3
        assert not wire.unfinished


@pytest.mark.parametrize("length", ["00000000", "00000004", "ffffffff", "80000000"])
def test_a_wrong_length_breaks_before_anything_is_kept(length: str) -> None:
    reader = FrameReader()
    assert reader.feed(HELLO_BYTES + bytes.fromhex(length) + b"x") == [HELLO_BYTES[4:]]
    assert "expected a frame of 5 to" in str(reader.error)
    assert not reader.unfinished
    assert reader.feed(HELLO_BYTES) == []


def test_a_slow_drip_costs_its_bytes() -> None:
    size = 200_000
    reader = FrameReader()
    tracemalloc.start()
    reader.feed((size + 4).to_bytes(4, "big"))
    for _ in range(size - 1):
        reader.feed(b"x")
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 2 * size
    assert reader.feed(b"x") == [b"x" * size]


def test_a_packet_that_is_none_breaks_the_connection() -> None:
    (event,) = ServerWire().receive_data(bytes.fromhex("0000000a0e0e0e0e0e0e"))
    assert isinstance(event, Broken)
    (answer,) = ClientWire().receive_data(bytes.fromhex("0000000a0e0e0e0e0e0e"))
    assert isinstance(answer, Broken)


def test_nested_heads_in_an_envelope_are_refused_quickly() -> None:
    packet = b"\x0a" * 5_000_000
    frame = (len(packet) + 4).to_bytes(4, "big") + packet
    (event,) = ServerWire().receive_data(frame)
    assert isinstance(event, Broken)
    assert "at most 64 nested values" in str(event.error)


def test_ids_go_around_without_zero() -> None:
    wire = ClientWire()
    wire._last_id = 2**31 - 2
    assert [wire.next_id() for _ in range(3)] == [2**31 - 1, 1, 2]


def test_tup_errors_have_a_valid_map_and_the_status() -> None:
    request = Request(version=3, request_id=7, servant="A.B.C", function="f")
    (answer,) = ClientWire().receive_data(send_error(request, -3, "no"))
    assert isinstance(answer, Response)
    assert (answer.ret, answer.text, answer.body) == (-3, "no", b"\x08\x0c")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", None),
        (b"\x00", None),
        (HELLO_BYTES, HELLO_BYTES[4:]),
        (HELLO_BYTES + b"x", None),
        (HELLO_BYTES[:-1], None),
        (b"\x00\x00\x00\x04", None),
    ],
)
def test_a_datagram_is_one_frame(data: bytes, expected: bytes | None) -> None:
    assert read_datagram(data) == expected
