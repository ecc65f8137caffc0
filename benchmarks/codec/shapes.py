"""What is measured: three messages of a real system's kinds, and a vector of ids.

``request_packet``: a RequestPacket with a 64-byte body. ``endpoints``: a registry's answer with
100 EndpointF. ``mixed``: numbers of all widths, strings, a vector, a map and a nested struct.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from tars_runtime import codec

__all__ = ["VALUES", "EndpointF", "Endpoints", "Ids", "Inner", "Mixed", "RequestPacket"]


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
class EndpointF:
    host: str = ""
    port: int = 0
    timeout: int = 0
    istcp: int = 0
    grid: int = 0
    groupworkid: int = 0
    grouprealid: int = 0
    setId: str = ""
    qos: int = 0
    bakFlag: int = 0
    weight: int = 0
    weightType: int = 0
    authType: int = 0


codec.struct(
    EndpointF,
    codec.require(0, "host", codec.STRING),
    codec.require(1, "port", codec.INT),
    codec.require(2, "timeout", codec.INT),
    codec.require(3, "istcp", codec.INT),
    codec.require(4, "grid", codec.INT),
    codec.optional(5, "groupworkid", codec.INT),
    codec.optional(6, "grouprealid", codec.INT),
    codec.optional(7, "setId", codec.STRING),
    codec.optional(8, "qos", codec.INT),
    codec.optional(9, "bakFlag", codec.INT),
    codec.optional(11, "weight", codec.INT),
    codec.optional(12, "weightType", codec.INT),
    codec.optional(13, "authType", codec.INT),
)


@dataclass(slots=True, kw_only=True)
class Endpoints:
    items: list[EndpointF] = field(default_factory=list)


codec.struct(Endpoints, codec.require(0, "items", codec.vector(EndpointF)))


@dataclass(slots=True, kw_only=True)
class Inner:
    id: int = 0
    name: str = ""
    score: float = 0.0


codec.struct(
    Inner,
    codec.require(0, "id", codec.INT),
    codec.require(1, "name", codec.STRING),
    codec.require(2, "score", codec.DOUBLE),
)


@dataclass(slots=True, kw_only=True)
class Mixed:
    i0: int = 0
    i1: int = 0
    i2: int = 0
    i3: int = 0
    i4: int = 0
    i5: int = 0
    i6: int = 0
    i7: int = 0
    i8: int = 0
    i9: int = 0
    d0: float = 0.0
    d1: float = 0.0
    d2: float = 0.0
    s0: str = ""
    s1: str = ""
    s2: str = ""
    ids: list[int] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    inner: Inner = field(default_factory=Inner)


codec.struct(
    Mixed,
    *(codec.require(n, f"i{n}", codec.LONG) for n in range(10)),
    *(codec.require(10 + n, f"d{n}", codec.DOUBLE) for n in range(3)),
    *(codec.require(13 + n, f"s{n}", codec.STRING) for n in range(3)),
    codec.require(16, "ids", codec.vector(codec.INT)),
    codec.require(17, "counts", codec.map_of(codec.STRING, codec.INT)),
    codec.require(18, "inner", Inner),
)


@dataclass(slots=True, kw_only=True)
class Ids:
    ids: list[int] = field(default_factory=list)


codec.struct(Ids, codec.require(0, "ids", codec.vector(codec.INT)))

_random = random.Random(5)


def _any_width() -> int:
    return _random.choice(
        (0, _random.randint(-128, 127), _random.randint(128, 32767), 1 << 30)
    )


def _endpoint(number: int) -> EndpointF:
    return EndpointF(
        host=f"10.12.{100 + number // 50}.{100 + number}",
        port=10000 + number,
        timeout=60000,
        istcp=1,
        groupworkid=1000 + number,
        grouprealid=2,
        setId="",
        qos=1,
        bakFlag=0,
        weight=100,
        weightType=1,
        authType=0,
    )


VALUES: dict[str, Any] = {
    "request_packet": RequestPacket(
        iVersion=1,
        iRequestId=123456,
        sServantName="Demo.HelloServer.HelloObj",
        sFuncName="hello",
        sBuffer=bytes(range(64)),
        iTimeout=3000,
    ),
    "endpoints": Endpoints(items=[_endpoint(number) for number in range(100)]),
    "mixed": Mixed(
        **{
            f"i{n}": value
            for n, value in enumerate(
                (0, 1, -5, 100, 300, -3000, 70000, -7000000, 1 << 40, -(1 << 50))
            )
        },
        d0=1.5,
        d1=-2.25,
        d2=3.14159,
        s0="short",
        s1="a somewhat longer string of forty letters" * 3,
        s2="中文",
        ids=[_any_width() for _ in range(100)],
        counts={f"counter.{number:02d}": _any_width() for number in range(20)},
        inner=Inner(id=7, name="inner", score=0.5),
    ),
    "ids_1000": Ids(ids=[_random.randint(1 << 20, 1 << 30) for _ in range(1000)]),
}
"""One value of each shape."""
