"""``python -m benchmarks.registry [--json] [PART ...]``: every figure of the registry."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks.load import Unavailable, build
from benchmarks.registry import heartbeats, queries, scale, seen, sqlite, storm
from benchmarks.registry.places import mariadb
from benchmarks.report import Line, print_json, print_table
from tests.registry.mariadb import MariaDB

Part = Callable[[Path, MariaDB], Iterator[Line]]

WITH_MARIADB: dict[str, Part] = {
    "heartbeats": lambda folder, server: heartbeats.lines(
        folder, server, nodes=heartbeats.STANDARD
    ),
    "heartbeats_200000": lambda folder, server: heartbeats.lines(
        folder, server, nodes=200_000, rounds=1
    ),
    "register": heartbeats.registrations,
    "storm": storm.lines,
    "scale": scale.lines,
    "seen": seen.lines,
}
ALONE: dict[str, Callable[[Path], Iterator[Line]]] = {
    "queries": queries.lines,
    "sqlite": sqlite.lines,
}


def main() -> None:
    """Run the parts that were named, or all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.registry")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help=", ".join([*WITH_MARIADB, *ALONE])
    )
    options = parser.parse_args()
    wanted = options.parts or [*WITH_MARIADB, *ALONE]
    if unknown := set(wanted) - {*WITH_MARIADB, *ALONE}:
        parser.error(f"no part is called {min(unknown)}")
    shown: list[Line] = []
    for line in _lines(wanted):
        shown.append(line)
        if options.json:
            print_json([line])
    if not options.json:
        print_table(shown)


def _lines(wanted: list[str]) -> Iterator[Line]:
    try:
        build()
        MariaDB.programs()
    except (Unavailable, pytest.skip.Exception) as reason:
        yield Line(metric="registry", value=None, reason=str(reason))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in [each for each in ALONE if each in wanted]:
            yield from ALONE[part](folder)
        parts = [each for each in WITH_MARIADB if each in wanted]
        if parts:
            with mariadb(folder) as server:
                for part in parts:
                    yield from WITH_MARIADB[part](folder, server)


if __name__ == "__main__":
    main()
