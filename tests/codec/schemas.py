"""Random schemas and values: what the differential and the interoperability tests feed on.

A *spec* is a schema as plain data, so that peers in other languages can be told it as JSON:
``["int"]``, ``["vector", ["string"]]``, ``["map", key, value]``, ``["enum"]``,
``["struct", [[tag, required, spec], ...]]``.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from dataclasses import field, make_dataclass
from enum import IntEnum
from itertools import count
from typing import Any

from hypothesis import strategies as st
from tars_runtime import codec

Spec = list[Any]

INTEGERS: dict[str, tuple[codec.Type[int], int, int]] = {
    "byte": (codec.BYTE, -(1 << 7), (1 << 7) - 1),
    "short": (codec.SHORT, -(1 << 15), (1 << 15) - 1),
    "int": (codec.INT, -(1 << 31), (1 << 31) - 1),
    "long": (codec.LONG, -(1 << 63), (1 << 63) - 1),
    "unsigned byte": (codec.UNSIGNED_BYTE, 0, (1 << 8) - 1),
    "unsigned short": (codec.UNSIGNED_SHORT, 0, (1 << 16) - 1),
    "unsigned int": (codec.UNSIGNED_INT, 0, (1 << 32) - 1),
}
SCALARS = [*INTEGERS, "bool", "float", "double", "string", "bytes", "enum"]
KEYS = [*INTEGERS, "bool", "string", "enum"]


class Level(IntEnum):
    LOW = 0
    HIGH = 7
    LOWEST = -300


PLAIN: dict[str, codec.Type[Any]] = {
    **{name: of for name, (of, _, _) in INTEGERS.items()},
    "bool": codec.BOOL,
    "float": codec.FLOAT,
    "double": codec.DOUBLE,
    "string": codec.STRING,
    "bytes": codec.BYTES,
    "enum": codec.enum(Level),
}

_serial = count()


def build(spec: Spec) -> codec.Type[Any]:
    """The codec type of a spec; structs become slotted dataclasses, hashable for use as keys."""
    if spec[0] == "vector":
        return codec.vector(build(spec[1]))
    if spec[0] == "array":
        return codec.array(build(spec[1]), 3)
    if spec[0] == "map":
        return codec.map_of(build(spec[1]), build(spec[2]))
    if spec[0] == "struct":
        return _struct(spec[1])
    return PLAIN[spec[0]]


def _struct(rows: list[Any]) -> codec.Type[Any]:
    types = [(tag, required, build(of)) for tag, required, of in rows]
    fields = [
        (f"m{tag}", object, field(default_factory=of.zero)) for tag, _, of in types
    ]
    cls = make_dataclass(f"S{next(_serial)}", fields, slots=True, unsafe_hash=True)
    members = [
        (codec.require if required else codec.optional)(tag, f"m{tag}", of)
        for tag, required, of in types
    ]
    return codec.struct(cls, *members)


def value(rnd: random.Random, spec: Spec, of: codec.Type[Any]) -> Any:
    """A random value of a spec, and its built type: edges as often as the middle."""
    kind = spec[0]
    if kind in INTEGERS:
        return _integer(rnd, *INTEGERS[kind][1:])
    if kind in ("vector", "array"):
        most = 3 if kind == "array" else rnd.choice((0, 1, 2, 5, 20))
        some = rnd.randint(0, most)
        return [value(rnd, spec[1], of.of) for _ in range(some)]  # type: ignore[attr-defined]
    if kind == "map":
        return _map(rnd, spec, of)
    if kind == "struct":
        members = codec.schema(of.cls).members  # type: ignore[attr-defined]
        specs = {tag: each for tag, _, each in spec[1]}
        values = {each.attr: value(rnd, specs[each.tag], each.type) for each in members}
        return of.cls(**values)  # type: ignore[attr-defined]
    return _SCALAR[kind](rnd)


def _map(rnd: random.Random, spec: Spec, of: Any) -> dict[Any, Any]:
    out = {}
    for _ in range(rnd.choice((0, 1, 2, 5, 20))):
        key = value(rnd, spec[1], of.key)
        out[key] = value(rnd, spec[2], of.value)
    return out


def _integer(rnd: random.Random, low: int, high: int) -> int:
    edges = (0, 1, -1, 127, 128, -128, -129, 255, 32767, 32768, -32768, low, high)
    number = rnd.choice((rnd.choice(edges), rnd.randint(low, high), rnd.randint(-9, 9)))
    return max(low, min(high, number))


def _string(rnd: random.Random) -> str:
    size = rnd.choice((0, 1, 3, 20, 84, 85, 86, 254, 255, 256, 300))
    return "".join(rnd.choice("abcdefgh é中😀\0") for _ in range(rnd.randint(0, size)))


def _float32(rnd: random.Random) -> float:
    bits = rnd.getrandbits(32)
    if bits & 0x7F800000 == 0x7F800000:
        bits |= 0x00400000  # an infinity or a signalling NaN becomes a quiet one
    number: float = struct.unpack(">f", struct.pack(">I", bits))[0]
    return rnd.choice((number, 0.0, -0.0, 1.5, float("inf"), -1e-6))


_SCALAR: dict[str, Callable[[random.Random], Any]] = {
    "bool": lambda rnd: rnd.random() < 0.5,
    "float": lambda rnd: _rounded(_float32(rnd)),
    "double": lambda rnd: rnd.choice(
        (rnd.uniform(-1e9, 1e9), 0.0, -0.0, 5e-324, 1e308)
    ),
    "string": _string,
    "bytes": lambda rnd: rnd.randbytes(rnd.choice((0, 1, 5, 127, 128, 300))),
    "enum": lambda rnd: rnd.choice((*Level, 3, -(1 << 31))),
}


def _rounded(number: float) -> float:
    single: float = struct.unpack(">f", struct.pack(">f", number))[0]
    return single


def random_spec(rnd: random.Random, depth: int = 3) -> Spec:
    """A random spec, as `specs` draws them, from a seed."""
    kind = rnd.choice(("scalar", "vector", "map", "struct")) if depth else "scalar"
    if kind == "vector":
        element = random_spec(rnd, depth - 1)
        return ["bytes"] if element == ["byte"] else ["vector", element]
    if kind == "map":
        return ["map", [rnd.choice(KEYS)], random_spec(rnd, depth - 1)]
    if kind == "struct":
        return random_struct(rnd, depth - 1)
    return [rnd.choice(SCALARS)]


def random_struct(rnd: random.Random, depth: int = 3) -> Spec:
    """A random struct spec."""
    tags = sorted(
        rnd.sample((*range(14), 14, 15, 16, 127, 254, 255), rnd.randint(1, 6))
    )
    rows = [[tag, rnd.random() < 0.4, random_spec(rnd, depth)] for tag in tags]
    return ["struct", rows]


def _structs(inside: st.SearchStrategy[Spec]) -> st.SearchStrategy[Spec]:
    tags = st.one_of(st.integers(0, 16), st.sampled_from((127, 128, 254, 255)))
    rows = st.dictionaries(
        tags, st.tuples(st.booleans(), inside), min_size=1, max_size=6
    )
    return rows.map(
        lambda found: ["struct", [[tag, *found[tag]] for tag in sorted(found)]]
    )


def _extend(inside: st.SearchStrategy[Spec]) -> st.SearchStrategy[Spec]:
    keys = st.sampled_from(KEYS).map(lambda name: [name])
    flat = _structs(st.sampled_from(KEYS).map(lambda name: [name]))
    return st.one_of(
        inside.map(lambda of: ["vector", of]),
        inside.map(lambda of: ["array", of]),
        st.tuples(st.one_of(keys, flat), inside).map(lambda pair: ["map", *pair]),
        _structs(inside),
    )


specs = st.recursive(
    st.sampled_from(SCALARS).map(lambda name: [name]), _extend, max_leaves=8
)
"""Schemas, for hypothesis to draw and to shrink."""


def mutated(rnd: random.Random, data: bytes) -> bytes:
    """The bytes with a few changes: flipped, cut, inserted."""
    out = bytearray(data)
    for _ in range(rnd.randint(1, 3)):
        at = rnd.randrange(len(out) + 1)
        change = rnd.random()
        if change < 0.5 and at < len(out):
            out[at] = rnd.randrange(256)
        elif change < 0.7:
            del out[at:]
        elif change < 0.85:
            del out[at : at + 1]
        else:
            out.insert(at, rnd.randrange(256))
    return bytes(out)
