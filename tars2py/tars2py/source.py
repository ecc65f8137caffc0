"""The text of one ``.tars`` file: how bytes become text, and where an offset stands in it."""

from __future__ import annotations

from bisect import bisect_right
from pathlib import Path
from typing import NamedTuple

__all__ = ["NOWHERE", "Source", "Span", "Undecodable", "decode"]

_FALLBACKS = ("utf-8", "gb18030")
"""What files are written in: UTF-8, or (older ones) GBK, of which GB18030 is the superset."""


class Span(NamedTuple):
    """A stretch of a file's text, as offsets: ``start`` is in it, ``end`` is behind it."""

    start: int
    end: int


NOWHERE = Span(0, 0)


class Undecodable(Exception):
    """No encoding fits; ``offset`` is the first byte that is wrong."""

    def __init__(self, encoding: str, offset: int) -> None:
        super().__init__(encoding, offset)
        self.encoding = encoding
        self.offset = offset


def decode(data: bytes, encoding: str | None = None) -> str:
    """The text of a file: without byte order mark, every line ending in a line feed.

    ``encoding`` forces one; otherwise UTF-8 is tried, then GB18030. Raises `Undecodable`
    with the offset at which the first of them failed.
    """
    failure: Undecodable | None = None
    bom = 3 if data.startswith(b"\xef\xbb\xbf") else 0
    for each in (encoding,) if encoding else _FALLBACKS:
        try:
            text = data[bom:].decode(each)
        except UnicodeDecodeError as error:
            failure = failure or Undecodable(each, bom + error.start)
        else:
            if "\r" in text:
                text = text.replace("\r\n", "\n").replace("\r", "\n")
            return text
    assert failure is not None
    raise failure


class Source:
    """A file that was read: its path, its name in messages, its text."""

    __slots__ = ("_starts", "name", "path", "text")

    def __init__(self, path: Path, name: str, text: str) -> None:
        self.path = path
        self.name = name
        self.text = text
        self._starts: list[int] | None = None

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both from 1."""
        if self._starts is None:
            self._starts = [0]
            at = self.text.find("\n")
            while at >= 0:
                self._starts.append(at + 1)
                at = self.text.find("\n", at + 1)
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def line(self, offset: int) -> str:
        """The line on which an offset stands, without its end."""
        start = self.text.rfind("\n", 0, offset) + 1
        end = self.text.find("\n", offset)
        return self.text[start : end if end >= 0 else len(self.text)]
