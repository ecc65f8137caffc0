"""Heartbeats on SQLite: ours over the protocol, against one commit for each statement."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from tars_registry.storage.database import Database
from tars_registry.storage.location import locate

from benchmarks.registry import frames
from benchmarks.registry.places import seed
from benchmarks.report import Line, ratio

__all__ = ["lines"]

NODES = 20_000
BATCH = 1000
ROUNDS = 5
STATEMENTS = 300


def lines(folder: Path) -> Iterator[Line]:
    """Rows of heartbeats that are committed in a second, each commit on disk."""
    path = folder / "beats.db"
    url = locate("", str(path), {})
    seed(url, NODES)
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(ROUNDS):
        ours.append(_batched(Database(url)))
        theirs.append(_per_statement(path))
    yield Line(
        metric="registry.sqlite_keepalive_vs_per_statement",
        value=ratio(ours, theirs),
        goal=30,
        peer=f"sqlite3, 3 commits a heartbeat: {median(theirs):.0f}/s; ours {median(ours):.0f}/s",
        rounds=ROUNDS,
    )


def _batched(database: Database) -> float:
    """Heartbeats a second in batches, as the writer's thread commits them."""
    database.prepare()
    nodes = [frames.node(each) for each in range(NODES)]
    began = time.perf_counter()
    for first in range(0, NODES, BATCH):
        last = first + BATCH
        database.write_batch([], nodes[first:last], range(first + 1, last + 1))
    seconds = time.perf_counter() - began
    database.close_writer()
    database.close_reader()
    return NODES / seconds


def _per_statement(path: Path) -> float:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = FULL")
    began = time.perf_counter()
    for number in range(STATEMENTS):
        node = frames.node(number)
        connection.execute(
            "UPDATE t_node_info SET last_heartbeat = CURRENT_TIMESTAMP WHERE node_name = ?",
            (node,),
        )
        connection.execute(
            "UPDATE t_node_info SET present_state = 'active' WHERE node_name = ?",
            (node,),
        )
        connection.execute(
            "UPDATE t_server_conf SET present_state = 'active' WHERE application = ? "
            "AND server_name = ? AND node_name = ?",
            (frames.APPLICATION, frames.SERVER, node),
        )
    seconds = time.perf_counter() - began
    connection.close()
    return STATEMENTS / seconds
