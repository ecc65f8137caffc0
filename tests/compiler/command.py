"""Runs the command line within the process."""

from __future__ import annotations

from pathlib import Path

from tars2py.cli import main

__all__ = ["GREETER", "run"]

GREETER = Path(__file__).parents[2] / "docs" / "contracts" / "greeter.tars"


def run(*arguments: str) -> int:
    """The exit code of ``tars2py`` with these arguments."""
    try:
        return main(arguments)
    except SystemExit as stopped:
        return int(stopped.code or 0)
