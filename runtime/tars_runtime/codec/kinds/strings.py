"""Strings: their length in bytes, one byte of it up to 255 and four beyond; never ZERO."""

from __future__ import annotations

from typing import Final

from tars_runtime.codec import wire
from tars_runtime.codec.options import Options
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
        except UnicodeDecodeError as wrong:
            at = reader.pos - len(raw) + wrong.start
            raise reader.fail(f"expected {charset} text, got other bytes", at) from None

    def write(self, writer: Writer, tag: int, value: str) -> None:
        if not isinstance(value, str):
            raise self.misfit(value)
        charset, policy = self.charset or writer.charset
        try:
            raw = str.encode(value, charset, policy)
        except UnicodeEncodeError as wrong:
            got = f"U+{ord(wrong.object[wrong.start]):04X}"
            raise EncodeError(f"expected {charset} text, got {got}") from None
        size = writer.length(len(raw))
        if size <= 0xFF:
            writer.put(wire.head(tag, wire.STRING1), size.to_bytes(1, "big"), raw)
        else:
            writer.put(wire.head(tag, wire.STRING4), size.to_bytes(4, "big"), raw)

    def zero(self) -> str:
        return ""


def string(text: str) -> String:
    """A string with a policy of its own, whatever ``Options.text`` says."""
    return String(Options(text=text).charset())


STRING: Final = String()
