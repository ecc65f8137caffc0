"""Float and double: always written in full, so that -0.0 and quiet NaNs keep their bits."""

from __future__ import annotations

from struct import Struct, error
from typing import Final

from tars_runtime.codec import wire
from tars_runtime.codec.reader import Reader
from tars_runtime.codec.types import Type
from tars_runtime.codec.writer import Writer
from tars_runtime.errors import EncodeError

__all__ = ["DOUBLE", "FLOAT", "Float"]

_SHAPES = {wire.FLOAT: Struct(">f"), wire.DOUBLE: Struct(">d")}


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
        try:
            payload = self.pack(value)
        except OverflowError:
            raise EncodeError(
                f"expected {self.label}, got a number too large"
            ) from None
        except error:
            raise self.misfit(value) from None
        writer.head(tag, self.code)
        writer.put(payload)

    def zero(self) -> float:
        return 0.0


FLOAT: Final = Float("float", wire.FLOAT, (wire.ZERO, wire.FLOAT))
DOUBLE: Final = Float("double", wire.DOUBLE, (wire.ZERO, wire.FLOAT, wire.DOUBLE))
