"""Bytes without a schema: what tags, types and values stand in them.

The wire says much: everything but names, signedness and which integers are bools or enums.
`read` gives a tree; `show` prints it as lines. ``tars2py decode`` is a thin shell over both.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from struct import Struct

from tars_runtime.codec import wire
from tars_runtime.codec.options import LIMITS, Limits, Options
from tars_runtime.codec.reader import Reader

__all__ = ["Field", "read", "show"]

_LOOSELY = Options(text="surrogateescape")
_FLOATS = {wire.FLOAT: Struct(">f"), wire.DOUBLE: Struct(">d")}


@dataclass(slots=True)
class Field:
    """One value: where it stands, its tag and wire type, and what is in it."""

    tag: int
    code: int
    offset: int
    value: int | float | str | bytes | None = None
    inside: list[Field] = field(default_factory=list)
    """Members, elements, or keys (tag 0) and values (tag 1) in turn."""

    @property
    def type(self) -> str:
        """The name of the wire type."""
        return wire.name_of(self.code)


def read(data: bytes, limits: Limits = LIMITS) -> list[Field]:
    """The members of a message's body. Raises `DecodeError` with the offset."""
    reader = Reader(data, _LOOSELY, limits)
    members = []
    while reader.pos < reader.end:
        members.append(_field(reader))
    return members


def _field(reader: Reader) -> Field:
    reader.spend(1)
    tag, code = reader.head()
    found = Field(tag, code, reader.mark)
    if code in (wire.MAP, wire.LIST, wire.BEGIN):
        reader.enter()
        found.inside = list(_inside(reader, code))
        reader.leave()
    else:
        found.value = _scalar(reader, code)
    return found


def _inside(reader: Reader, code: int) -> Iterator[Field]:
    if code == wire.BEGIN:
        while reader.data[reader.pos : reader.pos + 1] != b"\x0b":
            yield _field(reader)
        reader.pos += 1
        return
    each = 2 if code == wire.MAP else 1
    number = reader.size()
    if number * each > reader.end - reader.pos:
        raise reader.fail(
            f"expected fewer elements than bytes, got a count of {number}"
        )
    for _ in range(number * each):
        yield _field(reader)


def _scalar(reader: Reader, code: int) -> int | float | str | bytes:
    if code in _FLOATS:
        shape = _FLOATS[code]
        value: float = shape.unpack(reader.take(shape.size))[0]
        return value
    if code in (wire.STRING1, wire.STRING4):
        return reader.take(reader.string_length(code)).decode(*reader.charset)
    if code == wire.SIMPLE:
        return reader.take(reader.simple_length())
    if code in wire.WIDTHS:
        return reader.number(code)
    raise reader.fail(f"expected a value, got {wire.name_of(code)}")


def show(members: list[Field], indent: str = "") -> str:
    """The tree as lines: tag, type, value; deeper ones indented."""
    return "\n".join(_lines(members, indent))


def _lines(members: list[Field], indent: str) -> Iterator[str]:
    for each in members:
        if each.code in (wire.LIST, wire.MAP):
            count = len(each.inside) // (2 if each.code == wire.MAP else 1)
            yield f"{indent}{each.tag} {each.type} of {count}"
        elif each.code == wire.BEGIN:
            yield f"{indent}{each.tag} STRUCT"
        else:
            yield f"{indent}{each.tag} {each.type} {_text(each.value)}"
        yield from _lines(each.inside, indent + "  ")


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return (
            f"{len(value)} bytes {value[:32].hex()}{'...' if len(value) > 32 else ''}"
        )
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return repr(value)
