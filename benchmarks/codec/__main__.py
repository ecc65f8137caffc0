"""``python -m benchmarks.codec [--json] [--rounds N] [--shape NAME]``: codec and peers."""

from __future__ import annotations

import argparse
import importlib
import sys
import sysconfig
from collections.abc import Iterator
from typing import Any

from tars_runtime import codec
from tars_runtime.codec.native.program import AVAILABLE, WHY_NOT, program

from benchmarks.codec import own, shapes
from benchmarks.codec.goals import GOALS
from benchmarks.codec.peers import node_
from benchmarks.codec.timing import Call, Rounds, interleaved
from benchmarks.report import Line, print_json, print_table

PEERS = {
    "tarsio": "tarsio_",
    "msgspec": "msgspec_",
    "protobuf": "protobuf_",
    "thriftpy2": "thrift_",
    "stock_construct": "stock_construct",
}
WAYS = ("encode", "decode")


def main(words: list[str] | None = None) -> int:
    """Measure, print, and end with 0: a missed goal is a figure, not a failure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.codec")
    parser.add_argument("--json", action="store_true", help="one object a line")
    parser.add_argument("--rounds", type=int, default=31, help="interleaved rounds")
    parser.add_argument(
        "--shape", choices=shapes.VALUES, action="append", help="only it"
    )
    asked = parser.parse_args(words)
    lines = [interpreter()]
    for shape in asked.shape or shapes.VALUES:
        lines += measured(shape, asked.rounds)
    lines += [own.parse_overhead(asked.rounds), own.first_use(min(asked.rounds, 15))]
    if asked.json:
        print_json(lines)
    else:
        print_table(lines)
    return 0


def interpreter() -> Line:
    """Whether this Python is an optimised build, which moves the figures by up to a fifth."""
    options = str(sysconfig.get_config_var("CONFIG_ARGS") or "")
    optimised = "--enable-optimizations" in options
    version = f"Python {sys.version.split()[0]}"
    return Line(
        metric="codec.interpreter_is_optimised", value=float(optimised), peer=version
    )


def measured(shape: str, rounds: int) -> Iterator[Line]:
    """All ratios of one shape."""
    value = shapes.VALUES[shape]
    calls, names, missing = candidates(value)
    times = interleaved(calls, rounds)
    for engine in ("compiled", "native"):
        for peer in PEERS:
            for way in WAYS:
                yield _line(times, names, missing, rounds, (shape, engine, way, peer))
    yield from _node(times, shape, value)


def candidates(value: Any) -> tuple[dict[str, Call], dict[str, str], dict[str, str]]:
    """The calls by ``name.way``, the peers' names, and why what is missing is."""
    schema = codec.schema(type(value))
    data = schema.encode(value)
    compiled = schema.compile()
    calls = {
        "compiled.encode": Call(compiled.build, (value,)),
        "compiled.decode": Call(compiled.parse, (data,)),
    }
    names, missing = {}, {}
    native = program(schema) if AVAILABLE else None
    if native is None:
        missing["native"] = f"the native engine is not built here: {WHY_NOT}"
    else:
        calls["native.encode"] = Call(native.build, (value,))
        calls["native.decode"] = Call(native.parse, (data,))
    for name, module in PEERS.items():
        try:
            peer = importlib.import_module(f"benchmarks.codec.peers.{module}")
        except ImportError as reason:
            missing[name] = f"not installed: {reason}"
            continue
        calls[f"{name}.encode"], calls[f"{name}.decode"] = peer.calls(value)
        names[name] = peer.NAME
    return calls, names, missing


def _line(
    times: Rounds,
    names: dict[str, str],
    missing: dict[str, str],
    rounds: int,
    what: tuple[str, str, str, str],
) -> Line:
    shape, engine, way, peer = what
    reason = missing.get(engine) or missing.get(peer) or ""
    ours, theirs = f"{engine}.{way}", f"{peer}.{way}"
    return Line(
        metric=f"codec.{shape}.{engine}.{way}_vs_{peer}",
        value=None if reason else times.faster(ours, theirs),
        goal=GOALS.get(what),
        peer=names.get(peer, peer),
        rounds=rounds,
        reason=reason,
    )


def _node(times: Rounds, shape: str, value: Any) -> Iterator[Line]:
    try:
        theirs, reason = node_.nanoseconds(shape, value), ""
    except (RuntimeError, OSError) as missing:
        theirs, reason = {}, str(missing)
    for engine in ("compiled", "native"):
        for way in WAYS:
            ours = f"{engine}.{way}"
            known = way in theirs and ours in times.times
            yield Line(
                metric=f"codec.{shape}.{engine}.{way}_vs_tars_stream",
                value=theirs[way] / times.ns(ours) if known else None,
                peer=node_.NAME,
                rounds=15 if known else 0,
                reason=reason,
            )


if __name__ == "__main__":
    sys.exit(main())
