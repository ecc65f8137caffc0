"""The command line of ``tarsregistry``: one line for what is wrong, exit code 2, no traceback."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from tars_runtime.errors import TarsError

from tars_registry.app.settings import SETTINGS, Settings

__all__ = ["main"]

WRONG = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except TarsError as error:
        sys.stderr.write(f"tarsregistry: {error}\n")
        return WRONG
    except KeyboardInterrupt:
        return 130


def _serve(options: argparse.Namespace) -> int:
    from tars_registry.app.serve import serve

    return serve(_settings(options))


def _migrate(options: argparse.Namespace) -> int:
    from tars_registry.app.migrate import migrate_command

    return migrate_command(_settings(options))


def _settings(options: argparse.Namespace) -> Settings:
    given = vars(options)
    flags = {each.name: given.get(each.name.replace("-", "_")) for each in SETTINGS}
    return Settings(flags, os.environ)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tarsregistry",
        description="The naming registry of TARS: servers register themselves, clients find them.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    serve = commands.add_parser(
        "serve", help="run the registry", description=_serve.__doc__
    )
    for setting in SETTINGS:
        _add_setting(serve, setting.name)
    serve.set_defaults(run=_serve)
    migrate = commands.add_parser(
        "migrate", help="make the tables and columns that a database lacks"
    )
    for name in ("db", "data"):
        _add_setting(migrate, name)
    migrate.set_defaults(run=_migrate)
    return parser


def _add_setting(parser: argparse.ArgumentParser, name: str) -> None:
    setting = next(each for each in SETTINGS if each.name == name)
    shown = f" [{', '.join(setting.variables)}]"
    default = f" (default: {setting.default})" if setting.default else ""
    parser.add_argument(
        setting.flag,
        metavar="VALUE",
        help=(setting.about + default + shown).replace("%", "%%"),
    )
