"""What to say about a token that does not fit: expected, got, and what the author meant.

The known mistakes of real files stand in a table of their own, with the sentence that helps.
"""

from __future__ import annotations

from lark import Token

from tars2py.errors import Diagnostics, Note
from tars2py.source import Source, Span

__all__ = ["explain", "spoken"]

_TYPES = frozenset(
    {
        "UNSIGNED",
        "BOOL",
        "BYTE",
        "SHORT",
        "INTEGER",
        "LONG",
        "FLOATING",
        "DOUBLE",
        "TEXT",
    }
    | {"VECTOR", "MAP"}
)
_VALUES = frozenset({"INT", "FLOAT", "STRING", "TRUE", "FALSE", "NAME"})
_DEFINITIONS = frozenset({"STRUCT", "ENUM", "CONST", "INTERFACE", "KEY"})
_WORDS = (
    _TYPES
    | _DEFINITIONS
    | {"MODULE", "REQUIRE", "OPTIONAL", "OUT", "ROUTEKEY", "VOID", "TRUE", "FALSE"}
)

_SPOKEN = {
    "INT": "a whole number",
    "NAME": "a name",
    "STRING": 'a text in "double quotes"',
    "FLOAT": "a number",
    "$END": "the end of the file",
    "INCLUDE": "'#include'",
    "LBRACE": "'{'",
    "RBRACE": "'}'",
    "LPAREN": "'('",
    "RPAREN": "')'",
    "LSQUARE": "'['",
    "RSQUARE": "']'",
    "LESS": "'<'",
    "GREATER": "'>'",
    "COMMA": "','",
    "SEMICOLON": "';'",
    "EQUAL": "'='",
    "SCOPE": "'::'",
    "INTEGER": "'int'",
    "FLOATING": "'float'",
    "TEXT": "'string'",
}


def explain(
    expected: frozenset[str],
    stream: list[Token],
    position: int,
    source: Source,
    found: Diagnostics,
) -> None:
    """Report that the token at ``position`` is none of ``expected``."""
    token = stream[position]
    if unreadable := _unreadable(token):
        found.error(unreadable, source, _span(token))
        return
    previous = stream[position - 1] if position else None
    if previous and "SEMICOLON" in expected and _begins(previous, token):
        end = _span(previous).end
        found.error("expected ';' after this", source, Span(end - 1, end))
        return
    got = "the end of the file" if token.type == "$END" else f"'{_short(token)}'"
    notes = tuple(Note(hint) for hint in _hints(expected, stream, position))
    found.error(f"expected {spoken(expected)}, got {got}", source, _span(token), *notes)


def spoken(expected: frozenset[str]) -> str:
    """A set of terminals as one would say it: ``a type, 'out' or ')'``."""
    left, said = set(expected), []
    for group, word in (
        (_TYPES | {"NAME"}, "a type"),
        (_VALUES, "a value"),
        (_DEFINITIONS, "'struct', 'enum', 'const', 'interface', 'key'"),
    ):
        if group <= left:
            said.append(word)
            left -= group | ({"SCOPE"} if word == "a type" else set())
    said += [
        _SPOKEN.get(each, f"'{each.lower()}'")
        for each in sorted(left, key=lambda name: (name in ("RBRACE", "$END"), name))
    ]
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} or {said[-1]}"


def _unreadable(token: Token) -> str:
    match token.type:
        case "UNCLOSED_STRING":
            return 'expected a closing " on this line, got its end'
        case "UNCLOSED_COMMENT":
            return "expected '*/' to end this comment, got the end of the file"
        case "ILLEGAL" if token not in ":*.#'+-&|!?@$%^/\\~`":
            code = f"U+{ord(token):04X}"
            shown = f"'{token}' ({code})" if token.isprintable() else code
            return (
                f"expected ASCII outside of comments and strings, got {shown}: "
                "perhaps a full-width sign or an invisible character"
            )
    return ""


def _begins(previous: Token, token: Token) -> bool:
    """Does ``token`` begin something new, so that only a semicolon is missing?"""
    return token.type in ("RBRACE", "$END") or token.line != previous.line


def _hints(expected: frozenset[str], stream: list[Token], position: int) -> list[str]:
    """What helps with the mistakes that real files have."""
    token = stream[position]
    previous = stream[position - 1] if position else Token("", "")
    hints = []
    if token == ":" and expected & {"NAME", "LSQUARE", "SEMICOLON"}:
        hints.append(
            "a fixed length (':N') is refused: compilers disagree about its bytes; "
            "write 'vector<T> name' or 'T name[N]'"
        )
    elif token == "*":
        hints.append(
            "a pointer ('byte *name') is refused: only one compiler knows it; "
            "write 'vector<byte> name'"
        )
    elif token.type == "LSQUARE" and "COMMA" in expected:
        hints.append("a fixed length can stand behind a struct's member only")
    elif _is_member(expected, token):
        hints.append("a member is written: 0 require int name;")
    elif "MODULE" in expected and token.type in _DEFINITIONS:
        hints.append("every definition stands in a module: module Name { ... };")
    elif token.type == "MODULE" and "STRUCT" in expected:
        hints.append("modules do not nest: close the outer one first")
    elif token.type == "SEMICOLON" and previous.type == "SEMICOLON":
        hints.append("one ';' is enough")
    elif token.type == "SEMICOLON" and previous.type == "STRING":
        hints.append("no ';' behind #include")
    elif token.type in _WORDS and "NAME" in expected:
        hints.append(
            f"'{token}' is a reserved word: it can be the name of a method only"
        )
    elif token == "#":
        hints.append('the only directive is #include "file.tars"')
    elif token.type == "NAME" and previous.type in ("INT", "FLOAT"):
        hints.append(f"'{previous}{token}' is no number of this language")
    return hints


def _is_member(expected: frozenset[str], token: Token) -> bool:
    """Is this where a struct's member begins, or its ``require``?"""
    if expected == {"REQUIRE", "OPTIONAL"}:
        return True
    return expected == {"INT", "RBRACE"} and token.type in _MEMBER_STARTS


_MEMBER_STARTS = _TYPES | {"NAME", "REQUIRE", "OPTIONAL"}


def _short(token: Token) -> str:
    return token if len(token) <= 40 else f"{token[:37]}..."


def _span(token: Token) -> Span:
    start = token.start_pos or 0
    return Span(start, start + max(1, len(token)))
