"""What literals are worth: integers, floats, strings, exactly; and how they may be written."""

from __future__ import annotations

import math
import re

from tars2py.errors import Diagnostics
from tars2py.source import Source, Span
from tars2py.tree import Literal

__all__ = ["floating", "integer", "string"]

_DECIMAL = re.compile(r"[+-]?(0|[1-9][0-9]*)")
_OCTAL = re.compile(r"[+-]?0[0-7]+")
_HEX = re.compile(r"[+-]?0[xX][0-9a-fA-F]+")

_ESCAPE = re.compile(r"\\([0-7]{1,3}|x[0-9a-fA-F]{1,2}(?![0-9a-fA-F])|.)|[^\\]+")
_SIMPLE = {
    "\\": "\\",
    '"': '"',
    "'": "'",
    "?": "?",
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
}


def integer(
    literal: Literal, source: Source, found: Diagnostics, *, tag: bool = False
) -> int | None:
    """The value of an integer; None after an error. A tag must not have leading zeros."""
    text = literal.text
    if _DECIMAL.fullmatch(text):
        value = _whole(text, 10)
    elif _HEX.fullmatch(text):
        value = _whole(text, 16)
    elif not _OCTAL.fullmatch(text):
        found.error(
            f"expected octal digits (0 to 7) behind a leading 0, got '{text}'",
            source,
            literal.span,
        )
        return None
    elif tag:
        found.error(
            f"expected a tag without leading zeros, got '{text}': some compilers read "
            "it as octal, some do not",
            source,
            literal.span,
        )
        return None
    else:
        value = _whole(text, 8)
        found.warning(f"'{text}' is octal: its value is {value}", source, literal.span)
    if value is None or not -(2**63) <= value < 2**63:
        found.error(
            f"expected a number of at most 64 bits (-2^63 to 2^63-1), "
            f"got {text if len(text) < 40 else f'one of {len(text)} digits'}",
            source,
            literal.span,
        )
        return None
    return value


def _whole(text: str, base: int) -> int | None:
    """``int(text, base)``, but None where there are far too many digits."""
    return int(text, base) if len(text) < 200 else None


def floating(literal: Literal, source: Source, found: Diagnostics) -> float | None:
    """The value of a float, exactly as written; None after an error."""
    text = literal.text.rstrip("fF")
    value = float(text)
    if math.isinf(value):
        found.error(
            f"expected a number that 64 bits can hold, got '{literal.text}': too large",
            source,
            literal.span,
        )
        return None
    if value == 0 and re.search(r"[1-9]", re.split(r"[eE]", text)[0]):
        found.warning(
            f"'{literal.text}' is too small for 64 bits: it becomes 0",
            source,
            literal.span,
        )
    return value


def string(literal: Literal, source: Source, found: Diagnostics) -> str | None:
    """The value of a string with its escapes resolved; None after an error."""
    body = literal.text[1:-1]
    if "\\" not in body and "\0" not in body:
        return body
    value = bytearray()
    start = literal.span.start + 1
    for match in _ESCAPE.finditer(body):
        code = match[1]
        if code is None:
            value += match[0].encode()
        elif code in _SIMPLE:
            value += _SIMPLE[code].encode()
        elif (number := _number(code)) is not None and number < 256:
            value.append(number)
        else:
            span = Span(start + match.start(), start + match.end())
            found.error(_why_not(code), source, span)
            return None
    if 0 in value:
        found.error("expected a string without NUL, got one", source, literal.span)
        return None
    try:
        return value.decode()
    except UnicodeDecodeError:
        found.error(
            "expected escapes that make UTF-8, got other bytes",
            source,
            literal.span,
        )
        return None


def _number(code: str) -> int | None:
    if code[0] == "x" and len(code) > 1:
        return int(code[1:], 16)
    return int(code, 8) if code[0] in "01234567" else None


def _why_not(code: str) -> str:
    known = "\\\\ \\\" \\' \\? \\a \\b \\f \\n \\r \\t \\v \\ooo \\xHH"
    if code[0] == "x":
        return "expected one or two hexadecimal digits behind \\x"
    if code[0] in "01234567":
        return f"expected an octal escape of at most \\377, got '\\{code}'"
    hint = ": write the character itself" if code[0] in "uU" else ""
    return f"expected one of the escapes {known}, got '\\{code}'{hint}"
