"""``tars2py FILE... -o DIR``: compile."""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Iterable, Sequence

from tars2py.cli.options import add_common, directories, parser
from tars2py.cli.report import reported
from tars2py.errors import CallError, Diagnostic
from tars2py.output.stamp import Stamp
from tars2py.version import VERSION

__all__ = ["run"]

_DESCRIPTION = """\
Compile .tars files to typed Python: one package per module below DIR, one file in it
per .tars file. Included files are compiled, too.

  tars2py Hello.tars -o generated            then: from Demo import HelloProxy

other commands (each has --help):
  tars2py check FILE...                      say what is wrong, write nothing
  tars2py fmt FILE...                        rewrite in the one style
  tars2py decode ...                         show bytes as JSON
  tars2py call FILE OBJECT METHOD ...        call a server
  tars2py new App.Server.ServantObj DIR      a whole project"""


def run(arguments: Sequence[str]) -> int:
    """Compile what the command line names."""
    options = _parser().parse_args(arguments)
    gc.disable()  # most of what is made here lives to the end
    try:
        return reported(lambda: _compile(options, arguments), options.diagnostics)
    finally:
        gc.enable()


def _compile(
    options: argparse.Namespace, arguments: Sequence[str]
) -> Iterable[Diagnostic]:
    from tars2py.pipeline.compile import compile_files

    result = compile_files(
        options.files,
        options.out,
        include=directories(options.include),
        package=options.package,
        imports=_imports(options.imports),
        check_default=options.check_default != "false",
        servant=options.servant,
        cli=options.cli,
        encoding=options.encoding,
        werror=options.werror,
        layout=options.format,
        verify=options.verify,
    )
    for each in result.kept:
        sys.stdout.write(f"{each}\n")
    if not (result.warnings or result.kept):
        Stamp(arguments).write((*result.read, *result.files), result.probed)
    return result.warnings


def _imports(values: list[str]) -> dict[str, str]:
    imports = {}
    for value in values:
        module, sign, package = value.partition("=")
        if not (sign and module and package):
            raise CallError(f"expected --import MODULE=PACKAGE, got '{value}'")
        imports[module] = package
    return imports


def _parser() -> argparse.ArgumentParser:
    result = parser("", _DESCRIPTION)
    add = result.add_argument
    add("files", nargs="+", metavar="FILE", help="a .tars file")
    add(
        "-o",
        "--out",
        "--dir",
        default=".",
        metavar="DIR",
        help="write packages below DIR (default: the working directory)",
    )
    add("--package", default="", metavar="P", help="the package that DIR is")
    add(
        "--import",
        dest="imports",
        action="append",
        default=[],
        metavar="MODULE=PACKAGE",
        help="that module is compiled already, and this is its package (repeatable)",
    )
    add(
        "--servant",
        action="store_true",
        help="write a servant to fill in for each interface; one that is there is kept, "
        "and what changed is told",
    )
    add("--cli", action="store_true", help="write a command line for each interface")
    add(
        "--check-default",
        choices=("true", "false"),
        default="true",
        help="leave optional members that equal their default out (default: true)",
    )
    add(
        "--format",
        choices=("stable", "black"),
        default="stable",
        help="black: ask black itself, which takes ten times as long and changes nothing",
    )
    add(
        "--verify",
        action="store_true",
        help="compile every generated file with Python before it is written",
    )
    add_common(result)
    add("--version", action="version", version=f"tars2py {VERSION}")
    return result
