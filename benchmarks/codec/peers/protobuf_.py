"""protobuf (upb): another format; decoding is lazy, so the time to read every field is included."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import google.protobuf  # type: ignore[import-untyped]  # comes without types
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from tars_runtime import codec

from benchmarks.codec.timing import Call

NAME = f"protobuf {google.protobuf.__version__}, every field read"

_FIELD = descriptor_pb2.FieldDescriptorProto
_PLAIN = {
    "string": _FIELD.TYPE_STRING,
    "double": _FIELD.TYPE_DOUBLE,
    "bytes": _FIELD.TYPE_BYTES,
    "long": _FIELD.TYPE_SINT64,
}


def calls(value: Any) -> tuple[Call, Call]:
    """Encoding and decoding of a value of ours, as protobuf does it."""
    cls = type(value)
    file = descriptor_pb2.FileDescriptorProto(
        name=f"{cls.__name__}.proto", package=f"bench.{cls.__name__}", syntax="proto3"
    )
    _describe(file, cls)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    full = f"bench.{cls.__name__}.{cls.__name__}"
    made: Any = message_factory.GetMessageClass(pool.FindMessageTypeByName(full))
    theirs = made()
    _fill(theirs, value)
    data = theirs.SerializeToString()
    read = _reader(codec.schema(cls))

    def decode(given: bytes) -> None:
        read(made.FromString(given))

    return Call(theirs.SerializeToString, ()), Call(decode, (data,))


def _describe(file: Any, cls: type[Any]) -> None:
    if any(each.name == cls.__name__ for each in file.message_type):
        return
    message = file.message_type.add(name=cls.__name__)
    for each in codec.schema(cls).members:
        of: Any = each.type
        row = message.field.add(
            name=each.attr, number=each.tag + 1, label=_FIELD.LABEL_OPTIONAL
        )
        if of.label.startswith("map<"):
            _describe_map(file, message, row, of)
            continue
        if of.label.startswith("vector<"):
            row.label = _FIELD.LABEL_REPEATED
            of = of.of
        _set_type(file, row, of)


def _set_type(file: Any, row: Any, of: Any) -> None:
    if hasattr(of, "cls"):
        _describe(file, of.cls)
        row.type, row.type_name = _FIELD.TYPE_MESSAGE, f".{file.package}.{of.label}"
    else:
        row.type = _PLAIN.get(of.label, _FIELD.TYPE_SINT32)


def _describe_map(file: Any, message: Any, row: Any, of: Any) -> None:
    entry = message.nested_type.add(name=f"{row.name.capitalize()}Entry")
    entry.options.map_entry = True
    for number, (name, part) in enumerate((("key", of.key), ("value", of.value)), 1):
        inner = entry.field.add(name=name, number=number, label=_FIELD.LABEL_OPTIONAL)
        _set_type(file, inner, part)
    row.label, row.type = _FIELD.LABEL_REPEATED, _FIELD.TYPE_MESSAGE
    row.type_name = f".{file.package}.{message.name}.{entry.name}"


def _fill(theirs: Any, value: Any) -> None:
    for each in codec.schema(type(value)).members:
        member = getattr(value, each.attr)
        if hasattr(member, "__tars__"):
            _fill(getattr(theirs, each.attr), member)
        elif isinstance(member, dict):
            getattr(theirs, each.attr).update(member)
        elif isinstance(member, list):
            for item in member:
                if hasattr(item, "__tars__"):
                    _fill(getattr(theirs, each.attr).add(), item)
                else:
                    getattr(theirs, each.attr).append(item)
        else:
            setattr(theirs, each.attr, member)


def _reader(of: Any) -> Callable[[Any], None]:
    """A function that looks at every field: what a program that uses the message does."""
    lines = ["def read(m):"]
    space: dict[str, Any] = {}
    for each in of.members:
        lines.append(f"    x = m.{each.attr}")
        kind: Any = each.type
        if kind.label.startswith("vector<") and hasattr(kind.of, "cls"):
            space[each.attr] = _reader(kind.of)
            lines.append(f"    for y in x: {each.attr}(y)")
        elif kind.label.startswith("vector<"):
            lines.append("    list(x)")
        elif kind.label.startswith("map<"):
            lines.append("    dict(x)")
        elif hasattr(kind, "cls"):
            space[each.attr] = _reader(kind)
            lines.append(f"    {each.attr}(x)")
    exec("\n".join(lines), space)
    read: Callable[[Any], None] = space["read"]
    return read
