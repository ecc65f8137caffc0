"""Whole processes, one after the other, round by round; and what one of them spends its time on."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

__all__ = ["import_cost", "interleaved", "shares"]

STAGES = """
import sys, time
t = [time.perf_counter()]
import tars2py.pipeline.compile as p
from tars2py.errors import Diagnostics
from tars2py.includes import gather
from tars2py.resolve import resolve
from tars2py.rules import check
from tars2py.view import Options, Plan, part_views
from tars2py.output.files import write
from pathlib import Path
t.append(time.perf_counter())
found = Diagnostics()
program = gather([Path(sys.argv[1])], [], found)
t.append(time.perf_counter())
model = resolve(program, found)
check(model, found)
t.append(time.perf_counter())
views = part_views(Plan(model, Options()))
texts = p.package_texts(views, {})
t.append(time.perf_counter())
write({Path(sys.argv[2]) / a / f"{b}.py": text for (a, b), text in texts.items()})
t.append(time.perf_counter())
print(*(b - a for a, b in zip(t, t[1:])))
"""

IMPORTING = """
import sys, time
sys.path.insert(0, sys.argv[1])
from tars_runtime import codec, rpc
import abc, collections.abc, dataclasses, enum, typing
from importlib import import_module
begun = time.perf_counter()
import_module(sys.argv[2])
print(time.perf_counter() - begun)
"""


def interleaved(
    commands: Mapping[str, tuple[Sequence[str], Path | None]], rounds: int
) -> dict[str, list[float]]:
    """Seconds of each command, once a round; its output folder is removed before, if named."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, (command, output) in commands.items():
            if output is not None:
                shutil.rmtree(output, ignore_errors=True)
                output.mkdir(parents=True)
            begun = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True)
            if number:  # the first one warms caches
                times[name].append(time.perf_counter() - begun)
    return times


def shares(file: Path, output: Path, rounds: int) -> dict[str, list[float]]:
    """Seconds of each stage, and of Python's own start."""
    names = ("import", "parse", "check", "render", "write")
    times: dict[str, list[float]] = {name: [] for name in ("start", *names)}
    for _ in range(rounds):
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-c", "pass"], check=True)
        times["start"].append(time.perf_counter() - begun)
        shutil.rmtree(output, ignore_errors=True)
        for name, text in zip(names, _printed(STAGES, file, output), strict=True):
            times[name].append(float(text))
    return times


def import_cost(folder: Path, module: str, rounds: int) -> list[float]:
    """Seconds that importing a generated module takes, the runtime being there already.

    The first import, which compiles it to byte code, does not count.
    """
    times = [float(_printed(IMPORTING, folder, module)[0]) for _ in range(rounds + 1)]
    return times[1:]


def _printed(program: str, *arguments: object) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.split()
