"""Vectors: a LIST of elements at tag 0, or, of bytes as numbers, a SIMPLE_LIST."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from tars_runtime.codec import paths, wire
from tars_runtime.codec.compiled.reading import Reading, Store
from tars_runtime.codec.compiled.writing import Writing
from tars_runtime.codec.kind import KEPT
from tars_runtime.codec.kinds.blobs import BYTES
from tars_runtime.codec.kinds.integers import BYTE, Integer
from tars_runtime.codec.native.table import Row, Rows
from tars_runtime.codec.reader import Reader
from tars_runtime.codec.types import Type, Typed, type_of
from tars_runtime.codec.writer import Writer
from tars_runtime.errors import DecodeError, EncodeError, UsageError

__all__ = ["Numbers", "Vector", "array", "vector"]

T = TypeVar("T")

LONGEST_ARRAY = (1 << 20) - 1  # the IDL's limit for a fixed length
_NOT_ELEMENTS = (str, bytes, bytearray, memoryview, Mapping)


class Vector(Type[list[T]]):
    """A vector of ``of``, of any length or of at most ``most`` elements (a fixed-length array)."""

    codes: tuple[int, ...] = (wire.LIST,)

    def __init__(self, of: Type[T], most: int | None = None) -> None:
        super().__init__()
        self.label = f"vector<{of.label}>" if most is None else f"{of.label}[{most}]"
        self.of = of
        self.most = most
        self.elides = most is None  # TarsCpp always writes arrays

    def read(self, reader: Reader, code: int) -> list[T]:
        if code != wire.LIST:
            raise self.mismatch(reader, code)
        reader.enter()
        number = reader.count()
        self.fit(number, reader)
        out: list[T] = []
        try:
            for _ in range(number):
                code = reader.expect(0, self.of.label)
                out.append(self.of.read(reader, code))
        except DecodeError as wrong:
            paths.step_into(wrong, paths.index(len(out)))
            raise
        reader.leave()
        return out

    def write(self, writer: Writer, tag: int, value: list[T]) -> None:
        items = self.items(value)
        writer.enter()
        writer.head(tag, wire.LIST)
        writer.size(len(items))
        for number, item in enumerate(items):
            try:
                self.of.write(writer, 0, item)
            except EncodeError as wrong:
                paths.step_into(wrong, paths.index(number))
                raise
        writer.leave()

    def items(self, value: Iterable[T]) -> tuple[T, ...]:
        """The elements as they are now: nothing that happens meanwhile changes their number."""
        if isinstance(value, _NOT_ELEMENTS) or not isinstance(value, Iterable):
            raise self.misfit(value)
        items = tuple(value)
        if self.most is not None and len(items) > self.most:
            raise EncodeError(f"expected {self.label}, got {len(items)} elements")
        return items

    def fit(self, number: int, reader: Reader | None = None) -> None:
        """Check the number of elements read against a fixed length."""
        if self.most is not None and number > self.most:
            reason = f"expected {self.label}, got {number} elements"
            raise reader.fail(reason) if reader else DecodeError(reason)

    def row(self, rows: Rows, /) -> tuple[object, ...]:
        return Row.VECTOR, rows.number(self.of), -1 if self.most is None else self.most

    def zero(self) -> list[T]:
        return []

    def to_plain(self, value: list[T], depth: int) -> list[Any]:
        out: list[Any] = []
        for number, item in enumerate(self.items(value)):
            with paths.within(paths.index(number)):
                out.append(self.of.to_plain(item, paths.deeper(depth, EncodeError)))
        return out

    def from_plain(self, plain: Any, depth: int) -> list[T]:
        if plain is None:
            return []
        if type(plain) is not list:
            raise self.unlike(plain)
        self.fit(len(plain))
        out: list[T] = []
        for number, item in enumerate(plain):
            with paths.within(paths.index(number)):
                out.append(self.of.from_plain(item, paths.deeper(depth, DecodeError)))
        return out

    def children(self) -> tuple[Type[Any], ...]:
        return (self.of,)

    def emit_read(self, e: Reading, store: Store) -> None:
        with e.when(wire.LIST), e.open():
            e.counted(1)
            if self.most is not None:
                e.line(f"if n > {self.most}: raise Fault")
            out = e.name("v")
            if isinstance(self.of, Integer) and not self.of.checked:
                e.line(f"x = run(b, i, n, {len(self.of.codes) - 2}) if n > 7 else None")
                with e.block("if x:"):
                    e.line(f"{out}, i = x")
                    e.advance()
                with e.block("else:"):
                    self._emit_elements(e, out)
            else:
                self._emit_elements(e, out)
            e.line(store(out))

    def _emit_elements(self, e: Reading, out: str) -> None:
        e.line(f"{out} = []")
        with e.block("for _ in range(n):"):
            e.element(self.of, 0, lambda value: f"{out}.append({value})")

    def emit_write(self, e: Writing, tag: int, value: str, elided: object) -> None:
        e.line(f"if {value}.__class__ is not list: raise Fault")
        items, item = e.name("v"), e.name("t")
        e.line(f"{items} = {value}[:]")
        if self.most is not None:
            e.line(f"if len({items}) > {self.most}: raise Fault")
        quick = ""
        if isinstance(self.of, Integer):
            quick = f"{{n}} > 15 and uniform({items}, {self.of.high}) or "
        head = tag, wire.LIST
        with e.open(), e.each(items, head, elided == [], item, items, quick):
            self.of.emit_write(e, 0, item, KEPT)


class Numbers(Vector[int]):
    """Bytes as signed numbers: a SIMPLE_LIST on the wire, a list in Python (``byte name[4]``)."""

    codes = BYTES.codes

    def read(self, reader: Reader, code: int) -> list[int]:
        raw = BYTES.read(reader, code)
        self.fit(len(raw), reader)
        return list(memoryview(raw).cast("b"))

    def write(self, writer: Writer, tag: int, value: list[int]) -> None:
        if isinstance(value, (bytes, bytearray)):
            value = list(memoryview(value).cast("b"))
        raw = bytearray()
        for number, item in enumerate(self.items(value)):
            with paths.within(paths.index(number)):
                raw.append(BYTE.to_plain(item, 0) & 0xFF)
        BYTES.write(writer, tag, raw)

    def row(self, _rows: Rows) -> tuple[object, ...]:
        return Row.NUMBERS, -1 if self.most is None else self.most

    def emit_read(self, e: Reading, store: Store) -> None:
        def stored(value: str) -> str:
            kept = store("list(memoryview(x).cast('b'))")
            check = "" if self.most is None else f"if len(x) > {self.most}: raise Fault"
            return f"x = {value}\n{check}\n{kept}"

        BYTES.emit_read(e, stored)

    def emit_write(self, e: Writing, tag: int, value: str, elided: object) -> None:
        raw = e.name("v")
        e.line(f"if {value}.__class__ is not list: raise Fault")
        e.line(f"{raw} = numbers({value})")
        if self.most is not None:
            e.line(f"if len({raw}) > {self.most}: raise Fault")
        BYTES.emit_write(e, tag, raw, b"" if elided == [] else KEPT)


def vector(of: Typed[T]) -> Type[list[T]]:
    """``vector<T>``. For ``vector<byte>`` use ``BYTES``, unless numbers are wanted."""
    return _vector(type_of(of), None)


def array(of: Typed[T], length: int) -> Type[list[T]]:
    """``T name[length]``: a vector of at most ``length`` elements."""
    if not 1 <= length <= LONGEST_ARRAY:
        raise UsageError(
            f"expected an array length from 1 to {LONGEST_ARRAY}, got {length}"
        )
    return _vector(type_of(of), length)


def _vector(of: Type[Any], most: int | None) -> Type[Any]:
    return Numbers(of, most) if of is BYTE else Vector(of, most)
