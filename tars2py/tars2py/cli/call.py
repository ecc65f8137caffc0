"""``tars2py call FILE OBJECT METHOD --flags``: call a server."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tars2py.cli.options import directories, parser
from tars2py.cli.report import reported

__all__ = ["run"]

_DESCRIPTION = """\
Call a method of a server, with nothing but its .tars file: each field is a flag.

  tars2py call Hello.tars "Demo.HelloServer.HelloObj@tcp -h 127.0.0.1 -p 18015" \\
      greet --greeting.name Ann
  tars2py call Hello.tars Demo.HelloServer.HelloObj \\
      --locator "tars.tarsregistry.QueryObj@tcp -h 127.0.0.1 -p 17890" greet --help

What stands behind OBJECT is for the call: --locator, --timeout, --json, then the method
and its flags."""


def run(arguments: Sequence[str]) -> int:
    """Call what the command line names."""
    result = parser("call", _DESCRIPTION)
    result.add_argument("-I", "--include", action="append", default=[], metavar="DIR")
    result.add_argument("--encoding", metavar="NAME", help="of the file")
    result.add_argument(
        "--interface", default="", metavar="NAME", help="where the file has several"
    )
    result.add_argument("file", metavar="FILE", help="a .tars file")
    result.add_argument("object", metavar="OBJECT", help="App.Server.Obj[@endpoints]")
    result.add_argument("rest", nargs="...", metavar="METHOD", help="and its flags")
    options = result.parse_args(arguments)
    codes = [0]

    def action() -> tuple[()]:
        from tars2py.call import call

        codes[0] = call(
            options.file,
            options.object,
            options.rest,
            include=directories(options.include),
            encoding=options.encoding,
            interface=options.interface,
        )
        return ()

    try:
        return reported(action, "text") or codes[0]
    except ImportError as error:
        sys.stderr.write(f"tars2py: error: {error}: pip install tars2py\n")
        return 2
