"""The types of ``vectors.json``, as Python has them: module ``Vec`` and the two packets."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import Any

from tars_runtime import codec

RECORDS: dict[str, dict[str, Any]] = {
    record["name"]: record
    for record in json.loads(
        Path(__file__).with_name("vectors.json").read_text("utf-8")
    )
}
"""The golden vectors, by name."""


class Color(IntEnum):
    RED = 0
    GREEN = 5
    BLUE = 6
    NEG = -1
    BIG = 100000


@dataclass(slots=True, kw_only=True)
class Inner:
    id: int = 0
    name: str = ""


codec.struct(
    Inner,
    codec.require(0, "id", codec.INT),
    codec.optional(1, "name", codec.STRING),
)


@dataclass(slots=True, kw_only=True)
class Outer:
    a: Inner = field(default_factory=Inner)
    b: Inner = field(default_factory=Inner)
    v: list[Inner] = field(default_factory=list)
    m: dict[int, Inner] = field(default_factory=dict)
    vv: list[list[int]] = field(default_factory=list)
    mm: dict[str, dict[str, str]] = field(default_factory=dict)


codec.struct(
    Outer,
    codec.require(0, "a", Inner),
    codec.optional(1, "b", Inner),
    codec.require(2, "v", codec.vector(Inner)),
    codec.require(3, "m", codec.map_of(codec.INT, Inner)),
    codec.optional(4, "vv", codec.vector(codec.vector(codec.INT))),
    codec.optional(
        5,
        "mm",
        codec.map_of(codec.STRING, codec.map_of(codec.STRING, codec.STRING)),
    ),
)


@dataclass(slots=True, kw_only=True)
class Opt:
    i: int = 7
    s: str = "dflt"
    b: bool = True
    v: list[int] = field(default_factory=list)
    m: dict[str, str] = field(default_factory=dict)
    d: float = 1.5
    c: Color | int = Color.GREEN
    by: int = 0
    vb: bytes = b""
    st: Inner = field(default_factory=Inner)
    s2: str = ""
    l: int = -1  # noqa: E741  # the IDL's name
    f: float = 0.0


codec.struct(
    Opt,
    codec.optional(0, "i", codec.INT),
    codec.optional(1, "s", codec.STRING),
    codec.optional(2, "b", codec.BOOL),
    codec.optional(3, "v", codec.vector(codec.INT)),
    codec.optional(4, "m", codec.map_of(codec.STRING, codec.STRING)),
    codec.optional(5, "d", codec.DOUBLE),
    codec.optional(6, "c", codec.enum(Color)),
    codec.optional(7, "by", codec.BYTE),
    codec.optional(8, "vb", codec.BYTES),
    codec.optional(9, "st", Inner),
    codec.optional(10, "s2", codec.STRING),
    codec.optional(11, "l", codec.LONG),
    codec.optional(12, "f", codec.FLOAT),
)


@dataclass(slots=True, kw_only=True)
class Tags:
    t0: int = 0
    t14: int = 0
    t15: int = 0
    t16: str = ""
    t127: int = 0
    t128: list[int] = field(default_factory=list)
    t254: Inner = field(default_factory=Inner)
    t255: bool = False


codec.struct(
    Tags,
    codec.require(0, "t0", codec.INT),
    codec.require(14, "t14", codec.INT),
    codec.require(15, "t15", codec.INT),
    codec.require(16, "t16", codec.STRING),
    codec.require(127, "t127", codec.LONG),
    codec.require(128, "t128", codec.vector(codec.INT)),
    codec.require(254, "t254", Inner),
    codec.require(255, "t255", codec.BOOL),
)


@dataclass(slots=True, kw_only=True)
class Prims:
    b: bool = False
    by: int = 0
    sh: int = 0
    i: int = 0
    l: int = 0  # noqa: E741  # the IDL's name
    f: float = 0.0
    d: float = 0.0
    s: str = ""
    ub: int = 0
    us: int = 0
    ui: int = 0
    c: Color | int = Color.RED


codec.struct(
    Prims,
    codec.require(1, "b", codec.BOOL),
    codec.require(2, "by", codec.BYTE),
    codec.require(3, "sh", codec.SHORT),
    codec.require(4, "i", codec.INT),
    codec.require(5, "l", codec.LONG),
    codec.require(6, "f", codec.FLOAT),
    codec.require(7, "d", codec.DOUBLE),
    codec.require(8, "s", codec.STRING),
    codec.require(9, "ub", codec.UNSIGNED_BYTE),
    codec.require(10, "us", codec.UNSIGNED_SHORT),
    codec.require(11, "ui", codec.UNSIGNED_INT),
    codec.require(12, "c", codec.enum(Color)),
)


@dataclass(slots=True, kw_only=True)
class EvoOld:
    a: int = 0
    z: str = ""


codec.struct(
    EvoOld, codec.require(0, "a", codec.INT), codec.optional(5, "z", codec.STRING)
)


@dataclass(slots=True, kw_only=True)
class EvoNew:
    a: int = 0
    x1: bytes = b""
    x2: list[Inner] = field(default_factory=list)
    x3: dict[str, Inner] = field(default_factory=dict)
    x4: float = 0.0
    z: str = ""
    x6: Inner = field(default_factory=Inner)


codec.struct(
    EvoNew,
    codec.require(0, "a", codec.INT),
    codec.optional(1, "x1", codec.BYTES),
    codec.optional(2, "x2", codec.vector(Inner)),
    codec.optional(3, "x3", codec.map_of(codec.STRING, Inner)),
    codec.optional(4, "x4", codec.DOUBLE),
    codec.optional(5, "z", codec.STRING),
    codec.optional(6, "x6", Inner),
)


@dataclass(slots=True, kw_only=True)
class RequestPacket:
    iVersion: int = 0
    cPacketType: int = 0
    iMessageType: int = 0
    iRequestId: int = 0
    sServantName: str = ""
    sFuncName: str = ""
    sBuffer: bytes = b""
    iTimeout: int = 0
    context: dict[str, str] = field(default_factory=dict)
    status: dict[str, str] = field(default_factory=dict)


codec.struct(
    RequestPacket,
    codec.require(1, "iVersion", codec.SHORT),
    codec.require(2, "cPacketType", codec.BYTE),
    codec.require(3, "iMessageType", codec.INT),
    codec.require(4, "iRequestId", codec.INT),
    codec.require(5, "sServantName", codec.STRING),
    codec.require(6, "sFuncName", codec.STRING),
    codec.require(7, "sBuffer", codec.BYTES),
    codec.require(8, "iTimeout", codec.INT),
    codec.require(9, "context", codec.map_of(codec.STRING, codec.STRING)),
    codec.require(10, "status", codec.map_of(codec.STRING, codec.STRING)),
)


@dataclass(slots=True, kw_only=True)
class ResponsePacket:
    iVersion: int = 0
    cPacketType: int = 0
    iRequestId: int = 0
    iMessageType: int = 0
    iRet: int = 0
    sBuffer: bytes = b""
    status: dict[str, str] = field(default_factory=dict)
    sResultDesc: str = ""
    context: dict[str, str] = field(default_factory=dict)


codec.struct(
    ResponsePacket,
    codec.require(1, "iVersion", codec.SHORT),
    codec.require(2, "cPacketType", codec.BYTE),
    codec.require(3, "iRequestId", codec.INT),
    codec.require(4, "iMessageType", codec.INT),
    codec.require(5, "iRet", codec.INT),
    codec.require(6, "sBuffer", codec.BYTES),
    codec.require(7, "status", codec.map_of(codec.STRING, codec.STRING)),
    codec.optional(8, "sResultDesc", codec.STRING),
    codec.optional(9, "context", codec.map_of(codec.STRING, codec.STRING)),
)

SCALARS: dict[str, codec.Type[Any]] = {
    "bool": codec.BOOL,
    "byte": codec.BYTE,
    "short": codec.SHORT,
    "int": codec.INT,
    "long": codec.LONG,
    "unsigned byte": codec.UNSIGNED_BYTE,
    "unsigned short": codec.UNSIGNED_SHORT,
    "unsigned int": codec.UNSIGNED_INT,
    "float": codec.FLOAT,
    "double": codec.DOUBLE,
    "string": codec.STRING,
    "Color": codec.enum(Color),
}

STRUCTS: dict[str, type[Any]] = {
    cls.__name__: cls
    for cls in (
        Inner,
        Outer,
        Opt,
        Tags,
        Prims,
        EvoOld,
        EvoNew,
        RequestPacket,
        ResponsePacket,
    )
}
STRUCTS["UniPacket"] = RequestPacket  # a TUP packet has the request's layout


def type_named(text: str) -> codec.Type[Any]:
    """The codec type that an IDL type such as ``map<string, vector<Vec::Inner>>`` means."""
    text = text.strip().rpartition("::")[2] if "<" not in text else text.strip()
    if text in SCALARS:
        return SCALARS[text]
    if text in STRUCTS:
        return codec.schema(STRUCTS[text])
    outer, _, inside = text.partition("<")
    inside = inside.removesuffix(">").strip()
    if outer == "vector":
        return codec.BYTES if inside == "byte" else codec.vector(type_named(inside))
    key, _, value = inside.partition(",")
    return codec.map_of(type_named(key), type_named(value))
