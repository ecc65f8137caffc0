"""Lays Python text out as black would, so that black changes nothing in it.

Black is the judge in the tests; it is not asked at run time, for it would take nine tenths
of it. A declaration that these shapes cannot place within 88 columns is the one that
`tars2py.render` hands to it.
"""

from __future__ import annotations

from collections.abc import Sequence

from tars2py.width import width

__all__ = ["LINE", "bracket", "explode", "quoted"]

LINE = 88
"""Columns of a line."""


def bracket(head: str, items: Sequence[str], tail: str, indent: int = 0) -> str:
    """``head`` items ``tail``: on one line, else the items on one line, else one by one."""
    joined = ", ".join(items)
    space = " " * indent
    line = f"{space}{head}{joined}{tail}"
    if _fits(line) or not items:
        return line
    inner = f"{space}    {joined}"
    if _fits(inner):
        return f"{space}{head}\n{inner}\n{space}{tail}"
    return explode(head, items, tail, indent)


def explode(head: str, items: Sequence[str], tail: str, indent: int = 0) -> str:
    """``head``, each item on its line with a comma, ``tail``."""
    space = " " * indent
    body = "".join(f"{space}    {item},\n" for item in items)
    return f"{space}{head}\n{body}{space}{tail}"


def _fits(text: str) -> bool:
    return "\n" not in text and width(text) <= LINE


def quoted(text: str) -> str:
    """A string literal, in the quotes that black prefers."""
    literal = repr(text)
    if literal[0] == '"':
        return literal
    body = literal[1:-1].replace("\\'", "'")
    if text.count('"') > text.count("'"):
        return literal
    return '"' + body.replace('"', '\\"') + '"'
