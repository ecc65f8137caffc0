"""What to say about a token that does not fit: expected, got, and what the author meant.

The known mistakes of real files stand in a table of their own, with the sentence that helps.
"""

from __future__ import annotations

from lark import Token

from tars2py.errors import Diagnostics, Note
from tars2py.source import Source, Span

__all__ = ["begins", "explain"]

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
        start = token.start_pos or 0
        end = start + len(token) if token.type == "UNCLOSED_STRING" else start + 2
        end = start + 1 if token.type == "ILLEGAL" else end
        found.error(unreadable, source, Span(start, end))
        return
    if "SEMICOLON" in expected and position and begins(stream, position):
        end = _span(stream[position - 1]).end
        found.error("expected ';' after this", source, Span(end - 1, end))
        return
    got = "the end of the file" if token.type == "$END" else f"'{_short(token)}'"
    notes = tuple(Note(hint) for hint in _hints(expected, stream, position))
    found.error(
        f"expected {_spoken(expected)}, got {got}", source, _span(token), *notes
    )


def _spoken(expected: frozenset[str]) -> str:
    """A set of terminals as one would say it: ``a type, 'out' or ')'``."""
    left, said = set(expected), []
    if len(left) > 1:
        left.discard("SCOPE")
    for group, word in (
        (_WORDS | {"NAME"}, "a name"),
        (_TYPES | {"NAME"}, "a type"),
        (_VALUES, "a value"),
        (_DEFINITIONS, "'struct', 'enum', 'const', 'interface', 'key'"),
    ):
        if group <= left:
            said.append(word)
            left -= group
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


def begins(stream: list[Token], position: int) -> bool:
    """Does something new begin at this token, so that only a semicolon is missing?"""
    token, previous = stream[position], stream[position - 1]
    return token.type in ("RBRACE", "$END") or token.line != previous.line


def _hints(expected: frozenset[str], stream: list[Token], position: int) -> list[str]:
    """What helps with the mistakes that real files have: the first that fits."""
    token = stream[position]
    previous = stream[position - 1] if position else Token("", "")
    hints = (
        (
            token == ":" and bool(expected & {"NAME", "LSQUARE", "SEMICOLON"}),
            "':N' is refused, for compilers disagree about its bytes: write T name[N]",
        ),
        (
            token == "*",
            "pointers are refused, for only one compiler has them: write vector<byte>",
        ),
        (
            token.type == "LSQUARE" and "INT" not in expected,
            "a fixed length stands behind the name of a struct's member, and there only",
        ),
        (_is_member(expected, token), "a member is written: 0 require int name;"),
        (
            "MODULE" in expected and token.type in _DEFINITIONS,
            "every definition stands in a module: module Name { ... };",
        ),
        (
            token.type == "MODULE" and "STRUCT" in expected,
            "modules do not nest: close the outer one first",
        ),
        (token.type == previous.type == "SEMICOLON", "one ';' is enough"),
        (
            token.type == "SEMICOLON" and previous.type == "STRING",
            "no ';' behind #include",
        ),
        (
            token.type == "VOID",
            "'void' is what a method may give back, and nothing else",
        ),
        (
            previous in ("in", "inout", "const", "ref"),
            f"a parameter goes in by itself: leave '{previous}' out, or write 'out'",
        ),
        (
            token.type in _WORDS and "NAME" in expected,
            f"'{token}' is a reserved word: it can be the name of a method only",
        ),
        (token == "#", 'the only directive is #include "file.tars"'),
        (
            token.type == "NAME" and previous.type in ("INT", "FLOAT"),
            f"'{previous}{token}' is no number of this language",
        ),
    )
    return [hint for fits, hint in hints if fits][:1]


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
