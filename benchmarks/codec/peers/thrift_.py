"""thriftpy2: another format (TBinary), its serializer in Cython."""

from __future__ import annotations

import io
from typing import Any

import thriftpy2
from tars_runtime import codec
from thriftpy2.protocol import cybin
from thriftpy2.utils import deserialize, serialize

from benchmarks.codec.timing import Call

NAME = f"thriftpy2 {thriftpy2.__version__}"

_PLAIN = {"string": "string", "double": "double", "bytes": "binary", "long": "i64"}


def calls(value: Any) -> tuple[Call, Call]:
    """Encoding and decoding of a value of ours, as thriftpy2 does it."""
    structs: dict[str, str] = {}
    _describe(structs, codec.schema(type(value)))
    name = f"bench_{type(value).__name__.lower()}_thrift"
    module = thriftpy2.load_fp(io.StringIO("\n".join(structs.values())), name)
    theirs = _convert(module, value)
    factory: Any = vars(cybin)["TCyBinaryProtocolFactory"]()  # a Cython name
    data = serialize(theirs, factory)
    cls = type(theirs)

    def encode(given: Any) -> bytes:
        raw: bytes = serialize(given, factory)
        return raw

    def decode(given: bytes) -> Any:
        return deserialize(cls(), given, factory)

    return Call(encode, (theirs,)), Call(decode, (data,))


def _describe(structs: dict[str, str], of: Any) -> None:
    rows = [
        f"  {each.tag + 1}: {_name(structs, each.type)} f_{each.attr};"
        for each in of.members
    ]
    structs[of.label] = "\n".join([f"struct {of.label} {{", *rows, "}"])


def _name(structs: dict[str, str], of: Any) -> str:
    if of.label.startswith("vector<"):
        return f"list<{_name(structs, of.of)}>"
    if of.label.startswith("map<"):
        return f"map<{_name(structs, of.key)}, {_name(structs, of.value)}>"
    if hasattr(of, "cls"):
        _describe(structs, of)
        return str(of.label)
    return _PLAIN.get(of.label, "i32")


def _convert(module: Any, value: Any) -> Any:
    if hasattr(value, "__tars__"):
        made = getattr(module, type(value).__name__)()
        for each in codec.schema(type(value)).members:
            setattr(made, f"f_{each.attr}", _convert(module, getattr(value, each.attr)))
        return made
    if isinstance(value, list):
        return [_convert(module, each) for each in value]
    return value
