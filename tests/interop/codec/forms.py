"""Values as the peers are told them: text and lists, so that no language's JSON loses anything.

A spec is what `tests.codec.schemas` draws. The form of an integer or enum is its decimal text,
of a bool "0" or "1", of a float or double the hexadecimal bits of the double, of a string its
UTF-8 in hexadecimal, of bytes theirs; a vector is a list, a map a list of pairs, a struct the
list of its members by tag.
"""

from __future__ import annotations

import struct
from typing import Any

from tars_runtime import codec

from tests.codec.schemas import Spec

NAN = "7ff8000000000000"


def form(spec: Spec, of: Any, value: Any) -> Any:
    """The form of a value."""
    kind = spec[0]
    if kind == "vector":
        return [form(spec[1], of.of, item) for item in value]
    if kind == "map":
        pairs = value.items()
        return [
            [form(spec[1], of.key, k), form(spec[2], of.value, v)] for k, v in pairs
        ]
    if kind == "struct":
        members = zip(spec[1], codec.schema(of.cls).members, strict=True)
        return [
            form(row[2], each.type, getattr(value, each.attr)) for row, each in members
        ]
    if kind in ("float", "double"):
        return NAN if value != value else struct.pack(">d", value).hex()
    if kind == "string":
        return str(value).encode().hex()
    if kind == "bytes":
        return bytes(value).hex()
    return str(int(value))


def settled(spec: Spec, given: Any) -> Any:
    """A form with its maps sorted and its NaNs alike: what must not have changed."""
    kind = spec[0]
    if kind == "vector":
        return [settled(spec[1], item) for item in given]
    if kind == "map":
        return sorted(([k, settled(spec[2], v)] for k, v in given), key=str)
    if kind == "struct":
        return [settled(row[2], each) for row, each in zip(spec[1], given, strict=True)]
    if kind in ("float", "double"):
        number = struct.unpack(">d", bytes.fromhex(given))[0]
        return NAN if number != number else given
    return given


def holds(spec: Spec, *kinds: str) -> bool:
    """Whether a spec has one of the kinds anywhere."""
    if spec[0] in kinds:
        return True
    if spec[0] == "struct":
        return any(holds(row[2], *kinds) for row in spec[1])
    return any(holds(each, *kinds) for each in spec[1:])
