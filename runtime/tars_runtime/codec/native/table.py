"""The rows of the native engine's table; ``table.h`` documents the format."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from tars_runtime.codec.kind import Kind

__all__ = ["NO_CONSTANT", "Row", "Rows"]


class Row(IntEnum):
    """The kinds of rows, in the order of ``table.h``."""

    INT = 0
    BOOL = 1
    FLOAT = 2
    DOUBLE = 3
    BYTES = 4
    STRING = 5
    ENUM = 6
    VECTOR = 7
    NUMBERS = 8
    MAP = 9
    STRUCT = 10
    ARGUMENTS = 11


NO_CONSTANT: Final = object()
"""In place of a member's default: there is none, or a function makes it."""

_VALUE, _BODY, _VOID = range(3)


class Rows:
    """The table of one schema, as it grows."""

    def __init__(self) -> None:
        self._rows: list[tuple[object, ...]] = []
        self._numbers: dict[int, int] = {}

    def number(self, of: Kind[Any]) -> int:
        """The row of a type, made at its first mention, so that a struct may hold itself."""
        of = of.resolved()
        if id(of) not in self._numbers:
            number = self._numbers[id(of)] = len(self._rows)
            self._rows.append(())
            self._rows[number] = of.row(self)
        return self._numbers[id(of)]

    def value(self, tag: int, of: Kind[Any]) -> tuple[int, int, int]:
        """The form of a message that is one value at a tag."""
        return _VALUE, tag, self.number(of)

    def body(self, of: Kind[Any]) -> tuple[int, int, int]:
        """The form of a message that is the members of a struct, or arguments."""
        return _BODY, 0, self.number(of)

    def void(self) -> tuple[int, int, int]:
        """The form of a message that is nothing."""
        return _VOID, 0, 0

    def finished(self) -> tuple[tuple[object, ...], ...]:
        """All rows."""
        return tuple(self._rows)
