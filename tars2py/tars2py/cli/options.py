"""Options that several commands have: include directories, encoding, the form of findings."""

from __future__ import annotations

import argparse
import re

__all__ = ["add_common", "directories", "parser"]


def parser(command: str, description: str) -> argparse.ArgumentParser:
    """The parser of one command; a wrong call exits with 2 and says why."""
    return argparse.ArgumentParser(
        prog=f"tars2py {command}".strip(),
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def add_common(parser: argparse.ArgumentParser) -> None:
    """The options of every command that reads ``.tars`` files."""
    parser.add_argument(
        "-I",
        "--include",
        action="append",
        default=[],
        metavar="DIR",
        help="look for included files here, too (repeatable, or separated by ';')",
    )
    parser.add_argument(
        "--encoding", metavar="NAME", help="of the files (default: UTF-8, else GB18030)"
    )
    parser.add_argument(
        "--werror", action="store_true", help="count warnings as errors"
    )
    parser.add_argument(
        "--diagnostics",
        choices=("text", "json"),
        default="text",
        help="findings as text, or one JSON object a line on standard output",
    )
    parser.add_argument(
        "--with-tars",
        action="store_true",
        help="accepted and without effect: names may begin with 'tars' anyway",
    )


def directories(values: list[str]) -> list[str]:
    """The include directories of the command line, in order."""
    return [each for value in values for each in re.split("[;]", value) if each]
