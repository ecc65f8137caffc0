"""Ten megabytes that ask for more: refused at once, or after a bounded walk, in little memory."""

from __future__ import annotations

import time
import tracemalloc
from dataclasses import dataclass, field
from typing import Any

import pytest
from tars_runtime import codec

from tests.codec.engines import every

SIZE = 10_000_000


@dataclass(slots=True)
class Guest:
    ids: list[int] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    raw: bytes = b""


codec.struct(
    Guest,
    codec.optional(3, "ids", codec.vector(codec.INT)),
    codec.optional(4, "names", codec.map_of(codec.STRING, codec.STRING)),
    codec.optional(5, "raw", codec.BYTES),
)

AT_ONCE: dict[str, bytes] = {
    "nested structs in front": b"\x0a" * SIZE,
    "nested structs in front, closed": b"\x0a" * (SIZE // 2) + b"\x0b" * (SIZE // 2),
    "nested lists in front": b"\x09\x00\x01" * (SIZE // 3),
    "nested maps in front": b"\x08\x00\x01\x0c\x18" * (SIZE // 5),
    "a vector of 2^31-1": b"\x39\x02\x7f\xff\xff\xff" + bytes(SIZE),
    "a vector of 2^24 over the elements": b"\x39\x02\x00\x98\x96\x00" + b"\x0c" * SIZE,
    "a map of 2^31-1": b"\x48\x02\x7f\xff\xff\xff" + bytes(SIZE),
    "a map of 2^31 in front": b"\x08\x02\x80\x00\x00\x00" + bytes(SIZE),
    "a map whose doubled count wraps": b"\x08\x02\x40\x00\x00\x00" + bytes(SIZE),
    "bytes of 2^31-1": b"\x5d\x00\x02\x7f\xff\xff\xff" + bytes(SIZE),
    "a string of 2^32-1 in front": b"\x07\xff\xff\xff\xff" + bytes(SIZE),
    "a skipped list of 10 million": b"\x09\x02\x00\x98\x96\x80" + b"\x0c" * SIZE,
}

AFTER_A_WALK: dict[str, bytes] = {
    "members without end": b"\x0c" * SIZE,
    "a million elements and no more": b"\x09\x02\x00\x0f\x42\x3f" + b"\x0c" * SIZE,
}


def spent(call: Any, data: bytes) -> float:
    """Processor seconds of the quickest of three refusals."""
    times = []
    for _ in range(3):
        start = time.process_time()
        with pytest.raises(codec.DecodeError):
            call(data)
        times.append(time.process_time() - start)
    return min(times)


@pytest.mark.parametrize("what", AT_ONCE)
def test_refused_at_once(what: str) -> None:
    for engine in every(codec.schema(Guest)):
        assert spent(engine.parse, AT_ONCE[what]) < 0.010, engine.name


@pytest.mark.parametrize("what", AT_ONCE)
def test_refused_in_little_memory(what: str) -> None:
    data = AT_ONCE[what]
    for engine in every(codec.schema(Guest)):
        with pytest.raises(codec.DecodeError):  # what is made once is not the bomb's
            engine.parse(data[:16])
        tracemalloc.start()
        with pytest.raises(codec.DecodeError):
            engine.parse(data)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 1_000_000, (engine.name, peak)


@pytest.mark.parametrize("what", AFTER_A_WALK)
def test_the_elements_limit_ends_a_walk(what: str) -> None:
    for engine in every(codec.schema(Guest)):
        start = time.process_time()
        with pytest.raises(codec.DecodeError, match="at most 1000000 elements"):
            engine.parse(AFTER_A_WALK[what])
        assert (
            time.process_time() - start < 10
        ), "a million steps of Python, and no more"


def test_ten_mebibytes_of_bytes_are_copied_at_most_twice() -> None:
    data = codec.encode(Guest(raw=bytes(10 << 20)))
    for engine in every(codec.schema(Guest)):
        engine.parse(data)
        tracemalloc.start()
        value = engine.parse(data)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert len(value.raw) == 10 << 20
        assert peak < (20 << 20) + 100_000, engine.name


@dataclass(slots=True)
class Node:
    kids: list[Any] = field(default_factory=list)


codec.struct(
    Node,
    codec.optional(0, "kids", codec.vector(codec.ref(lambda: Node))),
)


def nested(levels: int) -> bytes:
    """A Node in a Node, two open values each."""
    return b"\x09\x00\x01\x0a" * levels + b"\x0b" * levels


def test_depth_counts_structs_and_containers_on_both_ways() -> None:
    for engine in every(codec.schema(Node)):
        deep = engine.parse(nested(32))
        assert engine.build(deep) == nested(32)
        with pytest.raises(codec.DecodeError, match="at most 64 nested values"):
            engine.parse(nested(33))
        top = Node([deep])
        with pytest.raises(codec.EncodeError, match="at most 64 nested values"):
            engine.build(top)


def test_a_value_that_holds_itself_is_refused() -> None:
    loop = Node()
    loop.kids.append(loop)
    for engine in every(codec.schema(Node)):
        with pytest.raises(codec.EncodeError, match="may hold itself"):
            engine.build(loop)


def test_limits_are_what_the_caller_says() -> None:
    tight = codec.Limits(depth=4, string=3, elements=5, message=40)
    for data, allowed in (
        (nested(2), True),
        (nested(3), False),
        (b"\x06\x03abc", True),
        (b"\x06\x04abcd", False),
        (b"\x09\x00\x05" + b"\x0c" * 5, True),
        (b"\x09\x00\x06" + b"\x0c" * 6, False),
        (b"\x06\x00" * 20, True),
        (b"\x06\x00" * 21, False),
    ):
        of: Any = {0x09: codec.vector(codec.INT), 0x06: codec.STRING}[data[0]]
        of = Node if data[3:4] == b"\x0a" else of
        for _ in range(10):
            if allowed:
                codec.decode(of, data, limits=tight)
            else:
                with pytest.raises(codec.DecodeError, match="at most"):
                    codec.decode(of, data, limits=tight)


def test_a_shallow_stack_gives_a_decode_error_too() -> None:
    generous = codec.Limits(depth=256)

    def deeper(levels: int) -> None:
        if levels:
            deeper(levels - 1)
        else:
            codec.schema(Node).decode(nested(120), limits=generous)

    with pytest.raises(codec.DecodeError, match="nested values"):
        deeper(700)
