"""TUP bodies (versions 2 and 3): named values in a map, each encoded by itself at tag 0.

Version 3 maps a name to the value's bytes; version 2 puts the name of the type between them.
Servers write a method's result under two names, ``""`` and ``tars_ret``, as TarsCpp and TarsGo
do; readers take either, and ignore the type's name, which the runtimes spell differently.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, TypeVar

from tars_runtime.codec.kind import Kind
from tars_runtime.codec.kinds.blobs import BYTES
from tars_runtime.codec.kinds.calls import RETURNED
from tars_runtime.codec.kinds.maps import map_of
from tars_runtime.codec.kinds.strings import STRING
from tars_runtime.codec.types import Typed, type_of
from tars_runtime.errors import DecodeError, EncodeError, UsageError

__all__ = ["RESULT", "get", "get_result", "name_of", "pack", "unpack"]

T = TypeVar("T")

RESULT: Final = ("", RETURNED)
"""The names of a method's result: both are written, either is read."""

_SIMPLE = map_of(STRING, BYTES)
_COMPLETE = map_of(STRING, map_of(STRING, BYTES))
_NAMES = {
    "byte": "char",
    "unsigned byte": "short",
    "int": "int32",
    "unsigned short": "int32",
    "long": "int64",
    "unsigned int": "int64",
    "bytes": "list<char>",
}


def pack(values: Iterable[tuple[str, Typed[Any], Any]], *, version: int = 3) -> bytes:
    """A body of named values. Raises `EncodeError` with the name as path."""
    packed = {
        name: (type_of(of), _packed(name, of, value)) for name, of, value in values
    }
    if version == 3:
        return _SIMPLE.build({name: data for name, (_, data) in packed.items()})
    if version == 2:
        return _COMPLETE.build(
            {name: {name_of(of): data} for name, (of, data) in packed.items()}
        )
    raise UsageError(f"expected TUP version 2 or 3, got {version}")


def unpack(data: bytes, *, version: int = 3) -> dict[str, bytes]:
    """The bytes of each named value. An empty body, which TarsCpp sends on errors, has none."""
    if not data:
        return {}
    if version == 3:
        return _SIMPLE.parse(data)
    if version == 2:
        return {
            name: next(iter(typed.values()), b"")
            for name, typed in _COMPLETE.parse(data).items()
        }
    raise UsageError(f"expected TUP version 2 or 3, got {version}")


def get(values: dict[str, bytes], name: str, of: Typed[T]) -> T:
    """One value by its name. Raises `DecodeError` where there is none."""
    if name not in values:
        raise DecodeError("expected a value, got none", name)
    return type_of(of).delimited.parse(values[name])


def get_result(values: dict[str, bytes], of: Typed[T]) -> T:
    """A method's result, under either of its names."""
    return get(values, next((name for name in RESULT if name in values), RETURNED), of)


def _packed(name: str, of: Typed[Any], value: Any) -> bytes:
    try:
        return type_of(of).delimited.build(value)
    except EncodeError as wrong:
        raise EncodeError(wrong.reason, f"{name}.{wrong.path}".rstrip(".")) from None


def name_of(of: Kind[Any]) -> str:
    """What version 2 calls a type: ``list<int32>``, ``map<string,Demo.Place>``."""
    of = of.resolved()
    children = of.children()
    if of.label.startswith("map<"):
        return f"map<{name_of(children[0])},{name_of(children[1])}>"
    if of.label.startswith("vector<") or of.label.endswith("]"):
        return f"list<{name_of(children[0])}>"
    return _NAMES.get(of.label) or of.qualified()
