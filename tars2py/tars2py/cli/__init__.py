"""The command ``tars2py``: picks the command, and turns what goes wrong into an exit code.

0 done; 1 the input is wrong; 2 the command is called wrongly. A run that would change
nothing ends here, before anything heavy is imported.
"""

from __future__ import annotations

import os
import sys

from tars2py.output.stamp import Stamp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

__all__ = ["main"]

_COMMANDS = ("call", "check", "decode", "fmt", "new")
"""Each a module of this package; anything else is files to compile."""
_EXTRA = ("lark", "jinja2", "black")
"""What only those who compile need: images that run services do without."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    command = arguments[0] if arguments and arguments[0] in _COMMANDS else ""
    try:
        if not command and Stamp(arguments).fresh():
            return 0
        code = _run(command or "build", arguments[1:] if command else arguments)
        if argv is None and not command:
            _leave(code)
    except ModuleNotFoundError as error:
        if error.name not in _EXTRA:
            raise
        sys.stderr.write(
            f"tars2py: error: expected the compiler's parts, got no {error.name}: "
            "pip install 'tars2py[compiler]'\n"
        )
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    return code


def _leave(code: int) -> NoReturn:
    """End the process at once: taking everything down is a sixth of a run's time."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _run(command: str, arguments: list[str]) -> int:
    from importlib import import_module

    code: int = import_module(f"tars2py.cli.{command}").run(arguments)
    return code
