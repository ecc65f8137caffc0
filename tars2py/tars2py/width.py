"""What a text looks like on a line: how many columns it takes, what of it can be seen at all."""

from __future__ import annotations

from unicodedata import combining, east_asian_width

__all__ = ["visible", "width"]


def width(text: str) -> int:
    """The columns of one line, as black and terminals count: a wide East Asian character two."""
    if text.isascii():
        return len(text)
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if east_asian_width(character) in "WF":
        return 2
    return 0 if combining(character) else 1


def visible(text: str) -> str:
    """The text with a blank for each control character: a terminal would obey some."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else " " for each in text)
