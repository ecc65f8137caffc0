"""tarsio: a TARS codec in Rust with Python bindings; ``obj.encode()`` and ``Cls.decode(data)``."""

from __future__ import annotations

from importlib.metadata import version
from types import GenericAlias
from typing import Any

import tarsio
from tars_runtime import codec

from benchmarks.codec.timing import Call

NAME = f"tarsio {version('tarsio')}"

_PLAIN = {"string": str, "double": float, "bytes": bytes}
_classes: dict[type[Any], Any] = {}


def calls(value: Any) -> tuple[Call, Call]:
    """Encoding and decoding of a value of ours, as tarsio does it."""
    theirs = _convert(value)
    data = theirs.encode()
    if data != codec.schema(type(value)).encode(value):
        raise AssertionError("tarsio writes other bytes, so nothing can be compared")
    return Call(theirs.encode, ()), Call(type(theirs).decode, (data,))


def _convert(value: Any) -> Any:
    if hasattr(value, "__tars__"):
        members = codec.schema(type(value)).members
        theirs = _class_of(type(value))
        return theirs(
            **{each.attr: _convert(getattr(value, each.attr)) for each in members}
        )
    return [_convert(each) for each in value] if isinstance(value, list) else value


def _class_of(cls: type[Any]) -> Any:
    if cls not in _classes:
        space: dict[str, Any] = {"__annotations__": {}}
        for each in codec.schema(cls).members:
            space["__annotations__"][each.attr] = _annotation(each.type)
            default = {} if each.required else {"default": each.type.zero()}
            space[each.attr] = tarsio.field(tag=each.tag, **default)
        meta: Any = type(tarsio.Struct)
        _classes[cls] = meta(cls.__name__, (tarsio.Struct,), space, omit_defaults=True)
    return _classes[cls]


def _annotation(of: Any) -> Any:
    if of.label.startswith("vector<"):
        return GenericAlias(list, (_annotation(of.of),))
    if of.label.startswith("map<"):
        return GenericAlias(dict, (_annotation(of.key), _annotation(of.value)))
    if hasattr(of, "cls"):
        return _class_of(of.cls)
    return _PLAIN.get(of.label, int)
