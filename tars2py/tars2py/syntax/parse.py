"""Runs lark over one file: every token through the parser, mistakes mended on the way.

lark itself stops at the first mistake. Here the tokens are lexed first (the lexer cannot
fail: it has terminals for what it cannot read), then fed one by one; a token that does not
fit is reported and the parser is brought back to a state in which it can go on.
"""

from __future__ import annotations

from collections.abc import Iterator
from threading import Lock
from typing import Any

from lark import Lark, Token
from lark.exceptions import UnexpectedToken
from lark.parsers.lalr_interactive_parser import InteractiveParser

from tars2py.cache import folder
from tars2py.errors import Diagnostics
from tars2py.source import Source, Span
from tars2py.syntax.build import Build
from tars2py.syntax.comments import Remark, attach
from tars2py.syntax.recover import mend
from tars2py.tree import File

__all__ = ["parse", "tokens"]

_MOST = 100
"""Mistakes of one file that are mended; a file with more is something else."""

_SWALLOWS = "UNCLOSED_COMMENT"
"""The rest of the file is in it, so that what is missing at the end is no news."""

_lock = Lock()
_remarks: list[tuple[Token, int]] = []
_seen: list[Token] = []
_lark: Lark | None = None


def parse(source: Source, found: Diagnostics) -> File:
    """The tree of a file, as far as it can be read; mistakes go to ``found``."""
    with _lock:
        stream = list(_lex(source.text))
        remarks = [
            Remark(str(token), Span(_at(token), _at(token) + len(token)), index)
            for token, index in _remarks
        ]
        includes, modules = _feed(source, stream, found)
    spans = [Span(_at(token), _at(token) + len(token)) for token in stream]
    return File(source, includes, modules, attach(source.text, remarks, spans))


def tokens(text: str) -> tuple[list[Token], list[tuple[Token, int]]]:
    """All tokens of a text; and its comments, each with the number of tokens before it."""
    with _lock:
        return list(_lex(text)), list(_remarks)


def _feed(source: Source, stream: list[Token], found: Diagnostics) -> Any:
    machine = _parser().parse_interactive("", start="file")
    position = mistakes = 0
    while position < len(stream):
        try:
            machine.feed_token(stream[position])
            position += 1
        except UnexpectedToken:
            mistakes += 1
            at = position
            position = mend(machine, stream, position, source, found)
            if mistakes == _MOST:
                start = stream[at].start_pos or 0
                message = f"expected a .tars file: the rest is not read, after {_MOST} mistakes"
                found.error(message, source, Span(start, start + 1))
                break
    given_up = position < len(stream) or (stream[-1:] and stream[-1].type == _SWALLOWS)
    return _finish(machine, stream, source, Diagnostics() if given_up else found)


def _finish(
    machine: InteractiveParser, stream: list[Token], source: Source, found: Diagnostics
) -> Any:
    """Tell the parser that the text is over; close what the text left open."""
    end = len(source.text.rstrip())
    last = Token("$END", "", start_pos=end, end_pos=end)
    while True:
        try:
            return machine.feed_token(last)
        except UnexpectedToken:
            mend(machine, [*stream, last], len(stream), source, found)


def _lex(text: str) -> Iterator[Token]:
    _remarks.clear()
    _seen.clear()
    for token in _parser().lex(text):
        _seen.append(token)
        yield token


def _remember(token: Token) -> Token:
    _remarks.append((token, len(_seen)))
    return token


def _parser() -> Lark:
    global _lark
    if _lark is None:
        cache = folder()
        _lark = Lark.open_from_package(
            "tars2py",
            "grammar.lark",
            parser="lalr",
            lexer="basic",
            start=["file", "unreadable"],
            maybe_placeholders=False,
            transformer=Build(),
            lexer_callbacks={"COMMENT": _remember},
            cache=f"{cache}/grammar" if cache else False,
        )
    return _lark


def _at(token: Token) -> int:
    assert token.start_pos is not None
    return token.start_pos
