"""What is fuzzed: any bytes, to the three engines of the codec, to the frame reader and to those
of plain packets.

The first byte of an input chooses the schema, the frame reader or the packets. A finding is an
exception that is no `DecodeError`, engines that disagree, or a value that does not survive being
built again.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tars_runtime import codec
from tars_runtime.codec import inspect
from tars_runtime.protocol.frames import FrameReader

from tests.codec.engines import Engine, every, outcome
from tests.fuzz import packets
from tests.wire import vec

__all__ = ["check", "seeds"]


@dataclass(slots=True)
class Node:
    name: str = ""
    kids: list[Any] = field(default_factory=list)
    named: dict[str, Any] = field(default_factory=dict)


codec.struct(
    Node,
    codec.optional(0, "name", codec.STRING),
    codec.optional(2, "kids", codec.vector(codec.ref(lambda: Node))),
    codec.optional(3, "named", codec.map_of(codec.STRING, codec.ref(lambda: Node))),
)

SCHEMAS: list[codec.Type[Any]] = [
    codec.schema(Node),
    *(codec.schema(cls) for cls in dict.fromkeys(vec.STRUCTS.values())),
    codec.vector(codec.vector(codec.INT)),
    codec.vector(codec.BYTE),
    codec.map_of(codec.LONG, codec.vector(codec.DOUBLE)),
    codec.arguments(
        codec.require(1, "a", codec.INT),
        codec.require(2, "b", vec.Inner),
        codec.require(17, "c", codec.array(codec.FLOAT, 3)),
    ),
]
_ENGINES: list[list[Engine]] = [every(of) for of in SCHEMAS]
_STRICT = codec.Options(strict=True, text="surrogateescape")
FRAMES = 0xFF
"""The first byte that means: the rest goes to the frame reader."""
PACKETS = 0xFE
"""The first byte that means: the rest is a packet, and frames of packets."""


def check(data: bytes) -> None:
    """One input. Raises `AssertionError`, or whatever should not have escaped."""
    if not data:
        return
    if data[0] == FRAMES:
        _frames(data[1:])
    elif data[0] == PACKETS:
        packets.check(data[1:])
    else:
        _message(data[0] % len(SCHEMAS), data[1:])


def _message(number: int, data: bytes) -> None:
    of, engines = SCHEMAS[number], _ENGINES[number]
    results = {engine.name: outcome(engine.parse, data) for engine in engines}
    assert len(set(results.values())) == 1, results
    _quietly(lambda: of.decode(data, _STRICT))
    _quietly(lambda: inspect.show(inspect.read(data)))
    if results["interpreted"].startswith("DecodeError"):
        return
    value = of.decode(data)
    built = {outcome(engine.build, value) for engine in engines}
    assert len(built) == 1, built
    _quietly(lambda: codec.from_json(of, codec.to_json(value, of)))
    if not built.pop().startswith("EncodeError"):
        again = of.decode(of.encode(value))
        assert repr(again) == repr(value)


def _frames(data: bytes) -> None:
    whole, pieces = _framed([data]), _framed([data[:3], data[3:4], data[4:]])
    assert whole == pieces
    whole = _framed([data[at : at + 1] for at in range(len(data))])
    assert whole == pieces


def _framed(parts: list[bytes]) -> tuple[list[bytes], str]:
    """The frames of some bytes, however they came, and how it ended."""
    reader = FrameReader(limit=1 << 16)
    frames: list[bytes] = []
    for part in parts:
        try:
            frames += reader.feed(part)
        except codec.DecodeError as wrong:
            return frames, wrong.reason
    return frames, ""


def _quietly(call: Callable[[], object]) -> None:
    try:
        call()
    except (codec.DecodeError, codec.EncodeError):
        return


def seeds() -> list[bytes]:
    """Inputs to begin with: every golden vector and hostile case, under every schema's number;
    packets of all widths.
    """
    wire = Path(__file__).parents[1] / "wire"
    texts = [
        record["hex"]
        for name in ("vectors.json", "hostile.json")
        for record in json.loads((wire / name).read_text("utf-8"))
    ]
    bodies = [bytes.fromhex(text) for text in texts if len(text) < 2000]
    messages = [
        bytes((number,)) + body for body in bodies for number in range(len(SCHEMAS))
    ]
    return [
        *messages,
        *(bytes((FRAMES,)) + body for body in bodies),
        *(bytes((PACKETS,)) + each for each in packets.seeds()),
    ]
