"""The laws of the wire: type codes, heads, and the shortest form of an integer.

A value is a *head* (its tag and a type code) and a payload. The head is one byte,
``tag << 4 | code``, for tags below 15; for 15 to 255 it is ``0xF0 | code`` and the tag.
docs/wire.md has the whole format; the type codes are those of TarsCpp ``Tars.h``.
"""

from __future__ import annotations

from functools import cache
from struct import Struct
from typing import Final

__all__ = [
    "BEGIN",
    "DOUBLE",
    "END",
    "FLOAT",
    "INT8",
    "INT16",
    "INT32",
    "INT64",
    "LIST",
    "MAP",
    "NAMES",
    "SIMPLE",
    "STRING1",
    "STRING4",
    "WIDTHS",
    "ZERO",
    "head",
    "integer",
    "name_of",
]

INT8: Final = 0
INT16: Final = 1
INT32: Final = 2
INT64: Final = 3
FLOAT: Final = 4
DOUBLE: Final = 5
STRING1: Final = 6
STRING4: Final = 7
MAP: Final = 8
LIST: Final = 9
BEGIN: Final = 10
END: Final = 11
ZERO: Final = 12
SIMPLE: Final = 13

NAMES: Final = (
    "INT8",
    "INT16",
    "INT32",
    "INT64",
    "FLOAT",
    "DOUBLE",
    "STRING1",
    "STRING4",
    "MAP",
    "LIST",
    "STRUCT_BEGIN",
    "STRUCT_END",
    "ZERO",
    "SIMPLE_LIST",
)
"""What the type codes are called, in messages and in the output of ``inspect``."""

WIDTHS: Final = {
    INT8: 1,
    INT16: 2,
    INT32: 4,
    INT64: 8,
    FLOAT: 4,
    DOUBLE: 8,
    ZERO: 0,
}
"""Payload bytes of the type codes that have a fixed number of them."""

_INT8 = Struct(">b").pack
_INT16 = Struct(">h").pack
_INT32 = Struct(">i").pack
_INT64 = Struct(">q").pack


def name_of(code: int) -> str:
    """The name of a type code, or what can be said of an unknown one."""
    return NAMES[code] if code < len(NAMES) else f"unknown type {code}"


@cache  # 256 tags x 14 codes at most
def head(tag: int, code: int) -> bytes:
    """The head for ``tag`` and type ``code``, in its canonical (shortest) form."""
    if tag < 15:
        return bytes((tag << 4 | code,))
    return bytes((0xF0 | code, tag))


def integer(tag: int, value: int) -> bytes:
    """``value`` with its head, in the smallest type that holds it.

    Raises ``struct.error`` beyond 64 bits.
    """
    if value == 0:
        return head(tag, ZERO)
    if -0x80 <= value <= 0x7F:
        return head(tag, INT8) + _INT8(value)
    if -0x8000 <= value <= 0x7FFF:
        return head(tag, INT16) + _INT16(value)
    if -0x80000000 <= value <= 0x7FFFFFFF:
        return head(tag, INT32) + _INT32(value)
    return head(tag, INT64) + _INT64(value)
