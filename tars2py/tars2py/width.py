"""How many columns a text takes, as black and terminals count: an East Asian wide character two."""

from __future__ import annotations

from unicodedata import combining, east_asian_width

__all__ = ["width"]


def width(text: str) -> int:
    """The columns of one line of text."""
    if text.isascii():
        return len(text)
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if east_asian_width(character) in "WF":
        return 2
    return 0 if combining(character) else 1
