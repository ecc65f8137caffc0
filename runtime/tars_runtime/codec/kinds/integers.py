"""Integers of all declared widths, and bool: written in the smallest form, read up to their own.

An unsigned type travels as the next wider signed one, so its range is checked both ways.
"""

from __future__ import annotations

from operator import index
from typing import Any, Final

from tars_runtime.codec import wire
from tars_runtime.codec.compiled.reading import Reading, Store
from tars_runtime.codec.compiled.writing import Writing
from tars_runtime.codec.native.table import Row, Rows
from tars_runtime.codec.reader import Reader
from tars_runtime.codec.types import Type
from tars_runtime.codec.writer import Writer
from tars_runtime.errors import DecodeError, EncodeError

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

READS = {
    wire.ZERO: "0",
    wire.INT8: "S8[l[i + {at}]]",
    wire.INT16: "S8H[l[i + {at}]] + l[i + {next}]",
    wire.INT32: "u4(b, i + {at})[0]",
    wire.INT64: "u8(b, i + {at})[0]",
}
"""An integer in emitted code; its payload begins ``{at}`` bytes behind ``i``, where its head is."""

_WIDE = (
    (wire.INT64, "q", 63),
    (wire.INT32, "i", 31),
    (wire.INT16, "h", 15),
)

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
        writer.put(wire.integer(tag, self._checked(value)))

    def _checked(self, value: int) -> int:
        try:
            number = index(value)
        except TypeError:
            raise self.misfit(value) from None
        if not self.low <= number <= self.high:
            raise EncodeError(f"expected {self._range()}, got {_short(number)}")
        return number

    def zero(self) -> int:
        return 0

    def emit_read(self, e: Reading, store: Store) -> None:
        for code in (wire.INT8, wire.ZERO, *self.codes[2:]):
            with e.when(code):
                value = READS[code].format(at=e.k, next=e.k + 1)
                if self.checked:
                    e.line(f"x = {value}")
                    e.line(f"if x < 0 or x > {self.high}: raise Fault")
                    value = "x"
                e.line(store(value))
                e.advance(f"i + {e.k + wire.WIDTHS[code]}")

    def emit_write(self, e: Writing, tag: int, value: str, elided: object) -> None:
        default = elided if isinstance(elided, int) else None
        piece = f"fault({value})"
        for code, shape, bits in _WIDE:
            if self.high >= 1 << bits // 2:
                packed = e.packed(tag, code, shape, value)
                if self.high == (1 << bits) - 1:  # struct holds it to the range
                    piece = packed
                    continue
                least, most = max(self.low, -(1 << bits)), min(
                    self.high, (1 << bits) - 1
                )
                piece = f"{packed} if {_within(value, least, most)} else {piece}"
        table = e.constant(f"integers({tag}, {default!r})")
        least, most = max(self.low, -128), min(self.high, 1023)
        piece = f"{table}[{value}] if {_within(value, least, most)} else {piece}"
        if default is not None and not -128 <= default <= 1023:
            same = e.literal(wire.integer(tag, default))
            piece = f'b"" if (x := {piece}) == {same} else x'
        e.piece(piece)

    def to_plain(self, value: int, _depth: int) -> int:
        return self._checked(value)

    def from_plain(self, plain: Any, _depth: int) -> int:
        if type(plain) is not int:
            raise self.unlike(plain)
        if not self.low <= plain <= self.high:
            raise DecodeError(f"expected {self._range()}, got {_short(plain)}")
        return plain

    def row(self, _rows: Rows) -> tuple[object, ...]:
        return Row.INT, self.codes[-1], self.low, self.high

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
        writer.put(wire.integer(tag, int(self.to_plain(value, 0))))

    def to_plain(self, value: bool, _depth: int) -> bool:
        if value is not True and value is not False:
            raise self.misfit(value)
        return value

    def from_plain(self, plain: Any, _depth: int) -> bool:
        if plain is not True and plain is not False:
            raise self.unlike(plain)
        return plain

    def row(self, _rows: Rows) -> tuple[object, ...]:
        return (Row.BOOL,)

    def zero(self) -> bool:
        return False

    def emit_read(self, e: Reading, store: Store) -> None:
        with e.when(wire.INT8):
            e.line(store(f"l[i + {e.k}] != 0"))
            e.advance(f"i + {e.k + 1}")
        with e.when(wire.ZERO):
            e.line(store("False"))
            e.advance(f"i + {e.k}")

    def emit_write(self, e: Writing, tag: int, value: str, _elided: object) -> None:
        true, false = wire.integer(tag, 1), wire.integer(tag, 0)
        e.piece(
            f"{true!r} if {value} is True else {false!r} if {value} is False"
            f" else fault({value})"
        )


def _within(value: str, least: int, most: int) -> str:
    """A condition in emitted code; two comparisons are faster than a chained one."""
    return f"{value} < {most + 1} and {value} > {least - 1}"


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
