"""Prints the tokens of a file anew: a declaration a line, four blanks deeper in each block.

The printer works on tokens and comments, not on the tree, so that nothing is lost: a
comment stays with the token that it stood before or behind.
"""

from __future__ import annotations

from typing import NamedTuple

from tars2py.format.lines import INDENT, Line, join
from tars2py.width import width

__all__ = ["Piece", "formatted"]

_LONGEST = 100
"""Columns of a line; a longer list of parameters gets a line for each."""

_NO_BLANK_BEFORE = frozenset({";", ",", ")", "]", ">", "<", "(", "[", "::"})
_NO_BLANK_BEHIND = frozenset({"(", "[", "<", "::"})


class Piece(NamedTuple):
    """A token or a comment, where it stands in the text."""

    text: str
    start: int
    is_comment: bool = False


def formatted(text: str, pieces: list[Piece]) -> str:
    """The text of a file in the one style. ``pieces`` are its tokens and comments in order."""
    printer = _Printer(text, pieces)
    for index, piece in enumerate(pieces):
        if piece.is_comment:
            printer.comment(index, piece)
        else:
            printer.token(index, piece)
    printer.flush()
    return join(printer.lines)


class _Printer:
    """Gathers the tokens of a line until it ends."""

    def __init__(self, text: str, pieces: list[Piece]) -> None:
        self.lines: list[Line] = []
        self._text = text
        self._pieces = pieces
        self._depth = 0
        self._blocks: list[str] = []
        self._words: list[str] = []
        self._behind: list[str] = []
        self._blank = False

    def token(self, index: int, piece: Piece) -> None:
        """Take a token."""
        if not self._words and piece.text not in ";,":
            self._blank = self._gap(index)
        match piece.text:
            case "{":
                self._open()
            case "}":
                self._close(index)
            case ";":
                self._end(";")
            case "," if self._blocks[-1:] == ["enum"]:
                if self._words and self._next(index, but=",") != "}":
                    self._words.append(",")
                self.flush()
            case word:
                self._words.append(word)
                if self._words[:-1] == ["#include"]:
                    self.flush()

    def comment(self, index: int, piece: Piece) -> None:
        """Take a comment: on lines of its own, or behind what stands before it."""
        alone = not self._text[
            self._text.rfind("\n", 0, piece.start) + 1 : piece.start
        ].strip()
        shown = _shown(piece.text, self._depth)
        if self._words:
            if self._next(index) in (",", ";", "}", ""):
                self._behind.append(shown)
            elif piece.text.startswith("//"):
                self._words.append(f"/* {_closed(piece.text)} */")
            else:
                self._words.append(shown)
        elif alone or not self.lines or not self.lines[-1].code:
            self.lines.append(
                Line(self._depth, comment=shown, blank_before=self._gap(index))
            )
        elif self.lines[-1].comment.startswith("//"):
            self.lines.append(Line(self._depth, comment=shown))
        else:
            last = self.lines[-1]
            last.comment = f"{last.comment} {shown}".strip()

    def flush(self) -> None:
        """End the line."""
        if self._words:
            self._add(Line(self._depth, _line(self._words, self._depth)))

    def _add(self, line: Line) -> None:
        line.blank_before = self._blank
        line.comment, rest = " ".join(self._behind[:1]), self._behind[1:]
        self.lines.append(line)
        self.lines += [Line(self._depth, comment=each) for each in rest]
        self._words, self._behind, self._blank = [], [], False

    def _open(self) -> None:
        self._blocks.append(self._words[0] if self._words else "")
        self._add(Line(self._depth, _line(self._words, self._depth), opens=True))
        self.lines.append(Line(self._depth, "{"))
        self._depth += 1

    def _close(self, index: int) -> None:
        self.flush()
        self._blocks = self._blocks[:-1]
        self._depth = max(0, self._depth - 1)
        self._words = ["}"]
        if self._next(index) != ";":
            self._end("")

    def _end(self, sign: str) -> None:
        closes = self._words[:1] == ["}"]
        self._words.append(sign)
        code = _line([each for each in self._words if each], self._depth)
        self._add(Line(self._depth, code, closes=closes))

    def _next(self, index: int, but: str = "") -> str:
        """The next token behind a piece, those that are ``but`` left out."""
        for at in range(index + 1, len(self._pieces)):
            piece = self._pieces[at]
            if not piece.is_comment and piece.text != but:
                return piece.text
        return ""

    def _gap(self, index: int) -> bool:
        """Is there an empty line in front of a piece?"""
        if not index:
            return False
        before = self._pieces[index - 1]
        between = self._text[
            before.start + len(before.text) : self._pieces[index].start
        ]
        return between.count("\n") > 1


def _line(words: list[str], depth: int) -> str:
    """Tokens on one line; parameters on their own ones where that is too long."""
    text = ""
    for before, word in zip(["", *words], words, strict=False):
        blank = text and word not in _NO_BLANK_BEFORE and before not in _NO_BLANK_BEHIND
        text += f" {word}" if blank else word
    if width(INDENT * depth + text) <= _LONGEST or not text.endswith(");"):
        return text
    head, _, rest = text.partition("(")
    params = _split(rest.removesuffix(");"))
    if not params:
        return text
    inner = INDENT * (depth + 1)
    return f"{head}(\n{inner}" + f",\n{inner}".join(params) + ");"


def _split(params: str) -> list[str]:
    """A parameter list at its commas, not at those of a map."""
    parts, depth = [""], 0
    for character in params:
        depth += (character == "<") - (character == ">")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts if part.strip()]


def _shown(comment: str, depth: int) -> str:
    """A comment at its place; the stars of its further lines below the first one."""
    first, *rest = comment.split("\n")
    lines = [first.rstrip()]
    for line in rest:
        bare = line.strip()
        lines.append(
            f"{INDENT * depth} {bare}" if bare.startswith("*") else line.rstrip()
        )
    return "\n".join(lines)


def _closed(comment: str) -> str:
    """The words of a ``//`` comment that must stand within a line."""
    return comment.lstrip("/").strip().replace("*/", "* /")
