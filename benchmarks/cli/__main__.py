"""``python -m benchmarks.cli [--json] [--rounds N] [--seconds S]``: what tarscli costs."""

from __future__ import annotations

import argparse

from benchmarks.cli import figures
from benchmarks.report import print_json, print_table


def main(words: list[str] | None = None) -> int:
    """Measure, print, and end with 0: a missed goal is a figure, not a failure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cli")
    parser.add_argument("--json", action="store_true", help="one object a line")
    parser.add_argument("--rounds", type=int, default=21, help="interleaved rounds")
    parser.add_argument("--seconds", type=float, default=30.0, help="of rest, for idle")
    asked = parser.parse_args(words)
    few = max(asked.rounds // 3, 1)
    lines = [
        *figures.versus_bare(asked.rounds),
        *figures.commands(few),
        *figures.supervisor(few, asked.seconds),
    ]
    if asked.json:
        print_json(lines)
    else:
        print_table(lines)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
