"""Integers of all declared widths, and bool: written in the smallest form, read up to their own.

An unsigned type travels as the next wider signed one, so its range is checked both ways.
"""

from __future__ import annotations

from operator import index
from typing import Final

from tars_runtime.codec import wire
from tars_runtime.codec.reader import Reader
from tars_runtime.codec.types import Type
from tars_runtime.codec.writer import Writer
from tars_runtime.errors import EncodeError

__all__ = [
    "BOOL",
    "BYTE",
    "INT",
    "LONG",
    "SHORT",
    "UNSIGNED_BYTE",
    "UNSIGNED_INT",
    "UNSIGNED_SHORT",
    "Bool",
    "Integer",
]

_BY_WIDTH = (wire.ZERO, wire.INT8, wire.INT16, wire.INT32, wire.INT64)


class Integer(Type[int]):
    """An integer from ``low`` to ``high``, of at most ``1 << width`` bytes on the wire."""

    def __init__(self, label: str, width: int, low: int, high: int) -> None:
        super().__init__()
        self.label = label
        self.low = low
        self.high = high
        self.codes = _BY_WIDTH[: width + 2]
        self.checked = low == 0

    def read(self, reader: Reader, code: int) -> int:
        if code not in self.codes:
            raise self.mismatch(reader, code)
        value = reader.number(code)
        if self.checked and not self.low <= value <= self.high:
            raise reader.fail(f"expected {self._range()}, got {value}")
        return value

    def write(self, writer: Writer, tag: int, value: int) -> None:
        try:
            number = index(value)
        except TypeError:
            raise self.misfit(value) from None
        if not self.low <= number <= self.high:
            raise EncodeError(f"expected {self._range()}, got {_short(number)}")
        writer.put(wire.integer(tag, number))

    def zero(self) -> int:
        return 0

    def _range(self) -> str:
        return f"{self.label} from {self.low} to {self.high}"


class Bool(Type[bool]):
    """A bool: written as 0 or 1; any other INT8 reads as true, as in C++, Go and Java."""

    label = "bool"
    codes = (wire.ZERO, wire.INT8)
    elides = (
        False  # TarsCpp always writes bools; so a default that differs does no harm
    )

    def read(self, reader: Reader, code: int) -> bool:
        if code not in self.codes:
            raise self.mismatch(reader, code)
        return reader.number(code) != 0

    def write(self, writer: Writer, tag: int, value: bool) -> None:
        if value is not True and value is not False:
            raise self.misfit(value)
        writer.put(wire.integer(tag, int(value)))

    def zero(self) -> bool:
        return False


def _short(number: int) -> str:
    """The number, unless nobody could read it."""
    return str(number) if number.bit_length() <= 128 else f"{number.bit_length()} bits"


BOOL: Final = Bool()
BYTE: Final = Integer("byte", 0, -(1 << 7), (1 << 7) - 1)
SHORT: Final = Integer("short", 1, -(1 << 15), (1 << 15) - 1)
INT: Final = Integer("int", 2, -(1 << 31), (1 << 31) - 1)
LONG: Final = Integer("long", 3, -(1 << 63), (1 << 63) - 1)
UNSIGNED_BYTE: Final = Integer("unsigned byte", 1, 0, (1 << 8) - 1)
UNSIGNED_SHORT: Final = Integer("unsigned short", 2, 0, (1 << 16) - 1)
UNSIGNED_INT: Final = Integer("unsigned int", 3, 0, (1 << 32) - 1)
