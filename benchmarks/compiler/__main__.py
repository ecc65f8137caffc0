"""``python -m benchmarks.compiler [--json] [--rounds N]``: the compiler beside tars2go."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median

from tars2py.pipeline.analysis import analyse
from tars2py.view import Options, Plan, part_views

import tars2py
from benchmarks.compiler.inputs import write_large, write_usual
from benchmarks.compiler.peer import Peer, tars2go
from benchmarks.compiler.processes import import_cost, interleaved, shares
from benchmarks.report import Line, print_json, print_table, ratio

STRUCT_MS, MEMBER_MS = 0.2, 0.05
"""What importing a struct may cost, and each of its members."""

BLACK_ROUNDS = 3
"""Black takes seconds; its figure is far from its goal."""


def main(words: list[str] | None = None) -> int:
    """Measure, print, and end with 0: a missed goal is a figure, not a failure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compiler")
    parser.add_argument("--json", action="store_true", help="one object a line")
    parser.add_argument("--rounds", type=int, default=15, help="interleaved rounds")
    asked = parser.parse_args(words)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        os.environ["TARS2PY_CACHE"] = str(folder / "cache")
        os.environ["PYTHONPYCACHEPREFIX"] = str(folder / "bytecode")
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # as an installed program runs
        lines = [*measured(folder, tars2go(folder), asked.rounds)]
    (print_json if asked.json else print_table)(lines)
    return 0


def measured(folder: Path, peer: Peer, rounds: int) -> Iterator[Line]:
    """All figures."""
    usual, large = write_usual(folder), write_large(folder)
    out = folder / "out"
    ours = [sys.executable, "-m", "tars2py"]
    commands = {
        "usual": ([*ours, str(usual), "-o", str(out / "usual")], out / "usual"),
        "large": ([*ours, str(large), "-o", str(out / "large")], out / "large"),
        "unchanged": ([*ours, str(usual), "-o", str(out / "same")], None),
    }
    if peer.program:
        command = [peer.program, "-outdir", str(out / "go"), str(usual)]
        commands["tars2go"] = (command, out / "go")
    times = interleaved(commands, rounds)
    yield _beside("adminreg_vs_tars2go", "usual", 2.2, times, peer, rounds)
    yield Line(
        metric="compiler.growth",
        value=ratio(times["large"], times["usual"]),
        goal=6,
        better="lower",
        peer="3,000 lines beside 750",
        rounds=rounds,
    )
    yield _black(usual, large, folder, min(rounds, BLACK_ROUNDS))
    yield _beside("unchanged_vs_tars2go", "unchanged", 1.0, times, peer, rounds)
    yield _importing(folder, min(rounds, 7))
    for name, each in times.items():
        yield Line(
            metric=f"compiler.{name}_ms", value=1000 * median(each), rounds=rounds
        )
    for name, each in shares(usual, folder / "shares", min(rounds, 7)).items():
        yield Line(
            metric=f"compiler.share.{name}_ms",
            value=1000 * median(each),
            rounds=len(each),
        )


def _beside(
    metric: str,
    name: str,
    goal: float,
    times: Mapping[str, list[float]],
    peer: Peer,
    rounds: int,
) -> Line:
    return Line(
        metric=f"compiler.{metric}",
        value=ratio(times[name], times["tars2go"]) if peer.program else None,
        goal=goal,
        better="lower",
        peer=peer.name,
        rounds=rounds,
        reason=peer.reason,
    )


def _black(usual: Path, large: Path, folder: Path, rounds: int) -> Line:
    """The same two files, laid out by us and by black."""
    ours = [sys.executable, "-m", "tars2py", str(usual), str(large)]
    out = folder / "black"
    times = interleaved(
        {
            "ours": ([*ours, "-o", str(out / "a")], out / "a"),
            "black": ([*ours, "-o", str(out / "b"), "--format=black"], out / "b"),
        },
        rounds,
    )
    return Line(
        metric="compiler.vs_with_black",
        value=ratio(times["ours"], times["black"]),
        goal=0.1,
        better="lower",
        peer="the same with --format=black",
        rounds=rounds,
    )


def _importing(folder: Path, rounds: int) -> Line:
    """What importing the large file's code costs, against 0.2 ms a struct, 0.05 ms a member."""
    large = folder / "Large.tars"
    tars2py.compile_files([large], folder / "import")
    (view,) = part_views(Plan(analyse([large]).model, Options()))
    classes = [len(struct.members) for struct in view.structs]
    classes += [
        len(reply.members) for each in view.interfaces for reply in each.replies
    ]
    allowed = (STRUCT_MS * len(classes) + MEMBER_MS * sum(classes)) / 1000
    spent = import_cost(folder / "import", "large._Large", rounds)
    return Line(
        metric="compiler.import_cost_ratio",
        value=median(spent) / allowed,
        goal=1.0,
        better="lower",
        peer=f"{len(classes)} structs and replies, {sum(classes)} members",
        rounds=rounds,
    )


if __name__ == "__main__":
    sys.exit(main())
