"""What kills or tricks other runtimes, thrown at a running server that must still answer.

Each case is named after the weakness; a well-meant call from another connection follows it.
"""

from __future__ import annotations

import gc
import logging
import struct
import tracemalloc

import pytest
from Demo import GreeterProxy, Greeting
from greeter import Greeter
from tars_runtime import testing
from tars_runtime.errors import ServerError
from victim import MEBIBYTE, Victim, answers, frame, request

GREETING = b"\x1a\x06\x01x"
"""The struct of greet's argument at tag 1, its require name "x"."""
NEGATIVE, NESTED, LIE = "a count of 0 or more", "64 nested values", "bytes that remain"
TOO_LONG = "bytes of string"

BAD_BODIES = {
    "S1 negative list count": (GREETING + b"\x39\x00\xff\x0b", NEGATIVE),
    "S1 negative map count": (GREETING + b"\x28\x00\xff\x0b", NEGATIVE),
    "S1 negative bytes count": (GREETING + b"\x4d\x00\x00\xff\x0b", NEGATIVE),
    "S2 5 MB of nested heads": (GREETING + b"\xea" + b"\x0a" * 5_000_000, NESTED),
    "S3 nested structs": (
        GREETING + b"\xea" + b"\x0a" * 100_000 + b"\x0b" * 100_000,
        NESTED,
    ),
    "S3 nested lists": (
        GREETING + b"\xe9\x00\x01" + b"\x09\x00\x01" * 100_000,
        NESTED,
    ),
    "S3 nested maps": (
        GREETING + b"\xe8\x00\x01\x0c" + b"\x18\x00\x01\x0c" * 100_000,
        NESTED,
    ),
    "S5 list of two thousand million": (
        GREETING + b"\x39\x02\x7f\xff\xff\xff\x0b",
        LIE,
    ),
    "S6 list of a hundred million": (GREETING + b"\x39\x02\x07\xff\xff\xff\x0b", LIE),
    "S6 bytes of two thousand million": (
        GREETING + b"\x4d\x00\x02\x7f\xff\xff\xff\x0b",
        TOO_LONG,
    ),
    "S22 map count above 31 bits": (
        GREETING + b"\x28\x02\x80\x00\x00\x00\x0b",
        NEGATIVE,
    ),
    "S22 map of two thousand million": (
        GREETING + b"\x28\x02\x7f\xff\xff\xff\x0b",
        LIE,
    ),
    "string longer than the packet": (b"\x1a\x07\xff\xff\xff\xff\x0b", TOO_LONG),
    "no arguments": (b"", "expected Greeting at tag 1"),
    "unknown wire type": (b"\x1e", "unknown type 14"),
    "wrong UTF-8": (b"\x1a\x06\x01\xff\x0b", "expected utf-8 text"),
    "truncated": (GREETING[:-1], "expected 1 bytes, got 0"),
}


@pytest.mark.parametrize(("body", "told"), BAD_BODIES.values(), ids=BAD_BODIES.keys())
async def test_bodies_that_are_none_are_answered(
    victim: Victim, body: bytes, told: str
) -> None:
    (answer,) = answers(await victim.attack(request(body)))
    assert (answer.ret, answer.request_id) == (-1, 1)
    assert told in answer.text, "the limit, not an accident behind it"
    await victim.still_answers()


@pytest.mark.parametrize("name", [name for name in BAD_BODIES if "million" in name])
async def test_lies_about_counts_allocate_nothing(victim: Victim, name: str) -> None:
    """Often enough that every engine of the codec has seen it."""
    body, _ = BAD_BODIES[name]
    gc.collect()
    tracemalloc.start()
    try:
        for _ in range(12):
            (answer,) = answers(await victim.attack(request(body)))
            assert answer.ret == -1
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * MEBIBYTE
    await victim.still_answers()


@pytest.mark.parametrize("version", [2, 3])
async def test_tup_bodies_that_are_none_are_answered(
    victim: Victim, version: int
) -> None:
    for body in (
        b"",
        b"\x08\x00\xff",
        b"\x08\x02\x7f\xff\xff\xff",
        b"\x08\x00\x01\x06\x08greeting\x1d\x00\x00\xff",
        b"\x0a" * 1_000_000,
    ):
        (answer,) = answers(await victim.attack(request(body, version=version)))
        assert answer.ret == -1
    await victim.still_answers()


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"[" * 5_000_000, id="S20 nested arrays"),
        pytest.param(b'{"greeting":' * 100_000, id="S20 nested objects"),
        pytest.param(b'{"greeting": {"name": 1}}', id="wrong type"),
        pytest.param(b'{"greeting": {"name": "\xff"}}', id="wrong UTF-8"),
        pytest.param(b'{"mood": ' + b"9" * 100_000 + b"}", id="a long number"),
        pytest.param(b"null", id="null"),
    ],
)
async def test_json_that_is_none_is_answered(victim: Victim, body: bytes) -> None:
    (answer,) = answers(await victim.attack(request(body, version=5)))
    assert answer.ret == -1
    await victim.still_answers()


FRAME = "expected a frame of 5 to"
BAD_STREAMS = {
    "S15 a length of four thousand million": (b"\xff\xff\xff\xff" + b"x" * 100, FRAME),
    "S15 eleven mebibytes": (struct.pack(">I", 11 * MEBIBYTE) + b"x" * 100, FRAME),
    "a length of zero": (b"\x00\x00\x00\x00", FRAME),
    "S14 an empty packet": (b"\x00\x00\x00\x04\x00\x00\x00\x00", FRAME),
    "S2 nested heads in the envelope": (frame(b"\x0a" * 5_000_000), NESTED),
    "S21 half a head": (frame(b"\xf0"), "expected a tag, got the end"),
    "no version": (frame(b"\x2c\x3c"), "expected short at tag 1"),
    "zeroes": (bytes(100_000), FRAME),
    "HTTP": (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", FRAME),
    "TLS": (bytes.fromhex("16030100a5010000a10303") + bytes(200), FRAME),
    "a context of two thousand million": (
        frame(
            b"\x10\x01\x2c\x3c\x40\x01\x56\x00\x66\x00\x7d\x00\x0c\x8c\x98\x02\x7f\xff\xff\xff"
        ),
        LIE,
    ),
}


@pytest.mark.parametrize(("data", "told"), BAD_STREAMS.values(), ids=BAD_STREAMS.keys())
async def test_streams_that_are_none_are_closed(
    victim: Victim, data: bytes, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "tars.net"):
        assert await victim.attack(data) == b""
    (line,) = caplog.messages
    assert "closed: " in line
    assert told in line, "the limit, not an accident behind it"
    await victim.still_answers()


@pytest.mark.parametrize(
    "name",
    [
        "__proto__",
        "proto__",
        "__class__",
        "__init__",
        "__tars__",
        "hasOwnProperty",
        "resting",
        "",
        "x" * 100_000,
        "greet\x00",
        "../greet",
    ],
    ids=lambda name: name[:20] or "empty",
)
async def test_s13_names_reach_methods_of_the_interface_only(
    victim: Victim, name: str
) -> None:
    for version in (1, 3, 5):
        data = await victim.attack(request(function=name, version=version))
        (answer,) = answers(data)
        assert answer.ret == -3
        assert len(answer.text) < 300
    await victim.still_answers()


async def test_s25_what_exceptions_say_stays_here(victim: Victim) -> None:
    body = Greeter.__tars__[0].arguments.build((Greeting(name="broken"),))
    data = await victim.attack(request(body))
    (answer,) = answers(data)
    assert (answer.ret, answer.text) == (-99, "KeyError")
    assert b"secret" not in data


async def test_code_zero_and_codes_that_close_cpp_clients_are_never_sent() -> None:
    class Odd(Greeter):
        async def greet(self, greeting: Greeting) -> object:  # type: ignore[override]
            raise ServerError(int(greeting.name), "odd")

    greeter = testing.join(GreeterProxy, Odd())
    for code in (0, -100, -(2**31)):
        with pytest.raises(ServerError) as caught:
            await greeter.greet(Greeting(name=str(code)))
        assert caught.value.code == -99
