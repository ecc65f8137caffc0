"""Did you mean ...?: the nearest name, or the word that people of other languages write."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["suggest"]

_FOREIGN = {
    "boolean": "bool",
    "char": "byte",
    "int8": "byte",
    "int16": "short",
    "int32": "int",
    "integer": "int",
    "int64": "long",
    "uint8": "unsigned byte",
    "uint16": "unsigned short",
    "uint32": "unsigned int",
    "float32": "float",
    "float64": "double",
    "real": "double",
    "str": "string",
    "text": "string",
    "bytes": "vector<byte>",
    "list": "vector",
    "array": "vector",
    "set": "vector",
    "dict": "map",
    "hashmap": "map",
}

_WORDS = (
    "bool",
    "byte",
    "short",
    "int",
    "long",
    "float",
    "double",
    "string",
    "vector",
    "map",
)


def suggest(name: str, known: Iterable[str], *, type: bool = False) -> str:
    """``"; did you mean 'bool'?"``, or nothing; ``type`` when a type is what was meant."""
    lower = name.lower()
    if type and (lower in _WORDS or lower in _FOREIGN):
        return f"; did you mean '{_FOREIGN.get(lower, lower)}'?"
    from difflib import get_close_matches  # only a message needs it

    candidates = [*known, *(_WORDS if type else ())]
    by_lower = {each.lower(): each for each in candidates}
    for near in get_close_matches(lower, by_lower, n=1, cutoff=0.7):
        if by_lower[near] != name:
            return f"; did you mean '{by_lower[near]}'?"
    return ""
