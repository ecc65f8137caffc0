"""Delimited values: any type with its head at a tag of the user's choice, as a message."""

from __future__ import annotations

from typing import Any, TypeVar

from tars_runtime.codec.compiled.reading import Reading, Store
from tars_runtime.codec.compiled.writing import Writing
from tars_runtime.codec.kind import KEPT
from tars_runtime.codec.native.table import Rows
from tars_runtime.codec.reader import Reader
from tars_runtime.codec.types import Type, Typed, type_of
from tars_runtime.codec.writer import Writer
from tars_runtime.errors import UsageError

__all__ = ["At", "at"]

T = TypeVar("T")


class At(Type[Any]):
    """A value with its head at ``tag``; a struct has its begin and end."""

    def __init__(self, tag: int, of: Type[Any]) -> None:
        super().__init__()
        self.label = of.label
        self.tag = tag
        self.of = of
        self.codes = of.codes

    def read_message(self, reader: Reader) -> Any:
        return self.read_at(reader, self.tag)

    def write_message(self, writer: Writer, value: Any) -> None:
        self.write(writer, self.tag, value)

    def read(self, reader: Reader, code: int) -> Any:
        return self.of.read(reader, code)

    def write(self, writer: Writer, tag: int, value: Any) -> None:
        self.of.write(writer, tag, value)

    def zero(self) -> Any:
        return self.of.zero()

    def children(self) -> tuple[Type[Any], ...]:
        return (self.of,)

    def row(self, rows: Rows) -> tuple[object, ...]:
        return self.of.row(rows)

    def form(self, rows: Rows) -> tuple[int, int, int]:
        return rows.value(self.tag, self.of)

    def emit_parse(self, e: Reading) -> str:
        e.element(self.of, self.tag, lambda value: f"o = {value}")
        return "o"

    def emit_build(self, e: Writing, value: str) -> None:
        self.of.emit_write(e, self.tag, value, KEPT)

    def emit_read(self, e: Reading, store: Store) -> None:
        self.of.emit_read(e, store)

    def emit_write(self, e: Writing, tag: int, value: str, elided: object) -> None:
        self.of.emit_write(e, tag, value, elided)

    def to_plain(self, value: Any, depth: int) -> Any:
        return self.of.to_plain(value, depth)

    def from_plain(self, plain: Any, depth: int) -> Any:
        return self.of.from_plain(plain, depth)


def at(tag: int, of: Typed[T]) -> Type[T]:
    """A delimited value: with its head at ``tag``, and for a struct its begin and end."""
    if not 0 <= tag <= 255:
        raise UsageError(f"expected a tag from 0 to 255, got {tag}")
    return At(tag, type_of(of))
