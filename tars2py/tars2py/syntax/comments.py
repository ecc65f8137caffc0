"""Which comment belongs to which declaration, and what it says without its marks.

A comment that starts its line belongs to the token that follows, when no empty line lies
between: ``before``. A comment behind something on its line belongs to the token that it
follows (across a comma or semicolon): ``behind``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from tars2py.source import Span
from tars2py.tree import Comments

__all__ = ["Remark", "attach", "says"]

_DECORATION = re.compile(r"[-=*/#_~+\s]*")
"""A line that only draws a rule."""

_OPENING = re.compile(r"/\*[*!]*<?|//[/!]*<?")


class Remark(NamedTuple):
    """One comment: its text with marks, where it stands, how many tokens came before it."""

    text: str
    span: Span
    tokens_before: int


def attach(text: str, remarks: list[Remark], tokens: list[Span]) -> Comments:
    """Sort the remarks of a file by what they belong to.

    ``tokens`` are the spans of all tokens in order; a comma or semicolon has length one and
    is looked through.
    """
    before: dict[int, str] = {}
    behind: dict[int, str] = {}
    for group in _groups(text, remarks, tokens):
        first, last = group[0], group[-1]
        said = says(remark.text for remark in group)
        if not said:
            continue
        index = first.tokens_before
        if _starts_line(text, first.span.start):
            if index < len(tokens) and _adjacent(text, last.span.end, tokens[index]):
                before[tokens[index].start] = said
        elif index:
            anchor = _owner(text, tokens, index - 1)
            behind.setdefault(anchor.end, said)
    return Comments(before, behind)


def _groups(text: str, remarks: list[Remark], tokens: list[Span]) -> list[list[Remark]]:
    """Remarks that are one text: lines of ``//`` under each other, nothing between them."""
    groups: list[list[Remark]] = []
    for remark in remarks:
        if groups:
            last = groups[-1][-1]
            if (
                remark.tokens_before == last.tokens_before
                and text.count("\n", last.span.end, remark.span.start) <= 1
                and _starts_line(text, remark.span.start)
                and (
                    _starts_line(text, groups[-1][0].span.start)
                    or remark.tokens_before >= len(tokens)
                )
            ):
                groups[-1].append(remark)
                continue
        groups.append([remark])
    return groups


def _owner(text: str, tokens: list[Span], index: int) -> Span:
    """The token that a comment behind token ``index`` is about."""
    if index and text[tokens[index].start] in ",;":
        return tokens[index - 1]
    return tokens[index]


def _starts_line(text: str, offset: int) -> bool:
    return not text[text.rfind("\n", 0, offset) + 1 : offset].strip()


def _adjacent(text: str, end: int, token: Span) -> bool:
    return text.count("\n", end, token.start) <= 1


def says(texts: Iterable[str]) -> str:
    """What comments say: without marks, common indentation and drawn rules."""
    lines: list[str] = []
    for text in texts:
        lines.extend(_lines(text))
    while lines and not lines[0]:
        lines.pop(0)
    while lines and not lines[-1]:
        lines.pop()
    return "\n".join(lines)


def _lines(text: str) -> list[str]:
    body = _OPENING.sub("", text, count=1)
    if text.startswith("/*"):
        body = body.removesuffix("*/").rstrip("*")
        rows = [re.sub(r"^\s*\*+(?=\s|$)", "", row) for row in body.split("\n")]
    else:
        rows = [body]
    return ["" if _DECORATION.fullmatch(row) else row.strip() for row in rows]
