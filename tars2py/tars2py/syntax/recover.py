"""Goes on after a syntax mistake: reports it, then brings the parser back into step.

A semicolon that is missing is put in. Otherwise the rest of the declaration is skipped: up
to the next semicolon, or to the brace that closes the surrounding block, and the parser's
stack is cut back to that block.
"""

from __future__ import annotations

from typing import Any

from lark import Token
from lark.parsers.lalr_interactive_parser import InteractiveParser

from tars2py.errors import Diagnostics
from tars2py.source import Source
from tars2py.syntax.explain import explain

__all__ = ["mend"]

_LISTS = (
    frozenset({"MODULE", "$END"}),  # a file
    frozenset({"STRUCT", "RBRACE"}),  # a module
    frozenset({"INT", "RBRACE"}),  # a struct
    frozenset({"VOID", "RBRACE"}),  # an interface
    frozenset({"NAME", "RBRACE"}),  # an enum
)
"""What a parser state accepts when it stands between two declarations of a block."""


def mend(
    machine: InteractiveParser,
    stream: list[Token],
    position: int,
    source: Source,
    found: Diagnostics,
) -> int:
    """Report the token at ``position``, bring the parser into step.

    Returns the position at which to go on. Each call consumes a token, closes a block or
    puts a semicolon in, so that the parse comes to an end.
    """
    expected = _accepted(machine)
    explain(expected, stream, position, source, found)
    if "SEMICOLON" in expected and _ends_here(stream, position):
        machine.feed_token(Token("SEMICOLON", ";", start_pos=0, end_pos=0))
        return position
    position = _skip(stream, position)
    return _cut_back(machine, stream, position)


def _accepted(machine: InteractiveParser) -> frozenset[str]:
    """The terminals that the parser would take now; more exact than the state's own row."""
    return frozenset(machine.accepts())  # type: ignore[no-untyped-call]  # lark's


def _ends_here(stream: list[Token], position: int) -> bool:
    """Does something new begin at this token, so that only a semicolon is missing?"""
    token = stream[position]
    previous = stream[position - 1]
    return token.type in ("RBRACE", "$END") or token.line != previous.line


def _skip(stream: list[Token], position: int) -> int:
    """The position behind the declaration that cannot be read.

    Behind its semicolon; or at the closing brace of its block, or at the end.
    """
    depth = 0
    while position < len(stream) and stream[position].type != "$END":
        kind = stream[position].type
        if kind == "LBRACE":
            depth += 1
        elif kind == "RBRACE":
            if depth == 0:
                return position
            depth -= 1
        elif kind == "SEMICOLON" and depth == 0:
            return position + 1
        position += 1
    return position


def _cut_back(machine: InteractiveParser, stream: list[Token], position: int) -> int:
    """Drop what the parser holds of the declaration, up to the block that goes on.

    At a closing brace, or the end of the text, the innermost block must accept it: a
    closing brace that no block is open for is passed over.
    """
    state: Any = machine.parser_state
    rows = state.parse_conf.parse_table.states
    while len(state.state_stack) > 1 and not _is_list(rows[state.state_stack[-1]]):
        state.state_stack.pop()
        state.value_stack.pop()
    token = stream[position] if position < len(stream) else None
    row = rows[state.state_stack[-1]]
    if token is None or token.type in row:
        return position
    if token.type == "$END":
        state.state_stack.pop()
        state.value_stack.pop()
        return _cut_back(machine, stream, position)
    return position + 1 if token.type == "RBRACE" else position


def _is_list(row: dict[str, Any]) -> bool:
    return any(needed <= row.keys() for needed in _LISTS)
