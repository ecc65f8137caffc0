"""Goes on after a syntax mistake: reports it, then brings the parser back into step.

A semicolon that is missing is put in. Otherwise the rest of the declaration is skipped: up
to the next semicolon (in an enum: comma), or to the brace that closes the surrounding block, and
the parser's stack is cut back to that block.
"""

from __future__ import annotations

from typing import Any

from lark import Token
from lark.parsers.lalr_analysis import Shift
from lark.parsers.lalr_interactive_parser import InteractiveParser

from tars2py.errors import Diagnostics
from tars2py.source import Source
from tars2py.syntax.explain import begins, explain

__all__ = ["mend"]

_BLOCKS = {
    "file": ("MODULE", "$END"),
    "module": ("STRUCT", "RBRACE"),
    "struct": ("INT", "RBRACE"),
    "interface": ("VOID", "RBRACE"),
    "enum": ("NAME", "RBRACE"),
}
"""What the parser takes when it stands between two declarations of a block."""


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
    expected = frozenset(machine.accepts())  # type: ignore[no-untyped-call]  # lark's
    explain(expected, stream, position, source, found)
    if "SEMICOLON" in expected and position and begins(stream, position):
        machine.feed_token(Token("SEMICOLON", ";", start_pos=0, end_pos=0))
        return position
    block = _cut_back(machine)
    position = _skip(stream, position, block)
    if position < len(stream) and stream[position].type == "$END":
        while block != "file":
            _pop(machine)
            block = _cut_back(machine)
    elif position < len(stream) and block == "file" and stream[position] == "}":
        position += 1
    return position


def _skip(stream: list[Token], position: int, block: str) -> int:
    """The position behind the declaration that cannot be read.

    Behind its semicolon; or at the closing brace of its block, at what can only begin
    another declaration of the file, or at the end.
    """
    depth = 0
    first = position
    while position < len(stream) and stream[position].type != "$END":
        kind = stream[position].type
        if kind == "LBRACE":
            depth += 1
        elif kind == "RBRACE":
            if depth == 0:
                return position
            depth -= 1
        elif depth == 0 and (
            kind == "SEMICOLON" or (kind == "COMMA" and block == "enum")
        ):
            return position + 1
        elif position > first and _opens(stream, position):
            return position
        position += 1
    return position


def _opens(stream: list[Token], position: int) -> bool:
    """Is this an include, or ``module Name {``?"""
    kinds = [each.type for each in stream[position : position + 3]]
    return kinds[0] == "INCLUDE" or kinds == ["MODULE", "NAME", "LBRACE"]


def _cut_back(machine: InteractiveParser) -> str:
    """Drop what the parser holds of the declaration; the kind of block that goes on."""
    state: Any = machine.parser_state
    rows = state.parse_conf.parse_table.states
    closed = 0  # blocks whose brace is closed: what was in them is over
    while True:
        row = rows[state.state_stack[-1]]
        for block, terminals in _BLOCKS.items():
            if closed == 0 and all(_goes_on(row, each) for each in terminals):
                return block
        closed += _pop(machine)


def _pop(machine: InteractiveParser) -> int:
    """Drop one thing; 1 if it closed a block, -1 if it opened one, else 0."""
    machine.parser_state.state_stack.pop()
    value = machine.parser_state.value_stack.pop()
    kind = value.type if isinstance(value, Token) else ""
    return (kind == "RBRACE") - (kind == "LBRACE")


def _goes_on(row: dict[str, Any], terminal: str) -> bool:
    """Does a state take a terminal as the next of a list, not within something open?"""
    if terminal not in row:
        return False
    action, argument = row[terminal]
    if action is Shift:
        return True
    if not argument.expansion:
        return True
    return argument.expansion[-1].name in ("SEMICOLON", "COMMA", "include", "module")
