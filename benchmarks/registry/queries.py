"""Queries: an object with 100 endpoints, against an echo of 16 bytes by the same runtime."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from statistics import median

from tars_registry.storage.location import locate

from benchmarks import load
from benchmarks.registry import frames
from benchmarks.registry.places import GENERATOR_CORE, seed, serving
from benchmarks.report import Line, ratio
from benchmarks.rpc.fleet import Fleet

__all__ = ["lines"]

ROUNDS = 3
SECONDS = 1.5


def lines(folder: Path) -> Iterator[Line]:
    """The rate of queries as a part of the rate of echoes."""
    url = locate("", str(folder / "queries.db"), {})
    seed(url, 1000)
    question = frames.queries(frames.OBJECT + "3")
    ours: list[float] = []
    echo: list[float] = []
    with Fleet() as fleet, serving(folder, url) as registry:
        for kind in ("ours_native", "ours"):
            if kind not in fleet.running and not echo:
                fleet.launch(kind)
        with suppress(StopIteration):
            running = next(iter(fleet.running.values()))
            for _ in range(ROUNDS):
                found = load.run(
                    registry.port,
                    frames=question,
                    connections=4,
                    inflight=32,
                    seconds=SECONDS,
                    warmup=0.3,
                    core=GENERATOR_CORE,
                )
                ours.append(found.qps)
                echo.append(running.load(4, 32, SECONDS).qps)
    if not echo:
        yield Line(
            metric="registry.query_vs_rpc_echo",
            value=None,
            goal=0.5,
            reason="; ".join(fleet.missing.values()),
        )
        return
    yield Line(
        metric="registry.query_vs_rpc_echo",
        value=ratio(ours, echo),
        goal=0.5,
        peer=f"our echo server: {median(echo):.0f}/s; queries {median(ours):.0f}/s",
        rounds=ROUNDS,
    )
