"""``tars2py fmt FILE...``: rewrite in the one style."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from tars2py.cli.options import parser
from tars2py.cli.report import reported
from tars2py.errors import Diagnostic

__all__ = ["run"]

_DESCRIPTION = """\
Rewrite .tars files in the one style; comments stay. Files become UTF-8 with LF line ends.
With --check nothing is written: the exit code is 1 when a file would change."""


def run(arguments: Sequence[str]) -> int:
    """Format what the command line names."""
    result = parser("fmt", _DESCRIPTION)
    result.add_argument("files", nargs="+", type=Path, metavar="FILE")
    result.add_argument(
        "--check", action="store_true", help="write nothing, name what would change"
    )
    result.add_argument("--encoding", metavar="NAME", help="of the files")
    options = result.parse_args(arguments)
    changed: list[Path] = []
    code = reported(lambda: _format(options, changed), "text")
    for path in changed:
        sys.stdout.write(
            f"{'would reformat' if options.check else 'reformatted'} {path}\n"
        )
    return code or int(bool(changed and options.check))


def _format(options: argparse.Namespace, changed: list[Path]) -> Iterable[Diagnostic]:
    from tars2py.format import format_files

    done = format_files(options.files, check=options.check, encoding=options.encoding)
    changed += [each.path for each in done if each.changed]
    return ()
