"""The TARS codec: one schema of constructs, and ``encode`` and ``decode`` over it.

>>> from dataclasses import dataclass
>>> from tars_runtime import codec
>>> @dataclass(slots=True, kw_only=True)
... class Point:
...     x: int = 0
...     y: int = 0
>>> _ = codec.struct(
...     Point, codec.require(0, "x", codec.INT), codec.optional(1, "y", codec.INT)
... )
>>> codec.encode(Point(x=1, y=300)).hex()
'000111012c'
>>> codec.decode(Point, bytes.fromhex("000111012c"))
Point(x=1, y=300)

docs/codec.md is the guide, docs/wire.md the format.
"""

from tars_runtime.codec.api import decode, encode
from tars_runtime.codec.kinds.blobs import BYTES
from tars_runtime.codec.kinds.calls import VOID, arguments, result
from tars_runtime.codec.kinds.delimited import at
from tars_runtime.codec.kinds.enums import enum
from tars_runtime.codec.kinds.floats import DOUBLE, FLOAT
from tars_runtime.codec.kinds.integers import (
    BOOL,
    BYTE,
    INT,
    LONG,
    SHORT,
    UNSIGNED_BYTE,
    UNSIGNED_INT,
    UNSIGNED_SHORT,
)
from tars_runtime.codec.kinds.maps import map_of
from tars_runtime.codec.kinds.refs import ref
from tars_runtime.codec.kinds.strings import STRING, string
from tars_runtime.codec.kinds.structs import Struct, schema, struct
from tars_runtime.codec.kinds.vectors import array, vector
from tars_runtime.codec.members import Member, optional, require
from tars_runtime.codec.options import DEFAULT, LIMITS, Limits, Options
from tars_runtime.codec.plain import from_json, to_json
from tars_runtime.codec.types import Type
from tars_runtime.errors import DecodeError, EncodeError

__all__ = [
    "BOOL",
    "BYTE",
    "BYTES",
    "DEFAULT",
    "DOUBLE",
    "FLOAT",
    "INT",
    "LIMITS",
    "LONG",
    "SHORT",
    "STRING",
    "UNSIGNED_BYTE",
    "UNSIGNED_INT",
    "UNSIGNED_SHORT",
    "VOID",
    "DecodeError",
    "EncodeError",
    "Limits",
    "Member",
    "Options",
    "Struct",
    "Type",
    "arguments",
    "array",
    "at",
    "decode",
    "encode",
    "enum",
    "from_json",
    "map_of",
    "optional",
    "ref",
    "require",
    "result",
    "schema",
    "string",
    "struct",
    "to_json",
    "vector",
]
