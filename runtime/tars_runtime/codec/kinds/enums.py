"""Enums: an int on the wire; a number without a name stays an int, so that old readers survive."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, TypeVar

from tars_runtime.codec.compiled.reading import Reading, Store
from tars_runtime.codec.compiled.writing import Writing
from tars_runtime.codec.kind import KEPT
from tars_runtime.codec.kinds.integers import INT
from tars_runtime.codec.native.table import Row, Rows
from tars_runtime.codec.reader import Reader
from tars_runtime.codec.types import Type
from tars_runtime.codec.writer import Writer
from tars_runtime.errors import UsageError

__all__ = ["Enum", "enum"]

E = TypeVar("E", bound=IntEnum)


class Enum(Type[Any]):
    """An open enum over the members of ``cls``."""

    codes = INT.codes
    elides = False  # TarsCpp always writes enums

    def __init__(self, cls: type[IntEnum]) -> None:
        super().__init__()
        self.label = cls.__name__
        self.cls = cls
        self.known: dict[int, IntEnum] = {member.value: member for member in cls}

    def read(self, reader: Reader, code: int) -> int:
        if code not in self.codes:
            raise self.mismatch(reader, code)
        value = reader.number(code)
        return self.known.get(value, value)

    def write(self, writer: Writer, tag: int, value: int) -> None:
        INT.write(writer, tag, value)

    def to_plain(self, value: int, depth: int) -> int:
        return int(INT.to_plain(value, depth))

    def from_plain(self, plain: Any, depth: int) -> int:
        value = INT.from_plain(plain, depth)
        return self.known.get(value, value)

    def emit_read(self, e: Reading, store: Store) -> None:
        known = e.hold(self.known)
        INT.emit_read(e, lambda value: f"x = {value}\n" + store(f"{known}.get(x, x)"))

    def emit_write(self, e: Writing, tag: int, value: str, _elided: object) -> None:
        INT.emit_write(e, tag, value, KEPT)

    def qualified(self) -> str:
        return "int32"

    def row(self, _rows: Rows) -> tuple[object, ...]:
        return Row.ENUM, self.known

    def zero(self) -> int:
        return next(iter(self.cls), 0)


def enum(cls: type[E]) -> Type[E | int]:
    """The type of an enum; ``cls`` is its ``IntEnum``."""
    if not (isinstance(cls, type) and issubclass(cls, IntEnum)):
        raise UsageError(f"expected an IntEnum class, got {cls!r}")
    return Enum(cls)
