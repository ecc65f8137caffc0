"""``tars2py decode``: show bytes as JSON."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from tars2py.cli.options import directories, parser
from tars2py.cli.report import reported
from tars2py.errors import CallError

__all__ = ["run"]

_DESCRIPTION = """\
Show bytes as JSON: tags and types, or with a .tars file members and parameters by name.
The bytes come as --hex, from --file, or from standard input.

  tars2py decode --hex "06 03 416e6e"
  tars2py decode --hex 0603416e6e --schema Hello.tars --type Demo::Greeting
  tars2py decode --as frame --file capture.bin --schema Hello.tars"""


def run(arguments: Sequence[str]) -> int:
    """Decode what the command line names."""
    options = _parser().parse_args(arguments)

    def action() -> tuple[()]:
        from tars2py.decode import Schema, decode

        schema = None
        if options.schema:
            schema = Schema(
                options.schema,
                options.type,
                options.method,
                tuple(directories(options.include)),
                options.encoding,
            )
        elif options.type or options.method:
            raise CallError("expected --schema FILE.tars with --type or --method")
        for each in decode(_data(options), options.form, schema):
            text = json.dumps(
                each, ensure_ascii=False, indent=None if options.line else 2
            )
            sys.stdout.write(f"{text}\n")
        return ()

    try:
        return reported(action, "text")
    except ImportError as error:
        sys.stderr.write(f"tars2py: error: {error}: pip install tars2py\n")
        return 2


def _data(options: argparse.Namespace) -> bytes:
    if options.hex is not None:
        try:
            return bytes.fromhex("".join(options.hex.split()).removeprefix("0x"))
        except ValueError as error:
            raise CallError(
                f"expected hexadecimal digits, got others: {error}"
            ) from error
    if options.file is None:
        return sys.stdin.buffer.read()
    try:
        return Path(options.file).read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise CallError(
            f"expected a file that can be read, got '{options.file}': {reason}"
        ) from error


def _parser() -> argparse.ArgumentParser:
    result = parser("decode", _DESCRIPTION)
    add = result.add_argument
    source = result.add_mutually_exclusive_group()
    source.add_argument("--hex", metavar="HEX", help="the bytes, blanks do not matter")
    source.add_argument("--file", metavar="PATH", help="a file with the bytes")
    add(
        "--as",
        dest="form",
        choices=("struct", "packet", "frame"),
        default="struct",
        help="a struct's body (the default), a packet, or frames with their lengths",
    )
    add("--schema", metavar="FILE", help="the .tars file that knows the names")
    add("--type", default="", metavar="STRUCT", help="of a struct: Demo::Greeting")
    add("--method", default="", metavar="NAME", help="of a response: what it answers")
    add("--line", action="store_true", help="each document on one line")
    add("-I", "--include", action="append", default=[], metavar="DIR")
    add("--encoding", metavar="NAME", help="of the .tars file")
    return result
