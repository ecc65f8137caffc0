"""``tarscli prestop``: the hook of a stopping pod.

The supervisor does it when there is one, because one writer keeps the order of what the
registry hears; without one, this process does.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from tars_runtime.errors import TarsError

from tarscli.console import complain
from tarscli.control import Refused, ask
from tarscli.journal import note
from tarscli.layout import Layout
from tarscli.marker import marked
from tarscli.options import Options

__all__ = ["run"]

_FAILED, _UNREACHABLE = 1, 4
_LAST_CALLS = 10.0
"""Seconds that the supervisor may take beyond the longest wait."""


def run(options: Options) -> int:
    """The command; 0 unless ``--strict`` and something could not be done."""
    layout = Layout(Path(options.text("tars_path")))
    if marked(layout):
        _say(layout, "this server has left already")
        return 0
    try:
        problems, left = asyncio.run(_by_supervisor(layout, options))
    except Refused:
        from tarscli.leave_alone import leave_alone

        report = leave_alone(layout, options, lambda text: _say(layout, text))
        problems, left = report.problems, report.complete
    except (TarsError, OSError, ValueError) as error:
        problems, left = [f"the supervisor did not finish the drain: {error}"], True
    for problem in problems:
        complain(problem)
        note(layout.command_log, "prestop", problem, "warn")
    if not problems or not options.on("strict"):
        return 0
    return _FAILED if left else _UNREACHABLE


async def _by_supervisor(layout: Layout, options: Options) -> tuple[list[str], bool]:
    """Let the supervisor do it: what could not be done, and whether the registry heard it.

    Raises `Refused` when there is none.
    """
    ceiling = options.seconds("prestop_waittime")
    request = {
        "command": "prestop",
        "ceiling": ceiling,
        "floor": options.seconds("drain_min"),
    }
    problems, left = list[str](), True
    limit = ceiling + _LAST_CALLS
    async for line in ask(layout, request, timeout=limit):
        if "progress" in line:
            _say(layout, str(line["progress"]))
        problems = [str(each) for each in line.get("problems", [])]
        left = bool(line.get("left", True))
    return problems, left


def _say(layout: Layout, text: str) -> None:
    complain(text)
    note(layout.command_log, "prestop", text)
