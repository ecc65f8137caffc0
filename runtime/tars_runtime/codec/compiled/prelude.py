"""What emitted functions call: tables of ready-made bytes, and the ways out of the fast path.

Emitted code takes the usual shortcuts only. Whatever is unusual raises `Fault`, or anything
else; the function then hands the whole message to the reference engine, which gives the value
or the error with its path. So both engines agree by construction.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import count as counter
from struct import Struct
from sys import byteorder
from typing import TYPE_CHECKING, Any, Final, Literal, NoReturn

from tars_runtime.codec import wire
from tars_runtime.codec.options import DEFAULT, LIMITS
from tars_runtime.codec.reader import Reader
from tars_runtime.codec.writer import Writer

if TYPE_CHECKING:
    from tars_runtime.codec.kinds.structs import Slot

__all__ = ["NAMES", "Fault", "held", "hold"]


class Fault(Exception):
    """Not a case for the fast path."""


new = object.__new__
utf8 = str.encode

S8: Final = (*range(128), *range(-128, 0))
"""A byte as a signed number."""

S8H: Final = tuple(number << 8 for number in S8)
"""The upper byte of a signed INT16."""

u2 = Struct(">h").unpack_from
u4 = Struct(">i").unpack_from
u8 = Struct(">q").unpack_from
u4l = Struct(">I").unpack_from
uf = Struct(">f").unpack_from
ud = Struct(">d").unpack_from

_SMALL = range(-128, 1024)
_BYTES = [bytes((number,)) for number in range(256)]


def fault(_value: object) -> NoReturn:
    """Leave the fast path from within an expression."""
    raise Fault


# Tables of heads. They are shared by all types, and small: made when a schema needs them.


@cache
def integers(tag: int, elided: int | None) -> list[bytes]:
    """``table[n]`` is the whole of integer ``n`` from -128 to 1023; nothing for ``elided``."""
    short, long = wire.head(tag, wire.INT8), wire.head(tag, wire.INT16)
    table = [short + byte for byte in _BYTES[:128]]
    table += [long + n.to_bytes(2, "big") for n in range(128, 1024)]
    table += [short + byte for byte in _BYTES[128:]]
    table[0] = wire.head(tag, wire.ZERO)
    if elided is not None and elided in _SMALL:
        table[elided] = b""
    return table


@cache
def strings(tag: int, elided: bool) -> list[bytes]:
    """``table[n]`` is head and length of a string of n bytes, below 256."""
    table = [wire.head(tag, wire.STRING1) + byte for byte in _BYTES]
    if elided:
        table[0] = b""
    return table


@cache
def counts(tag: int, code: int, elided: bool) -> list[bytes]:
    """``table[n]`` is head and count of a LIST, MAP or SIMPLE_LIST of n below 128."""
    head = wire.head(tag, code) + (b"\0" if code == wire.SIMPLE else b"")
    table = [head + wire.integer(0, n) for n in range(128)]
    if elided:
        table[0] = b""
    return table


@cache
def packer(shape: str) -> Callable[..., bytes]:
    """``pack(head, value)`` for one fixed-size type."""
    return Struct(shape).pack


def long_count(tag: int, code: int, number: int) -> bytes:
    """Head and count of a container of any size."""
    simple = b"\0" if code == wire.SIMPLE else b""
    return wire.head(tag, code) + simple + wire.integer(0, number)


# Reading.


def count(b: bytes, i: int) -> tuple[int, int]:
    """A count at ``i``, and where it ends."""
    h = b[i]
    if h == wire.ZERO:
        return 0, i + 1
    if h == wire.INT8:
        n, i = S8[b[i + 1]], i + 2
    elif h == wire.INT16:
        n, i = u2(b, i + 1)[0], i + 3
    elif h == wire.INT32:
        n, i = u4(b, i + 1)[0], i + 5
    else:
        raise Fault
    if n < 0:
        raise Fault
    return n, i


def slow(b: bytes, i: int, slot: Slot, depth: int) -> tuple[Any, int]:
    """A member by the reference engine: other tags stand before it, or its head is unusual."""
    from tars_runtime.codec.kinds.structs import read_slot

    reader = _reader(b, i, depth)
    value = read_slot(reader, slot)
    return value, reader.pos


def rest(b: bytes, i: int, depth: int) -> int:
    """Skip the members of a struct that nobody knows, and its end."""
    reader = _reader(b, i, depth)
    reader.rest_of_struct()
    return reader.pos


def _reader(b: bytes, i: int, depth: int) -> Reader:
    reader = Reader(b, DEFAULT, LIMITS)
    reader.pos = i
    reader.depth -= depth
    return reader


_NATIVE: dict[int, Literal["b", "h", "i", "q"]] = {
    wire.INT8: "b",
    wire.INT16: "h",
    wire.INT32: "i",
    wire.INT64: "q",
}


def run(b: bytes, i: int, n: int, widest: int) -> tuple[list[int], int] | None:
    """``n`` integers of one width, all at once; None if their widths differ."""
    code = b[i]
    if code > widest:
        return None
    width = wire.WIDTHS[code]
    step = width + 1
    end = i + n * step
    if b[i:end:step] != bytes((code,)) * n:
        return None
    planes = bytearray(n * width)
    for plane in range(width):
        to = width - 1 - plane if byteorder == "little" else plane
        planes[to::width] = b[i + 1 + plane : end : step]
    numbers: list[int] = memoryview(planes).cast(_NATIVE[code]).tolist()
    return numbers, end


# Writing.


def numbers(items: list[int]) -> bytes:
    """Signed numbers as bytes."""
    return Struct(f">{len(items)}b").pack(*items)


def aside(value: Any, slot: Slot, depth: int, elided: bytes | None) -> bytes:
    """A member by the reference engine."""
    from tars_runtime.codec.kinds.structs import write_slot

    writer = Writer(DEFAULT, LIMITS)
    writer.depth -= depth
    write_slot(writer, slot, value, elided)
    return writer.join()


_CLASSES = {
    wire.INT8: (1, 0x7F, "b"),
    wire.INT16: (0x80, 0x7FFF, "h"),
    wire.INT32: (0x8000, 0x7FFFFFFF, "i"),
    wire.INT64: (0x80000000, 0x7FFFFFFFFFFFFFFF, "q"),
}
"""Per wire type, the positive integers that have no smaller one, and struct's letter."""

_FITS = ((wire.INT8, 8), (wire.INT16, 16), (wire.INT32, 32), (wire.INT64, 64))
_BY_BITS = (
    wire.ZERO,
    *(next(code for code, bits in _FITS if n < bits) for n in range(1, 64)),
)


def uniform(items: list[int], highest: int) -> bytes | None:
    """Elements that are all positive and of one width, all at once; None for others."""
    code = _BY_BITS[items[0].bit_length()]
    if code != _BY_BITS[items[-1].bit_length()]:
        return None
    if code != _BY_BITS[items[len(items) >> 1].bit_length()]:
        return None  # the usual end of mixed widths, found without looking at them all
    if code == wire.ZERO:
        return None
    least, most, shape = _CLASSES[code]
    if min(items) < least or max(items) > min(most, highest):
        return None
    return _spread(items, code, shape)


def _spread(items: list[int], code: int, shape: str) -> bytes:
    n = len(items)
    packed = Struct(f">{n}{shape}").pack(*items)
    width = wire.WIDTHS[code]
    out = bytearray(n * (width + 1))
    out[0 :: width + 1] = bytes((code,)) * n
    for plane in range(width):
        out[plane + 1 :: width + 1] = packed[plane::width]
    return bytes(out)


_held: dict[int, object] = {}
_keys = counter()


def hold(value: object) -> int:
    """Keep an object for the module that is being emitted; `held` gives it there, once."""
    key = next(_keys)
    _held[key] = value
    return key


def held(key: int) -> Any:
    """The object that `hold` kept."""
    return _held.pop(key)


NAMES: Final = (
    "Fault",
    "S8",
    "S8H",
    "aside",
    "count",
    "counts",
    "fault",
    "held",
    "integers",
    "long_count",
    "new",
    "numbers",
    "packer",
    "rest",
    "run",
    "slow",
    "strings",
    "u2",
    "u4",
    "u8",
    "u4l",
    "ud",
    "uf",
    "uniform",
    "utf8",
)
"""What every emitted module imports from here."""
