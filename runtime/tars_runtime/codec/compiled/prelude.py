"""What emitted code calls to read, and the way out of the fast path.

Emitted code takes the usual shortcuts only. Whatever is unusual raises `Fault`, or anything
else; the function then hands the whole message to the reference engine, which gives the value
or the error with its path. So both engines agree by construction.
"""

from __future__ import annotations

from struct import Struct
from sys import byteorder
from typing import TYPE_CHECKING, Any, Final, Literal

from tars_runtime.codec import wire
from tars_runtime.codec.options import DEFAULT, LIMITS
from tars_runtime.codec.reader import Reader

if TYPE_CHECKING:
    from tars_runtime.codec.kinds.slots import Slot

__all__ = ["NAMES", "Fault"]


class Fault(Exception):
    """Not a case for the fast path."""


new = object.__new__

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


def slow(b: bytes, i: int, slot: Slot, depth: int) -> tuple[Any, int, int]:
    """A member by the reference engine: other tags stand before it, or its head is unusual.

    The value, where it ends, and the byte there.
    """
    reader = _reader(b, i, depth)
    value = slot.read(reader)
    return value, reader.pos, b[reader.pos] if reader.pos < len(b) else wire.END


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


NAMES: Final = (
    "Fault",
    "S8",
    "S8H",
    "count",
    "new",
    "rest",
    "run",
    "slow",
    "u2",
    "u4",
    "u4l",
    "u8",
    "ud",
    "uf",
)
"""What emitted modules import from here."""
