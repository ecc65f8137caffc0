"""msgspec: MessagePack, structs as arrays; another format, at the speed that C allows."""

from __future__ import annotations

from types import GenericAlias
from typing import Any

import msgspec
from tars_runtime import codec

from benchmarks.codec.timing import Call

NAME = f"msgspec {msgspec.__version__}"

_PLAIN = {"string": str, "double": float, "bytes": bytes}
_classes: dict[type[Any], Any] = {}


def calls(value: Any) -> tuple[Call, Call]:
    """Encoding and decoding of a value of ours, as msgspec does it."""
    theirs = _convert(value)
    encoder = msgspec.msgpack.Encoder()
    decoder = msgspec.msgpack.Decoder(type(theirs))
    return Call(encoder.encode, (theirs,)), Call(
        decoder.decode, (encoder.encode(theirs),)
    )


def _convert(value: Any) -> Any:
    if hasattr(value, "__tars__"):
        members = codec.schema(type(value)).members
        return _class_of(type(value))(
            *(_convert(getattr(value, each.attr)) for each in members)
        )
    return [_convert(each) for each in value] if isinstance(value, list) else value


def _class_of(cls: type[Any]) -> Any:
    if cls not in _classes:
        fields = [
            (each.attr, _annotation(each.type)) for each in codec.schema(cls).members
        ]
        _classes[cls] = msgspec.defstruct(cls.__name__, fields, array_like=True)
    return _classes[cls]


def _annotation(of: Any) -> Any:
    if of.label.startswith("vector<"):
        return GenericAlias(list, (_annotation(of.of),))
    if of.label.startswith("map<"):
        return GenericAlias(dict, (_annotation(of.key), _annotation(of.value)))
    if hasattr(of, "cls"):
        return _class_of(of.cls)
    return _PLAIN.get(of.label, int)
