"""Values as JSON has them, and back: what JSON mode (version 5) and people read.

Structs are objects by IDL member name, vectors arrays, bytes arrays of signed numbers, maps
objects with their keys as text, enums numbers; NaN is null, as in C++. Reading takes what other
runtimes write, too: null for an empty container (Go), base64 text for bytes, unknown members.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn, TypeVar

from tars_runtime.codec.options import LIMITS
from tars_runtime.codec.types import Typed, type_of
from tars_runtime.errors import DecodeError

__all__ = ["from_json", "to_json"]

T = TypeVar("T")


def to_json(obj: Any, of: Typed[Any] | None = None) -> str:
    """A struct instance, or a value of type ``of``, as JSON text.

    Raises `EncodeError` with the member's path, as ``encode`` does, and for an infinity.
    """
    found = type_of(type(obj) if of is None else of)
    plain = found.to_plain(obj, LIMITS.depth)
    text = json.dumps(plain, ensure_ascii=False, allow_nan=False)
    try:
        text.encode()
    except UnicodeEncodeError:  # stray bytes that a string kept as surrogates
        return json.dumps(plain, allow_nan=False)
    return text


def from_json(of: Typed[T], text: str | bytes) -> T:
    """A value from JSON text. Raises `DecodeError` with path, whatever the text is."""
    try:
        plain = json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError as wrong:
        raise DecodeError(f"expected JSON, got {wrong.msg}", "", wrong.pos) from None
    except UnicodeDecodeError as wrong:
        raise DecodeError("expected UTF-8 text", "", wrong.start) from None
    except (RecursionError, ValueError):  # too deep; a number of thousands of digits
        raise DecodeError("expected JSON of bounded depth and numbers") from None
    return type_of(of).from_plain(plain, LIMITS.depth)


def _refuse(constant: str) -> NoReturn:
    raise DecodeError(f"expected JSON, got {constant}")
