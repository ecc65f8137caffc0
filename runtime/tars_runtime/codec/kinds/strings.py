"""Strings: their length in bytes, one byte of it up to 255 and four beyond; never ZERO."""

from __future__ import annotations

from typing import Any, Final

from tars_runtime.codec import wire
from tars_runtime.codec.compiled.reading import Reading, Store
from tars_runtime.codec.compiled.writing import Writing
from tars_runtime.codec.native.table import Row, Rows
from tars_runtime.codec.options import DEFAULT, Options
from tars_runtime.codec.reader import Reader
from tars_runtime.codec.types import Type
from tars_runtime.codec.writer import Writer
from tars_runtime.errors import EncodeError

__all__ = ["STRING", "String", "string"]


class String(Type[str]):
    """A string; ``charset`` is its codec and error policy, or None for what the options say."""

    label = "string"
    codes = (wire.STRING1, wire.STRING4)

    def __init__(self, charset: tuple[str, str] | None = None) -> None:
        super().__init__()
        self.charset = charset

    def read(self, reader: Reader, code: int) -> str:
        if code not in self.codes:
            raise self.mismatch(reader, code)
        raw = reader.take(reader.string_length(code))
        charset, policy = self.charset or reader.charset
        try:
            return raw.decode(charset, policy)
        except UnicodeError as wrong:  # not every codec says where
            at = reader.pos - len(raw) + getattr(wrong, "start", 0)
            raise reader.fail(f"expected {charset} text, got other bytes", at) from None

    def write(self, writer: Writer, tag: int, value: str) -> None:
        raw = self._encoded(value, self.charset or writer.charset)
        size = writer.length(len(raw))
        if size <= 0xFF:
            writer.put(wire.head(tag, wire.STRING1), size.to_bytes(1, "big"), raw)
        else:
            writer.put(wire.head(tag, wire.STRING4), size.to_bytes(4, "big"), raw)

    def _encoded(self, value: str, charset: tuple[str, str]) -> bytes:
        if not isinstance(value, str):
            raise self.misfit(value)
        try:
            return str.encode(value, *charset)
        except UnicodeEncodeError as wrong:
            got = f"U+{ord(wrong.object[wrong.start]):04X}"
        except UnicodeError:  # a codec that does not say what it cannot write
            got = "other text"
        raise EncodeError(f"expected {charset[0]} text, got {got}")

    def to_plain(self, value: str, _depth: int) -> str:
        self._encoded(value, self.charset or DEFAULT.charset())
        return str(value)

    def from_plain(self, plain: Any, _depth: int) -> str:
        if type(plain) is not str:
            raise self.unlike(plain)
        return plain

    def key_of(self, text: str, _depth: int) -> str:
        return text

    def row(self, _rows: Rows) -> tuple[object, ...]:
        charset, errors = self.charset or (None, None)
        return (
            Row.STRING,
            charset and charset.encode(),
            errors and errors.encode(),
        )

    def zero(self) -> str:
        return ""

    def emit_read(self, e: Reading, store: Store) -> None:
        text = store(f"b[i:j].decode({self._arguments()})")
        for code, length, size in (
            (wire.STRING1, "l[i - 1]", 1),
            (wire.STRING4, "u4l(b, i - 4)[0]", 4),
        ):
            with e.when(code):
                e.line(f"i += {e.k + size}")
                e.line(f"j = i + {length}")
                e.line(text)
                e.advance("j")

    def emit_write(self, e: Writing, tag: int, value: str, elided: object) -> None:
        raw = e.name("s")
        arguments = "".join(f", {each}" for each in [self._arguments()] if each)
        e.line(f"{raw} = utf8({value}{arguments})")
        n = e.name("n")
        e.line(f"{n} = len({raw})")
        table = e.constant(f"strings({tag}, {elided == ''})")
        letter, base = e.head(tag)
        base |= wire.STRING4 if tag < 15 else wire.STRING4 << 8
        pack = e.constant(f'packer(">{letter}I")')
        head = f"{table}[{n}] if {n} < 256 else {pack}({base}, {n})"
        if isinstance(elided, str) and elided:
            head = f'b"" if {value} == {elided!r} else {head}'
            raw = f'b"" if {value} == {elided!r} else {raw}'
        e.piece(head, raw)

    def _arguments(self) -> str:
        return "" if self.charset is None else ", ".join(map(repr, self.charset))


def string(text: str) -> String:
    """A string with a policy of its own, whatever ``Options.text`` says."""
    return String(Options(text=text).charset())


STRING: Final = String()
