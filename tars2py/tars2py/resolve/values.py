"""Defaults and constants: which value may stand for which type, and within which range.

===================  ==========================================================
type                 value
===================  ==========================================================
integers             an integer in its range, or an enumerator (its number)
float, double        an integer or a float
bool                 true, false
string               a string
enum                 an enumerator of its own, or any integer of 32 bits
vector, map, struct  none; nor for ``T name[N]``
===================  ==========================================================
"""

from __future__ import annotations

import math
import struct

from tars2py import tree
from tars2py.model import Base, EnumValue, Named, Type, Value
from tars2py.resolve import enums
from tars2py.resolve.enums import Enums
from tars2py.resolve.literals import floating, integer, string
from tars2py.resolve.scope import Scope

__all__ = ["resolve_value"]

_RANGES = {
    "byte": (-(2**7), 2**7 - 1),
    "short": (-(2**15), 2**15 - 1),
    "int": (-(2**31), 2**31 - 1),
    "long": (-(2**63), 2**63 - 1),
    "unsigned byte": (0, 2**8 - 1),
    "unsigned short": (0, 2**16 - 1),
    "unsigned int": (0, 2**32 - 1),
}

_SPOKEN = {
    "INT": "an integer",
    "FLOAT": "a float",
    "STRING": "a string",
    "TRUE": "a bool",
    "FALSE": "a bool",
}


def resolve_value(
    written: tree.Value,
    type: Type,
    scope: Scope,
    known: Enums,
) -> Value | None:
    """The value of a default or constant of a type; None after an error was reported."""
    match type:
        case Named(symbol) if symbol.kind == "enum":
            return _of_enum(written, type, scope, known)
        case Base(word) if word in _RANGES:
            return _of_integer(written, word, scope, known)
        case Base("float" | "double" as word):
            return _of_float(written, word, scope)
        case Base("bool"):
            if isinstance(written, tree.Literal) and written.kind in ("TRUE", "FALSE"):
                return written.kind == "TRUE"
            _refuse("true or false", written, scope)
            return None
        case Base("string"):
            if isinstance(written, tree.Literal) and written.kind == "STRING":
                return string(written, scope.source, scope.found)
            _refuse("a string", written, scope)
            return None
        case _:
            scope.error(
                "expected no value: containers, structs and arrays have none but empty",
                written.span,
            )
            return None


def _of_enum(
    written: tree.Value,
    type: Named,
    scope: Scope,
    known: Enums,
) -> Value | None:
    if isinstance(written, tree.Ref):
        value = enums.find(written, type.symbol, scope, known)
        if value and value.enum != type.symbol:
            _refuse(
                f"an enumerator of {type.symbol.text}", written, scope, value.enum.text
            )
            return None
        return value
    if written.kind != "INT":
        _refuse(f"an enumerator of {type.symbol.text}", written, scope)
        return None
    number = integer(written, scope.source, scope.found)
    number = _within("int", number, written, scope)
    if number is None:
        return None
    for each in known[type.symbol.module, type.symbol.name].enumerators:
        if each.number == number:
            return EnumValue(type.symbol, each.name, number)
    return number


def _of_integer(
    written: tree.Value,
    word: str,
    scope: Scope,
    known: Enums,
) -> int | None:
    if isinstance(written, tree.Ref):
        value = enums.find(written, None, scope, known)
        return _within(word, value.number, written, scope) if value else None
    if written.kind != "INT":
        _refuse("an integer", written, scope)
        return None
    return _within(word, integer(written, scope.source, scope.found), written, scope)


def _within(
    word: str, number: int | None, written: tree.Value, scope: Scope
) -> int | None:
    if number is None:
        return None
    low, high = _RANGES[word]
    if low <= number <= high:
        return number
    scope.error(f"expected {low} to {high} for {word}, got {number}", written.span)
    return None


def _of_float(written: tree.Value, word: str, scope: Scope) -> float | None:
    if isinstance(written, tree.Ref) or written.kind not in ("INT", "FLOAT"):
        _refuse("a number", written, scope)
        return None
    value: float | None
    if written.kind == "INT":
        value = integer(written, scope.source, scope.found)
    else:
        value = floating(written, scope.source, scope.found)
    if value is None or word == "double":
        return None if value is None else float(value)
    return _single(float(value), written, scope)


def _single(value: float, written: tree.Literal, scope: Scope) -> float | None:
    """The 32-bit float nearest to a value: what the peer will decode."""
    try:
        nearest: float = struct.unpack(">f", struct.pack(">f", value))[0]
    except OverflowError:
        nearest = math.inf
    if math.isinf(nearest):
        scope.error(
            f"expected a number that 32 bits can hold, got {written.text}: "
            "too large for float, write double",
            written.span,
        )
        return None
    if nearest == 0 and value != 0:
        scope.warning(
            f"{written.text} is too small for float: it becomes 0", written.span
        )
    return nearest


def _refuse(expected: str, written: tree.Value, scope: Scope, what: str = "") -> None:
    if isinstance(written, tree.Ref):
        got = f"'{written.text}'" + (
            f" of {what}" if what else _constant(written, scope)
        )
    else:
        got = f"{_SPOKEN[written.kind]} ({written.text[:40]})"
    scope.error(f"expected {expected}, got {got}", written.span)


def _constant(ref: tree.Ref, scope: Scope) -> str:
    symbol = scope.symbols.modules.get(scope.module, {}).get(ref.parts[-1].text)
    if symbol and symbol.kind == "const":
        return ": constants cannot be used elsewhere in the language"
    return ""
