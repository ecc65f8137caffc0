"""``tars2py new App.Server.ServantObj DIR``: a whole project."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from tars2py.cli.options import parser
from tars2py.cli.report import reported

__all__ = ["run"]

_DESCRIPTION = """\
Write a project for an object: interface, server, client, tests, configuration, image and
manifest. It starts as it stands; its README has the two commands.

  tars2py new Demo.HelloServer.GreeterObj hello"""


def run(arguments: Sequence[str]) -> int:
    """Write the project that the command line names."""
    result = parser("new", _DESCRIPTION)
    result.add_argument("object", metavar="App.Server.ServantObj")
    result.add_argument("folder", metavar="DIR", type=Path, help="empty, or not there")
    options = result.parse_args(arguments)

    def action() -> tuple[()]:
        from tars2py.scaffold import create

        for path in create(options.object, options.folder):
            sys.stdout.write(f"{options.folder / path}\n")
        sys.stdout.write(f"next: {options.folder / 'README.md'}\n")
        return ()

    return reported(action, "text")
