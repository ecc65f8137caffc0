"""What concerns our own codec alone: the cost of ``parse``, and of a first use."""

from __future__ import annotations

import time
from dataclasses import field, make_dataclass
from statistics import median
from typing import Any

from tars_runtime import codec
from tars_runtime.codec import engines

from benchmarks.codec.timing import Call, interleaved
from benchmarks.report import Line

__all__ = ["first_use", "parse_overhead"]


def parse_overhead(rounds: int) -> Line:
    """``schema.parse(data)`` against the emitted function itself."""
    schema = codec.result(codec.map_of(codec.STRING, codec.STRING))
    bare = schema.compile().parse
    engines.use(schema, "compiled")
    data = schema.encode({"key": "value"})

    def through_the_schema(given: bytes) -> Any:
        return schema.parse(given)

    def directly(given: bytes) -> Any:
        return bare(given)

    calls = {
        "schema": Call(through_the_schema, (data,)),
        "bare": Call(directly, (data,)),
    }
    value = 1 / interleaved(calls, rounds).faster("schema", "bare")
    return Line(
        metric="codec.parse_overhead",
        value=value,
        goal=1.15,
        better="lower",
        peer="the emitted function",
        rounds=rounds,
    )


def first_use(rounds: int) -> Line:
    """Milliseconds to make both functions of a struct of 20 members, compiled engine."""
    spent = []
    for number in range(rounds + 1):
        rows = [(f"m{tag}", int, field(default=0)) for tag in range(20)]
        cls = make_dataclass(f"Twenty{number}", rows, slots=True)
        members = [codec.optional(tag, f"m{tag}", codec.INT) for tag in range(20)]
        schema: codec.Type[Any] = codec.struct(cls, *members)
        start = time.process_time()
        schema.compile()
        spent.append((time.process_time() - start) * 1000)
    return Line(
        metric="codec.first_use_ms",
        value=median(spent[1:]),
        goal=5,
        better="lower",
        rounds=rounds,
    )
