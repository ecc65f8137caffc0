"""``python -m benchmarks.rpc``: a table for people, one JSON object a line with ``--json``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from benchmarks import load
from benchmarks.report import Line, print_json, print_table
from benchmarks.rpc.fleet import KINDS, Fleet
from benchmarks.rpc.measure import (
    Pair,
    Table,
    idle_connection_kib,
    pairs,
    raise_file_limit,
    servers,
)

IDLE = 10_000

SHAPES: dict[str, Sequence[str]] = {
    "4x32": (
        "ours",
        "ours_native",
        "ours_asyncio",
        "limit",
        "tarsgo",
        "tarsgo_2",
        "tars_node",
        "thriftpy2",
    ),
    "64x1": (
        "ours",
        "ours_native",
        "ours_asyncio",
        "limit",
        "tarsgo",
        "tarsgo_2",
        "tars_node",
        "uvicorn_json",
    ),
    "64x32": ("pair", "two_processes"),
}

PAIRS: Sequence[Pair] = (
    ("ours 64", "tars", "pair", 4, 64),
    ("grpc_aio 64", "grpc_aio", "grpc_aio", 4, 64),
    ("grpclib 64", "grpclib", "grpclib", 4, 64),
    ("ours 8", "tars", "pair", 4, 8),
    ("grpc_aio 8", "grpc_aio", "grpc_aio", 4, 8),
    ("ours 1", "tars", "pair", 1, 1),
    ("ours blocking 1", "tars_blocking", "pair", 1, 1),
)


@dataclass(frozen=True)
class Goal:
    """A metric: the ratio of one figure of two rows, and what it should be."""

    metric: str
    ours: str
    theirs: str
    figure: str = "qps"
    goal: float | None = None
    better: Literal["higher", "lower"] = "higher"
    table: Literal["servers", "pairs"] = "servers"


GOALS = (
    Goal("rpc.server_4x32_vs_tarsgo", "ours 4x32", "tarsgo 4x32", goal=1.2),
    Goal("rpc.server_4x32_vs_tarsgo_2", "ours 4x32", "tarsgo_2 4x32"),
    Goal("rpc.server_4x32_vs_tars_node", "ours 4x32", "tars_node 4x32", goal=1.2),
    Goal("rpc.server_64x1_vs_tarsgo", "ours 64x1", "tarsgo 64x1", goal=1.0),
    Goal("rpc.server_64x1_vs_tarsgo_2", "ours 64x1", "tarsgo_2 64x1"),
    Goal("rpc.server_4x32_vs_thriftpy2", "ours 4x32", "thriftpy2 4x32", goal=2),
    Goal("rpc.server_64x1_vs_uvicorn_json", "ours 64x1", "uvicorn_json 64x1", goal=3),
    Goal(
        "rpc.server_cpu_vs_tarsgo", "ours 4x32", "tarsgo 4x32", "cpu_us", 0.65, "lower"
    ),
    Goal(
        "rpc.server_cpu_vs_tarsgo_2",
        "ours 4x32",
        "tarsgo_2 4x32",
        "cpu_us",
        None,
        "lower",
    ),
    Goal(
        "rpc.server_native_4x32_vs_tarsgo", "ours_native 4x32", "tarsgo 4x32", goal=1.8
    ),
    Goal("rpc.asyncio_vs_uvloop", "ours_asyncio 4x32", "ours 4x32", goal=0.7),
    Goal(
        "rpc.two_processes_cpu_overhead",
        "two_processes 64x32",
        "pair 64x32",
        "cpu_us",
        1.1,
        "lower",
    ),
    *(
        Goal(
            f"rpc.server_{shape}_cpu_vs_{name}",
            f"ours {shape}",
            f"{name} {shape}",
            "cpu_us",
            None,
            "lower",
        )
        for shape, name in (
            ("4x32", "tars_node"),
            ("4x32", "thriftpy2"),
            ("4x32", "limit"),
            ("64x1", "tarsgo"),
            ("64x1", "tars_node"),
            ("64x1", "uvicorn_json"),
            ("64x1", "limit"),
        )
    ),
    Goal(
        "rpc.server_native_4x32_cpu_vs_tarsgo",
        "ours_native 4x32",
        "tarsgo 4x32",
        "cpu_us",
        None,
        "lower",
    ),
    Goal("rpc.server_4x32_vs_limit", "ours 4x32", "limit 4x32"),
    Goal("rpc.pair_64_vs_grpc_aio", "ours 64", "grpc_aio 64", goal=20, table="pairs"),
    Goal("rpc.pair_64_vs_grpclib", "ours 64", "grpclib 64", goal=20, table="pairs"),
    Goal("rpc.pair_8_vs_grpc_aio", "ours 8", "grpc_aio 8", goal=8, table="pairs"),
    Goal(
        "rpc.pair_8_p99_vs_grpc_aio",
        "ours 8",
        "grpc_aio 8",
        "p99_us",
        0.125,
        "lower",
        "pairs",
    ),
    Goal(
        "rpc.blocking_client_vs_async_client",
        "ours blocking 1",
        "ours 1",
        goal=0.5,
        table="pairs",
    ),
)


def measure(rounds: int, seconds: float) -> tuple[list[Line], dict[str, Table]]:
    """Everything, in one run: all servers are alive while each is loaded."""
    raise_file_limit()
    with Fleet() as fleet:
        for name in KINDS:
            fleet.launch(name)
        tables = {
            "servers": servers(fleet, SHAPES, rounds, seconds),
            "pairs": pairs(fleet, PAIRS, rounds, seconds),
        }
        lines = [_line(goal, tables[goal.table], fleet) for goal in GOALS]
        lines.append(_idle(fleet))
    return lines, tables


def _line(goal: Goal, table: Table, fleet: Fleet) -> Line:
    value = table.ratio(goal.ours, goal.theirs, goal.figure)
    absent = [
        fleet.missing[name]
        for name in (goal.ours.split()[0], goal.theirs.split()[0])
        if name in fleet.missing
    ]
    peer = KINDS.get(goal.theirs.split()[0])
    return Line(
        metric=goal.metric,
        value=value,
        goal=goal.goal,
        better=goal.better,
        peer=peer.title if peer else goal.theirs,
        rounds=min(
            table.rounds(each, goal.figure) for each in (goal.ours, goal.theirs)
        ),
        reason="; ".join(absent) if value is None else "",
    )


def _idle(fleet: Fleet) -> Line:
    ours = fleet.running.get("ours")
    value = idle_connection_kib(ours, IDLE) if ours else None
    return Line(
        metric="rpc.idle_connection_kib",
        value=value,
        goal=6,
        better="lower",
        peer=f"{IDLE} connections",
        rounds=1,
        reason=fleet.missing.get("ours", ""),
    )


def _rows(tables: dict[str, Table]) -> Iterator[str]:
    yield f"{'':28}{'calls/s':>10}{'CPU us':>9}{'p50 us':>9}{'p99 us':>9}"
    for table in tables.values():
        for name in table.names():
            figures = (
                table.value(name, each)
                for each in ("qps", "cpu_us", "p50_us", "p99_us")
            )
            qps, *times = figures
            shown = "".join(
                "        -" if each is None else f"{each:9.2f}" for each in times
            )
            yield f"{name:28}{qps or 0:10.0f}{shown}"


def main() -> int:
    """Measure and print; 2 when nothing can be measured here."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.rpc", description=__doc__
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds (5)")
    parser.add_argument("--seconds", type=float, default=1.0, help="of each load (1)")
    given = parser.parse_args()
    try:
        lines, tables = measure(given.rounds, given.seconds)
    except load.Unavailable as reason:
        sys.stderr.write(f"benchmarks.rpc: {reason}\n")
        return 2
    if given.json:
        print_json(lines)
        return 0
    for row in _rows(tables):
        print(row)
    print()
    print_table(lines)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
