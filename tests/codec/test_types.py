"""Every type at its edges, on every engine: ranges, tags, strings, arrays, defaults."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field
from typing import Any

import pytest
from tars_runtime import codec

from tests.codec.engines import every
from tests.codec.schemas import INTEGERS
from tests.wire import vec


def crosses(of: codec.Type[Any], value: Any, text: str | None = None) -> None:
    """The value survives, with these bytes if given, on every engine."""
    for engine in every(of):
        data = engine.build(value)
        if text is not None:
            assert data.hex() == text, engine.name
        assert repr(engine.parse(data)) == repr(value), engine.name


def refused(of: codec.Type[Any], value: Any, match: str) -> None:
    """Every engine refuses the value, with this reason."""
    for engine in every(of):
        with pytest.raises(codec.EncodeError, match=match):
            engine.build(value)


@pytest.mark.parametrize("name", INTEGERS)
def test_integers_keep_to_their_range(name: str) -> None:
    of, low, high = INTEGERS[name]
    for value in (low, low + 1, 0, 1, high - 1, high):
        crosses(of, value)
    for value in (low - 1, high + 1, 1 << 70, -(1 << 70)):
        refused(of, value, f"expected {name} from {low} to {high}, got")
    refused(of, 1.0, f"expected {name}, got float")
    refused(of, "1", f"expected {name}, got str")
    refused(of, None, f"expected {name}, got NoneType")


@pytest.mark.parametrize("tag", [*range(256)])
def test_every_tag(tag: int) -> None:
    head = bytes((tag << 4,)) if tag < 15 else bytes((0xF0, tag))
    for engine in every(codec.at(tag, codec.BYTE)):
        assert engine.build(5) == head + b"\x05"
        assert engine.parse(head + b"\x05") == 5


def test_tags_beyond_a_byte_are_refused_when_declared() -> None:
    for tag in (-1, 256):
        with pytest.raises(ValueError, match="expected a tag from 0 to 255"):
            codec.require(tag, "x", codec.INT)
        with pytest.raises(ValueError, match="expected a tag from 0 to 255"):
            codec.at(tag, codec.INT)


@pytest.mark.parametrize("size", [0, 1, 254, 255, 256, 65535, 65536])
def test_strings_count_bytes(size: int) -> None:
    crosses(codec.STRING, "a" * size)
    crosses(codec.STRING, "é" * (size // 2))
    crosses(codec.STRING, "a" + "中" * (size // 3) + "b")


def test_characters_across_the_limit_of_a_byte_count() -> None:
    for size in (84, 85, 86):
        short = 3 * size <= 255
        for engine in every(codec.STRING):
            assert (engine.build("中" * size)[0] == 6) is short


def test_text_that_is_no_unicode() -> None:
    refused(codec.STRING, "\ud800", r"expected utf-8 text, got U\+D800")
    loose = codec.string("surrogateescape")
    for engine in every(loose):
        text = engine.parse(b"\x06\x02\xffa")
        assert text == "\udcffa"
        assert engine.build(text) == b"\x06\x02\xffa"
    crosses(codec.string("gbk"), "中文", "0604d6d0cec4")
    refused(codec.string("idna"), "a..b", "expected idna text, got ")  # it may say what


def test_floats_keep_their_bits() -> None:
    for value in (0.0, -0.0, 1.5, math.inf, -math.inf, 5e-324, 1.7976931348623157e308):
        crosses(codec.DOUBLE, value, "05" + struct.pack(">d", value).hex())
    crosses(codec.FLOAT, 3.4028234663852886e38, "047f7fffff")
    for bits in ("7ff8000000000001", "fff8000000abcdef"):
        nan = struct.unpack(">d", bytes.fromhex(bits))[0]
        for engine in every(codec.DOUBLE):
            data = engine.build(nan)
            assert data.hex() == "05" + bits
            assert struct.pack(">d", engine.parse(data)).hex() == bits
    for engine in every(codec.FLOAT):
        assert (
            engine.build(engine.parse(bytes.fromhex("047fc12345"))).hex()
            == "047fc12345"
        )
    refused(codec.FLOAT, 1e300, "expected float, got a larger number")
    refused(codec.DOUBLE, "1", "expected double, got str")
    crosses(codec.vector(codec.DOUBLE), [0.5, 2.0])
    for engine in every(codec.DOUBLE):
        assert engine.build(3) == engine.build(3.0)  # an int is a float to Python, too


def test_bytes_of_all_lengths_and_kinds() -> None:
    for size in (0, 1, 127, 128, 255, 32768):
        crosses(codec.BYTES, bytes(size))
    for engine in every(codec.BYTES):
        assert engine.build(bytearray(b"ab")) == engine.build(b"ab")
        assert engine.build(memoryview(b"ab")) == engine.build(b"ab")
    refused(codec.BYTES, "ab", "expected bytes, got str")
    refused(codec.BYTES, [1], "expected bytes, got list")


def test_arrays_hold_so_many_and_no_more() -> None:
    three = codec.array(codec.INT, 3)
    for some in ([], [1], [1, 2, 3]):
        crosses(three, some)
    refused(three, [1, 2, 3, 4], r"expected int\[3\], got 4 elements")
    four = codec.vector(codec.INT).encode([1, 2, 3, 4])
    for engine in every(three):
        with pytest.raises(
            codec.DecodeError, match=r"expected int\[3\], got 4 elements"
        ):
            engine.parse(four)
    crosses(codec.array(codec.BYTE, 4), [-128, 127, 0, 5], "0d000004807f0005")
    refused(
        codec.array(codec.BYTE, 4), [200], "expected byte from -128 to 127, got 200"
    )
    for length in (0, 1 << 20):
        with pytest.raises(ValueError, match="expected an array length"):
            codec.array(codec.INT, length)


def test_vectors_of_one_width_and_of_many() -> None:
    for items in (
        [1] * 20,
        [0] * 20,
        [-1] * 20,
        [300] * 20,
        [70000] * 20,
        [1 << 40] * 20,
        [-(1 << 40)] * 20,
        [1, 300] * 10,
        [*range(-200, 1200)],
        [(1 << 63) - 1, -(1 << 63)] * 9,
    ):
        crosses(codec.vector(codec.LONG), items)
    refused(codec.vector(codec.BYTE), [1] * 20 + [128], r"got 128")
    refused(codec.vector(codec.SHORT), [40000] * 20, r"got 40000")
    refused(codec.vector(codec.INT), [1, 2.5], r"expected int, got float")


def test_elements_are_lists_or_what_iterates() -> None:
    of = codec.vector(codec.INT)
    for engine in every(of):
        for items in ((1, 2), {1: 0, 2: 0}.keys(), range(1, 3)):
            assert engine.build(items) == engine.build([1, 2])
    for value in ("12", b"12", {1: 2}, 5, None):
        refused(of, value, "expected vector<int>, got")


def test_enums_are_open() -> None:
    of = codec.enum(vec.Color)
    crosses(of, vec.Color.NEG, "00ff")
    crosses(of, 77, "004d")
    for engine in every(of):
        assert type(engine.parse(b"\x00\x05")) is vec.Color
        assert type(engine.parse(b"\x00\x4d")) is int
    refused(of, 1 << 31, "expected int from")
    with pytest.raises(ValueError, match="expected an IntEnum class"):
        codec.enum(int)  # type: ignore[type-var]


def test_bools_are_bools() -> None:
    crosses(codec.BOOL, True, "0001")
    crosses(codec.BOOL, False, "0c")
    refused(codec.BOOL, 1, "expected bool, got int")
    refused(codec.BOOL, None, "expected bool, got NoneType")


def test_maps_keep_their_order_and_the_last_of_equal_keys() -> None:
    of = codec.map_of(codec.INT, codec.STRING)
    crosses(of, {2: "b", 1: "a"})
    data = bytes.fromhex("080002 0001160161 0001160162".replace(" ", ""))
    for engine in every(of):
        assert engine.parse(data) == {1: "b"}
    refused(of, [(1, "a")], "expected map<int, string>, got list")


def test_canonical_maps_are_sorted_by_the_bytes_of_their_keys() -> None:
    canonical = codec.Options(canonical=True)
    one, other = vec.Opt(m={"b": "2", "a": "1"}), vec.Opt(m={"a": "1", "b": "2"})
    assert codec.encode(one) != codec.encode(other)
    assert codec.encode(one, options=canonical) == codec.encode(
        other, options=canonical
    )


@dataclass(slots=True, unsafe_hash=True)
class Key:
    a: int = 0
    b: str = ""


codec.struct(
    Key, codec.require(0, "a", codec.INT), codec.optional(1, "b", codec.STRING)
)


@dataclass(slots=True)
class Unhashable:
    a: int = 0


codec.struct(Unhashable, codec.require(0, "a", codec.INT))


def test_structs_as_keys() -> None:
    crosses(codec.map_of(Key, codec.INT), {Key(1, "x"): 1, Key(2): 2})
    data = codec.map_of(Key, codec.INT).encode({Key(1): 1})
    for engine in every(codec.map_of(Unhashable, codec.INT)):
        with pytest.raises(codec.DecodeError, match="expected a hashable key"):
            engine.parse(data)


def test_elision_compares_what_would_be_written() -> None:
    for engine in every(codec.schema(vec.Opt)):
        assert engine.build(vec.Opt()).hex() == "200160059a0c0b"
        kept = engine.build(vec.Opt(d=1.5000005, f=-0.0, l=0, i=8, s="dfl"))
        back = engine.parse(kept)
        assert (back.d, back.l, back.i, back.s) == (1.5000005, 0, 8, "dfl")
        assert math.copysign(1, back.f) == -1


def test_everything_is_written_when_asked() -> None:
    everything = codec.Options(elide="none")
    wanted = vec.RECORDS["struct/Opt/default/body"]["node_hex"]
    for _ in range(10):
        data = codec.encode(vec.Opt(f=1.0), options=everything)
        assert data.hex() == wanted[:-2] + "c43f800000"


@dataclass(slots=True)
class Chatty:
    x: int = 5


codec.struct(Chatty, codec.optional(0, "x", codec.INT), elide="none")


def test_a_struct_may_write_everything_whatever_the_options_say() -> None:
    crosses(codec.schema(Chatty), Chatty(), "0005")


@dataclass(slots=True)
class Chain:
    name: str = ""
    next: Any = None


codec.struct(
    Chain,
    codec.require(0, "name", codec.STRING),
    codec.optional(1, "next", codec.ref(lambda: Chain)),
)


def test_a_struct_may_hold_itself() -> None:
    chain = Chain("a", Chain("b", Chain("c")))
    crosses(codec.schema(Chain), chain, "0601611a0601621a0601630b0b")


@dataclass(slots=True)
class Mangled:
    from_: int = 0


codec.struct(Mangled, codec.require(3, "from", codec.INT, attr="from_"))


def test_the_attribute_may_have_another_name_than_the_member() -> None:
    crosses(codec.schema(Mangled), Mangled(7), "3007")
    for engine in every(codec.schema(Mangled)):
        with pytest.raises(codec.DecodeError) as caught:
            engine.parse(b"")
        assert caught.value.path == "from"


@dataclass
class Loose:
    """A dataclass without slots: the native engine leaves it to the compiled one."""

    x: int = 0
    tags: list[str] = field(default_factory=list)


codec.struct(
    Loose,
    codec.require(0, "x", codec.INT),
    codec.optional(1, "tags", codec.vector(codec.STRING)),
)


def test_a_class_without_slots_works_on_the_engine_that_runs() -> None:
    for number in range(20):
        value = Loose(number, ["a"])
        assert codec.decode(Loose, codec.encode(value)) == value
    with pytest.raises(codec.DecodeError, match="at x"):
        codec.decode(Loose, b"")


def test_wrong_declarations_are_refused_at_once() -> None:
    with pytest.raises(ValueError, match="expected different tags, got 1 for a and b"):
        codec.arguments(
            codec.require(1, "a", codec.INT), codec.require(1, "b", codec.INT)
        )
    with pytest.raises(ValueError, match="expected a Python name, got 'a b'"):
        codec.require(1, "a b", codec.INT)
    with pytest.raises(ValueError, match="expected a Python name, got 'class'"):
        codec.require(1, "class", codec.INT)
    with pytest.raises(
        ValueError, match=r"describe the class with codec\.struct first"
    ):
        codec.require(1, "a", dict)
    with pytest.raises(ValueError, match="expected a field 'y' in Loose, got none"):
        codec.struct(Loose, codec.require(0, "y", codec.INT))
    with pytest.raises(ValueError, match="expected a dataclass"):
        codec.struct(int, codec.require(0, "y", codec.INT))
    with pytest.raises(ValueError, match='expected elide="cpp" or "none"'):
        codec.Options(elide="all")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="expected text="):
        codec.Options(text="klingon")
    with pytest.raises(ValueError, match="the name of a codec, got 'hex'"):
        codec.Options(text="hex")  # a codec of bytes, not of text
    with pytest.raises(ValueError, match="expected depth from 1 to 256"):
        codec.Limits(depth=100000)
    with pytest.raises(ValueError, match="expected bytes, got str"):
        codec.decode(vec.Inner, "text")  # type: ignore[arg-type]


def test_arguments_and_results() -> None:
    takes = codec.arguments(
        codec.require(3, "c", codec.STRING), codec.require(1, "a", codec.INT)
    )
    crosses(takes, ("x", 5), "1005360178")
    refused(takes, ("x",), "expected 2 arguments, got 1")
    refused(takes, (5, 5), "expected string, got int")
    crosses(codec.arguments(), (), "")
    crosses(codec.result(codec.INT), 5, "0005")
    crosses(codec.result(vec.Inner), vec.Inner(id=1), "0a00010b")
    crosses(codec.result(codec.VOID), None, "")
    for engine in every(codec.result(codec.VOID)):
        assert engine.parse(b"\x00\x05") is None
    refused(codec.VOID, 5, "expected void, got int")
