"""Lays Python expressions out as black would, so that black changes nothing in them.

Black is the judge in the tests; it is not asked at run time, for it would take nine tenths
of it. What these rules cannot place within 88 columns goes to `tars2py.render.blacken`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from tars2py.width import width

__all__ = ["LINE", "bracket", "cut", "explode", "literals", "place", "quoted"]

LINE = 88
"""Columns of a line."""

_TOKEN = re.compile(
    r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|[(\[{]|[)\]}]|,|.', re.DOTALL
)


def place(text: str, indent: int = 0) -> str:
    """A statement or argument, with what follows it on its line.

    On one line if it fits. Else its last bracket is opened: a tuple's items get a line each,
    other items share one if they fit.
    """
    space = " " * indent
    if width(text) + indent <= LINE:
        return space + text
    parts = _last_bracket(text)
    if parts is None:
        return space + text
    head, body, tail = parts
    items = _items(body)
    if not items:
        return space + text
    is_tuple = head.endswith("(") and not re.search(r"[\w\])]\($", head)
    inner = body.strip()
    if is_tuple and len(items) > 1:
        return explode(head, items, tail, indent)
    if width(inner) + indent + 4 <= LINE:
        return f"{space}{head}\n{space}    {inner}\n{space}{tail}"
    if len(items) > 1 or inner.endswith(","):
        return explode(head, items, tail, indent)
    return f"{space}{head}\n{place(inner, indent + 4)}\n{space}{tail}"


def bracket(head: str, items: Sequence[str], tail: str, indent: int = 0) -> str:
    """``head`` items ``tail``: on one line, else the items on one line, else one by one."""
    joined = ", ".join(items)
    if width(head) + width(joined) + width(tail) + indent <= LINE or not items:
        return f"{' ' * indent}{head}{joined}{tail}"
    if width(joined) + indent + 4 <= LINE:
        space = " " * indent
        return f"{space}{head}\n{space}    {joined}\n{space}{tail}"
    if len(items) == 1:
        space = " " * indent
        return f"{space}{head}\n{place(joined, indent + 4)}\n{space}{tail}"
    return explode(head, items, tail, indent)


def explode(head: str, items: Iterable[str], tail: str, indent: int = 0) -> str:
    """``head``, each item on its line with a comma, ``tail``."""
    space = " " * indent
    body = "\n".join(place(f"{item},", indent + 4) for item in items)
    return f"{space}{head}\n{body}\n{space}{tail}"


def _last_bracket(text: str) -> tuple[str, str, str] | None:
    """What stands before, in and behind the last bracket that is open on the top level."""
    depth = opening = start = 0
    end = -1
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token in "([{":
            if depth == 0:
                opening = match.end()
            depth += 1
        elif token in ")]}":
            depth -= 1
            if depth == 0:
                start, end = opening, match.start()
    return None if end < 0 else (text[:start], text[start:end], text[end:])


def _items(body: str) -> list[str]:
    """The arguments in a bracket."""
    return [each for each in map(str.strip, _split(body)) if each]


def _split(body: str) -> Iterator[str]:
    depth = start = 0
    for match in _TOKEN.finditer(body):
        token = match[0]
        if token in "([{":
            depth += 1
        elif token in ")]}":
            depth -= 1
        elif token == "," and depth == 0:
            yield body[start : match.start()]
            start = match.end()
    yield body[start:]


def quoted(text: str) -> str:
    """A string literal, in the quotes that black prefers."""
    literal = repr(text)
    if literal[0] == '"':
        return literal
    body = literal[1:-1].replace("\\'", "'")
    if text.count('"') > text.count("'"):
        return literal
    return '"' + body.replace('"', '\\"') + '"'


def literals(text: str, columns: int) -> str:
    """A string as an argument: one literal, or several in a bracket where it is too long."""
    pieces = []
    rest = text
    while width(quoted(rest)) > columns:
        at = cut(rest, columns - len('""'))
        at += rest[at : at + 1] == " "
        pieces.append(quoted(rest[:at]))
        rest = rest[at:]
    if rest or not pieces:
        pieces.append(quoted(rest))
    return pieces[0] if len(pieces) == 1 else f"({' '.join(pieces)})"


def cut(line: str, columns: int) -> int:
    """Where to break a line that is too long: at a blank, or between two wide characters.

    Its length where neither comes before ``columns``.
    """
    best, column = 0, 0
    for index, character in enumerate(line):
        if index and (
            character == " " or not (character.isascii() and line[index - 1].isascii())
        ):
            best = index
        column += width(character)
        if column > columns and best:
            return best
    return len(line)
