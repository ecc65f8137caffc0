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

_UNREACHABLE = 4
_LAST_CALLS = 10.0
"""Seconds that the supervisor may take beyond the longest wait."""


def run(options: Options) -> int:
    """The command; 0 unless ``--strict`` and something could not be done."""
    layout = Layout(Path(options.text("tars_path")))
    if marked(layout):
        _say(layout, "this server has left already")
        return 0
    ceiling = options.seconds("prestop_waittime")
    try:
        problems = asyncio.run(_by_supervisor(layout, ceiling, options))
    except Refused:
        from tarscli.leave_alone import leave_alone

        problems = leave_alone(layout, options, lambda text: _say(layout, text))
    except (TarsError, OSError, ValueError) as error:
        problems = [f"the supervisor did not finish the drain: {error}"]
    for problem in problems:
        complain(problem)
        note(layout.command_log, "prestop", problem, "warn")
    return _UNREACHABLE if problems and options.on("strict") else 0


async def _by_supervisor(layout: Layout, ceiling: float, options: Options) -> list[str]:
    """Let the supervisor do it; raises `Refused` when there is none."""
    request = {
        "command": "prestop",
        "ceiling": ceiling,
        "floor": options.seconds("drain_min"),
    }
    problems: list[str] = []
    limit = ceiling + _LAST_CALLS
    async for line in ask(layout, request, timeout=limit):
        if "progress" in line:
            _say(layout, str(line["progress"]))
        problems = [str(each) for each in line.get("problems", [])]
    return problems


def _say(layout: Layout, text: str) -> None:
    complain(text)
    note(layout.command_log, "prestop", text)
