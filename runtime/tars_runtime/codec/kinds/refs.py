"""References: a type by a function that gives it, for structs that hold themselves."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, TypeVar, cast

from tars_runtime.codec.compiled.reading import Reading, Store
from tars_runtime.codec.compiled.writing import Writing
from tars_runtime.codec.kind import Kind
from tars_runtime.codec.native.table import Rows
from tars_runtime.codec.reader import Reader
from tars_runtime.codec.types import Type, Typed, type_of
from tars_runtime.codec.writer import Writer

__all__ = ["Ref", "ref"]

T = TypeVar("T")


class Ref(Type[Any]):
    """Whatever ``target`` gives, looked up at first use."""

    label = "struct"
    elides = False

    def __init__(self, target: Callable[[], Any]) -> None:
        super().__init__()
        self._target = target

    @cached_property
    def to(self) -> Type[Any]:
        """The type referred to."""
        return type_of(self._target())

    def resolved(self) -> Kind[Any]:
        return self.to.resolved()

    def read(self, reader: Reader, code: int) -> Any:
        return self.to.read(reader, code)

    def write(self, writer: Writer, tag: int, value: Any) -> None:
        self.to.write(writer, tag, value)

    def read_message(self, reader: Reader) -> Any:
        return self.to.read_message(reader)

    def write_message(self, writer: Writer, value: Any) -> None:
        self.to.write_message(writer, value)

    def to_plain(self, value: Any, depth: int) -> Any:
        return self.to.to_plain(value, depth)

    def from_plain(self, plain: Any, depth: int) -> Any:
        return self.to.from_plain(plain, depth)

    def children(self) -> tuple[Type[Any], ...]:
        return (self.to,)

    def form(self, rows: Rows) -> tuple[int, int, int]:
        return self.to.form(rows)

    def emit_parse(self, e: Reading) -> str:
        return self.to.emit_parse(e)

    def emit_build(self, e: Writing, value: str) -> None:
        self.to.emit_build(e, value)

    def emit_read(self, e: Reading, store: Store) -> None:
        self.to.emit_read(e, store)

    def emit_write(self, e: Writing, tag: int, value: str, elided: object) -> None:
        self.to.emit_write(e, tag, value, elided)

    def zero(self) -> Any:
        return self.to.zero()


def ref(target: Callable[[], Typed[T]]) -> Type[T]:
    """The type that ``target`` gives, asked at first use: for true cycles only."""
    return cast("Type[T]", Ref(target))
