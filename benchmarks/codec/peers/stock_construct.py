"""construct as it comes: the same format, composed of its own classes and interpreted."""

from __future__ import annotations

from typing import Any

import construct as c
from tars_runtime import codec

from benchmarks.codec.timing import Call

NAME = f"construct {c.version_string}, its own classes"

_SHORTEST = (
    (0x7F, 0, c.Int8sb),
    (0x7FFF, 1, c.Int16sb),
    (0x7FFFFFFF, 2, c.Int32sb),
    (1 << 63, 3, c.Int64sb),
)


def calls(value: Any) -> tuple[Call, Call]:
    """Encoding and decoding of a value of ours, as plain construct does it."""
    everything = codec.Options(elide="none")  # what plain construct can say
    data = codec.encode(value, options=everything)
    schema = _body(codec.schema(type(value)))
    plain = _plain(value)
    assert schema.build(plain) == data, "plain construct writes other bytes"
    return Call(schema.build, (plain,)), Call(schema.parse, (data,))


def _plain(value: Any) -> Any:
    if hasattr(value, "__tars__"):
        members = codec.schema(type(value)).members
        return {each.attr: _plain(getattr(value, each.attr)) for each in members}
    if isinstance(value, dict):
        return [{"key": key, "value": _plain(of)} for key, of in value.items()]
    return [_plain(each) for each in value] if isinstance(value, list) else value


def _body(of: Any) -> Any:
    return c.Struct(*(each.attr / _at(each.tag, each.type) for each in of.members))


def _head(tag: int, code: int) -> Any:
    data = bytes((tag << 4 | code,)) if tag < 15 else bytes((0xF0 | code, tag))
    return c.Const(data)


def _type_of(tag: int) -> Any:
    """Read the head of a tag: the wire type."""
    if tag < 15:
        return c.ExprAdapter(
            c.Byte, lambda obj, _: obj & 15, lambda obj, _: tag << 4 | obj
        )
    return c.ExprAdapter(
        c.Int16ub, lambda obj, _: obj >> 8 & 15, lambda obj, _: 0xF000 | obj << 8 | tag
    )


def _width(number: int) -> int:
    if number == 0:
        return 12
    size = number if number >= 0 else -1 - number
    return next(code for most, code, _ in _SHORTEST if size <= most)


def _integer(tag: int) -> Any:
    cases = {code: shape for _, code, shape in _SHORTEST}
    return c.FocusedSeq(
        "value",
        "code" / c.Rebuild(_type_of(tag), lambda this: _width(this.value)),
        "value" / c.Switch(c.this.code, {**cases, 12: c.Computed(0)}),
    )


def _string(tag: int) -> Any:
    short, long = c.PascalString(c.Byte, "utf8"), c.PascalString(c.Int32ub, "utf8")
    return c.FocusedSeq(
        "value",
        "code"
        / c.Rebuild(_type_of(tag), lambda this: 6 + (len(this.value.encode()) > 255)),
        "value" / c.Switch(c.this.code, {6: short, 7: long}),
    )


def _counted(tag: int, code: int, element: Any) -> Any:
    return c.FocusedSeq(
        "items",
        "head" / _head(tag, code),
        "count" / c.Rebuild(_integer(0), lambda this: len(this["items"])),
        "items" / c.Array(c.this.count, element),
    )


def _bytes(tag: int) -> Any:
    return c.FocusedSeq(
        "data",
        "head" / _head(tag, 13),
        "element" / c.Const(b"\0"),
        "size" / c.Rebuild(_integer(0), lambda this: len(this.data)),
        "data" / c.Bytes(c.this.size),
    )


def _at(tag: int, of: Any) -> Any:
    if of.label.startswith("vector<"):
        return _counted(tag, 9, _at(0, of.of))
    if of.label.startswith("map<"):
        pair = c.Struct("key" / _at(0, of.key), "value" / _at(1, of.value))
        return _counted(tag, 8, pair)
    if hasattr(of, "cls"):
        return c.FocusedSeq(
            "value", _head(tag, 10), "value" / _body(of), c.Const(b"\x0b")
        )
    if of.label == "double":
        return c.FocusedSeq("value", _head(tag, 5), "value" / c.Float64b)
    made = {"string": _string, "bytes": _bytes}.get(of.label, _integer)
    return made(tag)
