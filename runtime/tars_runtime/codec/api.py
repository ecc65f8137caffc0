"""The two functions that most code calls: ``encode`` and ``decode``."""

from __future__ import annotations

from typing import Any, TypeVar

from tars_runtime.codec import engines
from tars_runtime.codec.options import DEFAULT, LIMITS, Limits, Options
from tars_runtime.codec.types import Typed, type_of

__all__ = ["decode", "encode"]

T = TypeVar("T")


def encode(obj: Any, *, options: Options = DEFAULT) -> bytes:
    """The body of a struct instance, without begin and end.

    Raises `EncodeError` with the member's path for a value that the schema cannot carry.
    """
    of = type_of(type(obj))
    if options is DEFAULT:
        return of.build(obj)
    return engines.build_with(of, obj, options)


def decode(
    of: Typed[T], data: bytes, *, options: Options = DEFAULT, limits: Limits = LIMITS
) -> T:
    """A value from a message: the body of a struct class, or the value at tag 0 of another type.

    Raises `DecodeError` with path and byte offset, whatever the bytes are, and nothing else.
    """
    found = type_of(of)
    if options is DEFAULT and limits is LIMITS:
        return found.parse(data)
    return engines.parse_with(found, data, options, limits)
