r"""One line of the configuration file: what it is, and how a value is escaped.

A value may hold ``\\ \r \n \t \=``; ``=`` within a key must be escaped. Any other backslash is
kept as it stands (Windows paths), where the C++ runtime would refuse the file.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tars_runtime.errors import ConfigError

__all__ = ["Close", "Entry", "Open", "has_odd_escape", "read_line", "write_value"]

BLANK = " \t\r"
ESCAPES = {"\\": "\\", "r": "\r", "n": "\n", "t": "\t", "=": "="}
_ESCAPED = re.compile(r"\\([\\rnt=])")
_ODD = re.compile(r"(?:[^\\]|\\[\\rnt=])*+\\(?![\\rnt=])")
_FIRST_EQUALS = re.compile(r"^((?:[^\\=]|\\.)*?)=(.*)$")
_WRITTEN = {ord(char): f"\\{mark}" for mark, char in ESCAPES.items()}


class Open(NamedTuple):
    """``<name>``"""

    name: str


class Close(NamedTuple):
    """``</name>``"""

    name: str


class Entry(NamedTuple):
    """``key = value``, unescaped; a line without ``=`` is a key with the value ``""``."""

    key: str
    value: str


def read_line(line: str, where: str) -> Open | Close | Entry | None:
    """What a line is; ``None`` for blank lines and comments."""
    text = line.strip(BLANK)
    if not text or text.startswith("#"):
        return None
    if text.startswith("<"):
        return _read_tag(text, where)
    found = _FIRST_EQUALS.match(text)
    key, value = found.groups() if found else (text, "")
    return Entry(_unescape(key.strip(BLANK)), _unescape(value.strip(BLANK)))


def has_odd_escape(line: str) -> bool:
    """Whether the C++ runtime would refuse the line for a backslash, which is kept here."""
    return _ODD.match(line) is not None


def write_value(text: str) -> str:
    """A key or value as it must stand in the file; ``<`` and ``>`` cannot be written."""
    if "<" in text or ">" in text:
        raise ConfigError(
            f"expected a key or value without < and >, got {text!r}: "
            "the file's grammar has no way to write them"
        )
    return text.translate(_WRITTEN)


def _read_tag(text: str, where: str) -> Open | Close:
    if not text.endswith(">"):
        raise ConfigError(f"{where}: expected > at the end of a tag, got {text!r}")
    name = text[1:-1].strip(BLANK)
    closing = name.startswith("/")
    name = name[1:].strip(BLANK) if closing else name
    if not name or "<" in name or ">" in name:
        raise ConfigError(f"{where}: expected a domain's name in a tag, got {text!r}")
    return Close(name) if closing else Open(name)


def _unescape(text: str) -> str:
    return _ESCAPED.sub(lambda found: ESCAPES[found[1]], text)
