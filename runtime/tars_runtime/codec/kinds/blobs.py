"""Bytes: ``vector<byte>`` as a SIMPLE_LIST, read from a LIST of bytes, too."""

from __future__ import annotations

from base64 import b64decode
from operator import index
from typing import Any, Final

from tars_runtime.codec import wire
from tars_runtime.codec.compiled.reading import Reading, Store
from tars_runtime.codec.compiled.writing import Writing
from tars_runtime.codec.kinds.integers import BYTE
from tars_runtime.codec.native.table import Row, Rows
from tars_runtime.codec.reader import Reader
from tars_runtime.codec.types import Type
from tars_runtime.codec.writer import Writer
from tars_runtime.errors import DecodeError

__all__ = ["BYTES", "Blob"]


class Blob(Type[bytes]):
    """A byte vector; takes ``bytes``, ``bytearray`` and ``memoryview``, gives ``bytes``."""

    label = "bytes"
    codes = (wire.SIMPLE, wire.LIST)

    def read(self, reader: Reader, code: int) -> bytes:
        if code == wire.SIMPLE:
            return reader.take(reader.simple_length())
        if code != wire.LIST:
            raise self.mismatch(reader, code)
        reader.enter()
        out = bytearray()
        for _ in range(reader.count()):
            code = reader.expect(0, "an element")
            out.append(BYTE.read(reader, code) & 0xFF)
        reader.leave()
        return bytes(out)

    def write(self, writer: Writer, tag: int, value: bytes | bytearray) -> None:
        raw = self._plain(value)
        writer.put(wire.head(tag, wire.SIMPLE), b"\0")
        writer.size(writer.length(len(raw)))
        writer.put(raw)

    def _plain(self, value: bytes | bytearray) -> bytes:
        if not isinstance(value, (bytes, bytearray, memoryview)):
            raise self.misfit(value)
        return bytes(value)

    def to_plain(self, value: bytes, _depth: int) -> list[int]:
        return memoryview(self._plain(value)).cast("b").tolist()

    def from_plain(self, plain: Any, _depth: int) -> bytes:
        if plain is None:
            return b""
        try:
            if type(plain) is str:
                return b64decode(plain, validate=True)
            if type(plain) is list:
                return bytes([_byte(number) for number in plain])
        except (ValueError, TypeError):
            raise DecodeError(
                "expected bytes as numbers or base64, got others"
            ) from None
        raise self.unlike(plain)

    def row(self, _rows: Rows) -> tuple[object, ...]:
        return (Row.BYTES,)

    def zero(self) -> bytes:
        return b""

    def emit_read(self, e: Reading, store: Store) -> None:
        with e.when(wire.SIMPLE):
            k = e.k
            e.line(f"if l[i + {k}] != 0: raise Fault")
            e.line(f"n = l[i + {k + 2}]")
            with e.block(f"if n < 128 and l[i + {k + 1}] == 0:"):
                e.line(f"i += {k + 3}")
            with e.block("else:"):
                e.line(f"n, i = count(b, i + {k + 1})")
            e.line("j = i + n")
            e.line(store("b[i:j]"))
            e.advance("j")

    def emit_write(self, e: Writing, tag: int, value: str, elided: object) -> None:
        e.line(f"if {value}.__class__ is not bytes: raise Fault")
        n = e.name("n")
        e.line(f"{n} = len({value})")
        table = e.constant(f"counts({tag}, {wire.SIMPLE}, {elided == b''})")
        long = f"long_count({tag}, {wire.SIMPLE}, {n})"
        e.piece(f"{table}[{n}] if {n} < 128 else {long}", value)


def _byte(number: Any) -> int:
    """A byte from a signed number, or from one to 255."""
    return index(number) & 0xFF if -0x80 <= number <= 0xFF else -1


BYTES: Final = Blob()
