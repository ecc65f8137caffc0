"""Which command runs, and what its end means: the exit codes.

====  ==================================================================
0     done
1     the task failed
2     used wrongly: command line, variable, meta file, config
3     the server refused
4     the registry cannot be reached (prestop only with ``--strict``)
====  ==================================================================

The supervisor ends with the server's code when it gives up (128 + n for a signal).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tarscli.commands import COMMANDS, Command, named
from tarscli.console import complain

if TYPE_CHECKING:
    from tarscli.options import Options

__all__ = ["EXIT_CODES", "run"]

FAILED, USED_WRONGLY, REFUSED, UNREACHABLE = 1, 2, 3, 4
EXIT_CODES = (
    ("ConfigError", USED_WRONGLY),
    ("UsageError", USED_WRONGLY),
    ("ServerError", REFUSED),
    ("TarsError", FAILED),
    ("OSError", FAILED),
)
"""The first class of an error's ancestry that stands here gives the code."""

_MODULES = {
    "start": "control",
    "stop": "control",
    "restart": "control",
    "status": "control",
    "ls": "registry.listing",
    "resolve": "registry.listing",
    "drain": "registry.flow",
    "undrain": "registry.flow",
    "registry": "registry.command",
    "config": "show",
}
"""The module of a command, where it is not named like it."""

_HELP = ("help", "--help", "-h")


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return the exit code."""
    try:
        return _dispatch(list(arguments))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return FAILED
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        code = _code_of(error)
        if code is None:
            raise
        for line in str(error).splitlines():
            complain(line)
        return code


def _dispatch(arguments: list[str]) -> int:
    name = arguments[0] if arguments else ""
    if name in _HELP:
        return _help(arguments[1:])
    command = named(name)
    if command is None:
        return _unknown(name)
    rest = arguments[1:]
    if rest and (rest[0] in _HELP or (rest[-1] in _HELP[1:] and not command.fields)):
        return _help([name])
    from tarscli.options import parse_command_line

    options = parse_command_line(name, rest, os.environ)
    if options.words and not command.words and not _forgiven(command, options.words):
        return USED_WRONGLY
    if name == "version":
        return _version()
    from importlib import import_module

    module = import_module(f"tarscli.{_MODULES.get(name, name)}")
    action: Callable[[Options], int] = module.run
    return action(options)


def _forgiven(command: Command, words: Sequence[str]) -> bool:
    """Say that a command takes no words; whether it runs all the same."""
    text = f"{command.name} takes nothing behind it, got {' '.join(words)}"
    complain(f"{text}: ignored" if command.forgiving else text)
    return command.forgiving


def _unknown(name: str) -> int:
    from tarscli.options import suggest

    if not name:
        complain("expected a command; see tarscli help")
    else:
        near = suggest(name, [each.name for each in COMMANDS])
        complain(f"command not found {name}{near}; see tarscli help")
    return USED_WRONGLY


def _version() -> int:
    from importlib.metadata import version

    from tarscli.console import say

    say(version("tars2py"))
    return 0


def _help(words: Sequence[str]) -> int:
    from tarscli.manual import command_help, overview

    if not words:
        overview()
        return 0
    command = named(words[0])
    if command is None:
        return _unknown(words[0])
    command_help(command)
    return 0


def _code_of(error: Exception) -> int | None:
    ancestry = [each.__name__ for each in type(error).__mro__]
    return next((code for name, code in EXIT_CODES if name in ancestry), None)
