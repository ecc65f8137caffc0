"""Vectors: a LIST of elements at tag 0, or, of bytes as numbers, a SIMPLE_LIST."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from tars_runtime.codec import paths, wire
from tars_runtime.codec.kinds.blobs import BYTES
from tars_runtime.codec.kinds.integers import BYTE
from tars_runtime.codec.reader import Reader
from tars_runtime.codec.types import Type, Typed, type_of
from tars_runtime.codec.writer import Writer
from tars_runtime.errors import CodecError, DecodeError, EncodeError, UsageError

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
        number = self.fits(reader.count())
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

    def fits(self, number: int) -> int:
        """Check the number of elements read against a fixed length."""
        if self.most is not None and number > self.most:
            raise DecodeError(f"expected {self.label}, got {number} elements")
        return number

    def zero(self) -> list[T]:
        return []


class Numbers(Vector[int]):
    """Bytes as signed numbers: a SIMPLE_LIST on the wire, a list in Python (``byte name[4]``)."""

    codes = BYTES.codes

    def read(self, reader: Reader, code: int) -> list[int]:
        raw = BYTES.read(reader, code)
        self.fits(len(raw))
        return list(memoryview(raw).cast("b"))

    def write(self, writer: Writer, tag: int, value: list[int]) -> None:
        if isinstance(value, (bytes, bytearray)):
            value = list(memoryview(value).cast("b"))
        items = self.items(value)
        for number, item in enumerate(items):
            try:
                BYTE.write(writer.aside(), 0, item)
            except CodecError as wrong:
                paths.step_into(wrong, paths.index(number))
                raise
        BYTES.write(writer, tag, bytes(item & 0xFF for item in items))


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
