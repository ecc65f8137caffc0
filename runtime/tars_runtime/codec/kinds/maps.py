"""Maps: pairs, each a key at tag 0 and a value at tag 1; their order carries no meaning."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from tars_runtime.codec import paths, wire
from tars_runtime.codec.compiled.reading import Reading, Store
from tars_runtime.codec.compiled.writing import Writing
from tars_runtime.codec.kind import KEPT
from tars_runtime.codec.native.table import Row, Rows
from tars_runtime.codec.reader import Reader
from tars_runtime.codec.types import Type, Typed, type_of
from tars_runtime.codec.writer import Writer
from tars_runtime.errors import DecodeError, EncodeError

__all__ = ["Map", "map_of"]

K = TypeVar("K")
V = TypeVar("V")


class Map(Type[dict[K, V]]):
    """A map from ``key`` to ``value``, in the order of the bytes; of equal keys the last wins."""

    codes = (wire.MAP,)

    def __init__(self, key: Type[K], value: Type[V]) -> None:
        super().__init__()
        self.label = f"map<{key.label}, {value.label}>"
        self.key = key
        self.value = value

    def read(self, reader: Reader, code: int) -> dict[K, V]:
        if code != wire.MAP:
            raise self.mismatch(reader, code)
        reader.enter()
        out: dict[K, V] = {}
        for number in range(reader.count(each=2)):
            key = self._read_key(reader, number, out)
            try:
                code = reader.expect(1, self.value.label)
                out[key] = self.value.read(reader, code)
            except DecodeError as wrong:
                paths.step_into(wrong, paths.key(key))
                raise
        reader.leave()
        return out

    def _read_key(self, reader: Reader, number: int, out: dict[K, V]) -> K:
        try:
            start = reader.pos
            code = reader.expect(0, self.key.label)
            key = self.key.read(reader, code)
            try:
                repeated = key in out
            except TypeError:
                raise reader.fail(
                    f"expected a hashable key, got {self.key.label}"
                    " - give the struct key[...] in the IDL",
                    start,
                ) from None
            if reader.strict and repeated:
                raise reader.fail("expected different keys, got one twice", start)
            return key
        except DecodeError as wrong:
            paths.step_into(wrong, paths.index(number))
            raise

    def write(self, writer: Writer, tag: int, value: dict[K, V]) -> None:
        pairs = self._pairs(value)
        writer.enter()
        writer.head(tag, wire.MAP)
        writer.size(len(pairs))
        written = [self._write_pair(writer, *pair) for pair in pairs]
        if writer.canonical:
            written.sort()
        for key, payload in written:
            writer.put(key, payload)
        writer.leave()

    def _pairs(self, value: Mapping[K, V]) -> list[tuple[K, V]]:
        if not isinstance(value, Mapping):
            raise self.misfit(value)
        try:
            return list(value.items())
        except RuntimeError:
            raise EncodeError("expected a map at rest, got one that changes") from None

    def _write_pair(self, writer: Writer, key: K, value: V) -> tuple[bytes, bytes]:
        aside = writer.aside()
        try:
            self.key.write(aside, 0, key)
            encoded = aside.join()
            aside.parts.clear()
            self.value.write(aside, 1, value)
        except EncodeError as wrong:
            paths.step_into(wrong, paths.key(key))
            raise
        return encoded, aside.join()

    def row(self, rows: Rows) -> tuple[object, ...]:
        return Row.MAP, rows.number(self.key), rows.number(self.value)

    def zero(self) -> dict[K, V]:
        return {}

    def to_plain(self, value: dict[K, V], depth: int) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for key, item in self._pairs(value):
            with paths.within(paths.key(key)):
                text = self.key.to_plain(key, paths.deeper(depth, EncodeError))
                if not isinstance(text, str):
                    text = json.dumps(text, ensure_ascii=False)
                out[text] = self.value.to_plain(item, paths.deeper(depth, EncodeError))
        return out

    def from_plain(self, plain: Any, depth: int) -> dict[K, V]:
        if plain is None:
            return {}
        if type(plain) is not dict:
            raise self.unlike(plain)
        out: dict[K, V] = {}
        for text, item in plain.items():
            with paths.within(paths.key(text)):
                key = self.key.key_of(text, paths.deeper(depth, DecodeError))
                out[key] = self.value.from_plain(item, paths.deeper(depth, DecodeError))
        return out

    def children(self) -> tuple[Type[Any], ...]:
        return (self.key, self.value)

    def emit_read(self, e: Reading, store: Store) -> None:
        with e.when(wire.MAP), e.open():
            with e.block(f"if l[i + {e.k}] == {wire.ZERO}:"):
                e.advance(f"i + {e.k + 1}")
                e.line(store("{}"))
            with e.block("else:"):
                out, key = e.name("m"), e.name("k")
                e.counted(2)
                e.line(f"{out} = {{}}")
                with e.block("for _ in range(n):"):
                    e.element(self.key, 0, lambda value: f"{key} = {value}")
                    e.element(self.value, 1, lambda value: f"{out}[{key}] = {value}")
                e.line(store(out))

    def emit_write(self, e: Writing, tag: int, value: str, elided: object) -> None:
        e.line(f"if {value}.__class__ is not dict: raise Fault")
        key, item = e.name("t"), e.name("t")
        head = tag, wire.MAP
        pair = f"{key}, {item}"
        with e.open(), e.each(value, head, elided == {}, pair, f"{value}.items()"):
            self.key.emit_write(e, 0, key, KEPT)
            self.value.emit_write(e, 1, item, KEPT)


def map_of(key: Typed[K], value: Typed[V]) -> Type[dict[K, V]]:
    """``map<K, V>``."""
    of: Map[Any, Any] = Map(type_of(key), type_of(value))
    return of
