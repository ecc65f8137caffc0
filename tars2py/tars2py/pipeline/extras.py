"""What a run writes for an author to keep: servants to fill in, command lines.

A servant that is there is left alone, and what changed around it is told; a command line that its
author has taken over is left alone.
"""

from __future__ import annotations

from pathlib import Path

from tars2py.output.files import may_overwrite
from tars2py.output.keep import keep
from tars2py.output.kept import Kept
from tars2py.pipeline.analysis import Analysis
from tars2py.render import command_text, servant_text
from tars2py.view import Plan
from tars2py.view.command import command_views
from tars2py.view.servant import servant_views

__all__ = ["commands", "servants"]


def commands(analysis: Analysis, plan: Plan, out: Path) -> dict[Path, str]:
    """The command lines of the files that were asked for."""
    views = [view for part in analysis.asked for view in command_views(plan, part)]
    return {
        out / view.file: command_text(view)
        for view in views
        if may_overwrite(out / view.file)
    }


def servants(
    analysis: Analysis, plan: Plan, out: Path
) -> tuple[dict[Path, str], tuple[Kept, ...]]:
    """The servants that are not there yet; and what there is to tell about the others."""
    files: dict[Path, str] = {}
    kept: list[Kept] = []
    for part in analysis.asked:
        for view in servant_views(plan, part):
            path = out / view.file
            if path.exists():
                kept.append(keep(path, view))
            else:
                files[path] = servant_text(view)
    return files, tuple(kept)
