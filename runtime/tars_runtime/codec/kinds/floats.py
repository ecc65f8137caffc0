"""Float and double: always written in full, so that -0.0 and quiet NaNs keep their bits."""

from __future__ import annotations

from math import isinf, isnan, nan
from struct import Struct, error
from typing import Any, Final

from tars_runtime.codec import wire
from tars_runtime.codec.compiled.reading import Reading, Store
from tars_runtime.codec.compiled.writing import Writing
from tars_runtime.codec.kind import KEPT
from tars_runtime.codec.native.table import Row, Rows
from tars_runtime.codec.reader import Reader
from tars_runtime.codec.types import Type
from tars_runtime.codec.writer import Writer
from tars_runtime.errors import DecodeError, EncodeError

__all__ = ["DOUBLE", "FLOAT", "Float"]

_SHAPES = {wire.FLOAT: Struct(">f"), wire.DOUBLE: Struct(">d")}

_READS = {
    wire.ZERO: "0.0",
    wire.FLOAT: "uf(b, i + {at})[0]",
    wire.DOUBLE: "ud(b, i + {at})[0]",
}


class Float(Type[float]):
    """A floating-point number, written with wire type ``code``."""

    def __init__(self, label: str, code: int, codes: tuple[int, ...]) -> None:
        super().__init__()
        self.label = label
        self.code = code
        self.codes = codes
        self.pack = _SHAPES[code].pack

    def read(self, reader: Reader, code: int) -> float:
        if code not in self.codes:
            raise self.mismatch(reader, code)
        if code == wire.ZERO:
            return 0.0
        shape = _SHAPES[code]
        value: float = shape.unpack(reader.take(shape.size))[0]
        return value

    def write(self, writer: Writer, tag: int, value: float) -> None:
        writer.head(tag, self.code)
        writer.put(self._packed(value))

    def _packed(self, value: float) -> bytes:
        try:
            return self.pack(value)
        except OverflowError:
            raise EncodeError(f"expected {self.label}, got a larger number") from None
        except error:
            raise self.misfit(value) from None

    def to_plain(self, value: float, _depth: int) -> float | None:
        number: float = _SHAPES[self.code].unpack(self._packed(value))[0]
        if isinf(number):
            raise EncodeError(f"expected {self.label} that JSON has, got an infinity")
        return None if isnan(number) else number

    def from_plain(self, plain: Any, _depth: int) -> float:
        if plain is None:
            return nan
        if type(plain) not in (int, float):
            raise self.unlike(plain)
        try:
            number: float = _SHAPES[self.code].unpack(self.pack(plain))[0]
        except OverflowError:
            raise DecodeError(f"expected {self.label}, got a larger number") from None
        return number

    def row(self, _rows: Rows) -> tuple[object, ...]:
        return (Row.DOUBLE if self.code == wire.DOUBLE else Row.FLOAT,)

    def zero(self) -> float:
        return 0.0

    def emit_read(self, e: Reading, store: Store) -> None:
        for code in reversed(self.codes):
            with e.when(code):
                e.line(store(_READS[code].format(at=e.k)))
                e.advance(f"i + {e.k + wire.WIDTHS[code]}")

    def emit_write(self, e: Writing, tag: int, value: str, elided: object) -> None:
        piece = e.packed(tag, self.code, _SHAPES[self.code].format[1:], value)
        if elided is not KEPT:
            same = e.literal(wire.head(tag, self.code) + self.pack(elided))
            piece = f'b"" if (x := {piece}) == {same} else x'
        e.piece(piece)


FLOAT: Final = Float("float", wire.FLOAT, (wire.ZERO, wire.FLOAT))
DOUBLE: Final = Float("double", wire.DOUBLE, (wire.ZERO, wire.FLOAT, wire.DOUBLE))
