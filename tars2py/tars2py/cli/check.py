"""``tars2py check FILE...``: say what is wrong, write nothing."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence

from tars2py.cli.options import add_common, directories, parser
from tars2py.cli.report import reported
from tars2py.errors import Diagnostic

__all__ = ["run"]

_DESCRIPTION = """\
Say what is wrong in .tars files and in those that they include; write nothing.
The exit code is 0, or 1 when there is an error."""


def run(arguments: Sequence[str]) -> int:
    """Check what the command line names."""
    result = parser("check", _DESCRIPTION)
    result.add_argument("files", nargs="+", metavar="FILE", help="a .tars file")
    add_common(result)
    options = result.parse_args(arguments)
    return reported(lambda: _check(options), options.diagnostics)


def _check(options: argparse.Namespace) -> Iterable[Diagnostic]:
    from tars2py.pipeline.analysis import analyse

    return analyse(
        options.files,
        include=directories(options.include),
        encoding=options.encoding,
        werror=options.werror,
    ).warnings
