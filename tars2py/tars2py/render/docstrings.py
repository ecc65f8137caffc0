"""Comments become docstrings: any text, safely quoted, wrapped, in the shape that black keeps."""

from __future__ import annotations

from collections.abc import Iterator

from tars2py.layout import LINE, cut
from tars2py.width import width

__all__ = ["docstring"]


def docstring(text: str, indent: int = 0) -> str:
    """A docstring of a text, indented, without a line end; ``text`` must not be empty."""
    space = " " * indent
    lines = [
        piece
        for line in _escaped(text).split("\n")
        for piece in _wrapped(line.strip(), LINE - indent)
    ]
    lines[:1] = _wrapped(lines[0], LINE - indent - (6 if len(lines) == 1 else 3))
    if len(lines) == 1:
        return f'{space}"""{_guarded(lines[0])}"""'
    body = "\n".join(f"{space}{line}" if line else "" for line in lines)
    return f'{space}"""{_opened(body[indent:])}\n{space}"""'


def _escaped(text: str) -> str:
    text = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    if text.replace("\n", "").isprintable():
        return text
    return "".join(_plain(character) for character in text)


def _plain(character: str) -> str:
    if character == "\n" or character.isprintable():
        return character
    return " " if character.isspace() else ascii(character)[1:-1]


def _guarded(line: str) -> str:
    """A quote at either end of a docstring needs a blank between it and the quotes."""
    return _opened(line) + (" " if line.endswith('"') else "")


def _opened(text: str) -> str:
    return " " + text if text.startswith('"') else text


def _wrapped(line: str, columns: int) -> Iterator[str]:
    """A line in pieces that fit: cut at blanks, or between two wide characters."""
    while width(line) > columns:
        at = cut(line, columns)
        yield line[:at].rstrip()
        line = line[at:].lstrip()
        if not line:
            return
    yield line
