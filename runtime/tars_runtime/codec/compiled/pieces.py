"""What emitted code calls to write: tables of ready-made bytes, and packers for the rest.

The tables are shared by all types, and small; each is made when a schema needs it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from struct import Struct
from typing import TYPE_CHECKING, Any, Final, NoReturn

from tars_runtime.codec import wire
from tars_runtime.codec.compiled.prelude import Fault
from tars_runtime.codec.options import DEFAULT, LIMITS
from tars_runtime.codec.writer import Writer

if TYPE_CHECKING:
    from tars_runtime.codec.kinds.slots import Slot

__all__ = ["NAMES", "long_count"]

utf8 = str.encode

_SMALL = range(-128, 1024)
_BYTES = [bytes((number,)) for number in range(256)]


def fault(_value: object) -> NoReturn:
    """Leave the fast path from within an expression."""
    raise Fault


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


def numbers(items: list[int]) -> bytes:
    """Signed numbers as bytes."""
    return Struct(f">{len(items)}b").pack(*items)


def aside(value: Any, slot: Slot, depth: int, elided: bytes | None) -> bytes:
    """A member by the reference engine."""
    writer = Writer(DEFAULT, LIMITS)
    writer.depth -= depth
    slot.write(writer, value, elided)
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


NAMES: Final = (
    "aside",
    "counts",
    "fault",
    "integers",
    "long_count",
    "numbers",
    "packer",
    "strings",
    "uniform",
    "utf8",
)
"""What emitted modules import from here."""
