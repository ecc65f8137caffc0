"""Lines of a formatted file: indentation, blank lines, comments in one column."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from tars2py.width import width

__all__ = ["INDENT", "Line", "join"]

INDENT = "    "
_WIDEST = 60
"""A comment stands in one column with those above it, up to code of this width."""


@dataclass(slots=True)
class Line:
    """One line, or a comment of several: what is written, and what stands around it."""

    depth: int
    code: str = ""
    comment: str = ""
    """Behind the code; or all there is."""

    blank_before: bool = False
    opens: bool = False
    """It is the head of a block: a declaration of several lines begins."""

    closes: bool = False
    """It ends a block."""


def join(lines: list[Line]) -> str:
    """The text of a file."""
    _space_blocks(lines)
    columns = _columns(lines)
    out: list[str] = []
    for index, line in enumerate(lines):
        if line.blank_before and index and not _after_brace(lines, index):
            out.append("")
        text = f"{INDENT * line.depth}{line.code}"
        if line.comment and line.code:
            text = f"{text:<{len(text) + columns[index] - width(text)}} {line.comment}"
        elif line.comment:
            text += line.comment
        out.append(text.rstrip())
    return "\n".join(out) + "\n" if out else ""


def _after_brace(lines: list[Line], index: int) -> bool:
    """No blank line behind an opening brace or in front of a closing one."""
    return lines[index - 1].code.endswith("{") or lines[index].closes


def _space_blocks(lines: list[Line]) -> None:
    """A declaration with a block has a blank line on either side, its comment with it."""
    for index, line in enumerate(lines):
        if line.closes and index + 1 < len(lines):
            lines[index + 1].blank_before = True
        if line.opens:
            start = index
            while (
                start
                and not lines[start].blank_before
                and not lines[start - 1].code
                and lines[start - 1].depth == line.depth
            ):
                start -= 1
            lines[start].blank_before = True


def _columns(lines: list[Line]) -> list[int]:
    """Where the comment behind each line begins: in one column, in lines without a gap."""
    columns = [width(INDENT * line.depth + line.code) for line in lines]
    number = 0
    groups = []
    for index, line in enumerate(lines):
        aligned = bool(line.code and line.comment) and columns[index] <= _WIDEST
        if line.blank_before or not aligned or line.depth != lines[index - 1].depth:
            number += 1
        groups.append((number, aligned))
    for (_, aligned), members in groupby(range(len(lines)), key=groups.__getitem__):
        indexes = list(members)
        if aligned:
            column = max(columns[each] for each in indexes)
            for each in indexes:
                columns[each] = column
    return columns
