"""A type as it is compiled for ``elide="none"``: every member is written, whatever its value."""

from __future__ import annotations

from typing import Any

from tars_runtime.codec.compiled.reading import Reading
from tars_runtime.codec.compiled.writing import Writing
from tars_runtime.codec.options import DEFAULT, LIMITS, Limits, Options
from tars_runtime.codec.reader import Reader
from tars_runtime.codec.types import Type
from tars_runtime.codec.writer import Writer

__all__ = ["Everything"]

_ALL = Options(elide="none")


class Everything(Type[Any]):
    """``of``, with nothing left out."""

    codes = ()
    bare = True
    elide = False

    def __init__(self, of: Type[Any]) -> None:
        super().__init__()
        self.label = of.label
        self.of = of

    def encode(
        self, value: Any, options: Options = DEFAULT, limits: Limits = LIMITS
    ) -> bytes:
        return super().encode(value, _ALL if options is DEFAULT else options, limits)

    def read_message(self, reader: Reader) -> Any:
        return self.of.read_message(reader)

    def write_message(self, writer: Writer, value: Any) -> None:
        self.of.write_message(writer, value)

    def children(self) -> tuple[Type[Any], ...]:
        return (self.of,)

    def emit_parse(self, e: Reading) -> str:
        return self.of.emit_parse(e)

    def emit_build(self, e: Writing, value: str) -> None:
        self.of.emit_build(e, value)
