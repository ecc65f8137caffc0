"""The command line of ``tarsregistry``: one line for what is wrong, exit code 2, no traceback."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Any, Final

from tars_runtime.config import Config
from tars_runtime.errors import TarsError

from tars_registry.app.settings import DOMAIN, SETTINGS
from tars_registry.app.values import Settings

__all__ = ["main"]

WRONG = 2

PATTERN = (
    "App.Server@node, where '*' stands for any text and every part may be left out"
)

CLIENT_COMMANDS: Final = {
    "ls": "list servers and their states",
    "resolve": "show what a caller would get, and which rule decides",
    "drain": "close or open the flow to servers",
    "clean": "remove the servers of dead nodes",
    "export": "print servers as JSON",
    "import": "register what export printed, where it is missing",
}

_ANY_PATTERN: Final = (("pattern",), {"nargs": "?", "default": "", "help": PATTERN})
_CONFIRM: Final = (
    ("--yes",),
    {"action": "store_true", "help": "do it, not only show it"},
)

CLIENT_ARGUMENTS: Final[
    dict[str, tuple[tuple[tuple[str, ...], dict[str, Any]], ...]]
] = {
    "ls": (_ANY_PATTERN,),
    "resolve": (
        (("object",), {"help": "App.Server.Obj"}),
        (("--node",), {"default": "", "help": "the caller's node name or address"}),
        (("--set",), {"default": "", "help": "the caller's set, name.area.group"}),
        (("--station",), {"default": "", "help": "a station to ask for"}),
    ),
    "drain": (
        (("pattern",), {"help": PATTERN}),
        (("--open",), {"action": "store_true", "help": "open the flow again"}),
        (
            ("--yes",),
            {
                "type": int,
                "default": -1,
                "metavar": "COUNT",
                "help": "do it, if COUNT servers fit",
            },
        ),
    ),
    "clean": (
        (
            ("before",),
            {
                "nargs": "*",
                "help": "date, or date and time, since when nodes are silent (default: a day ago)",
            },
        ),
        _CONFIRM,
    ),
    "export": (_ANY_PATTERN,),
    "import": (
        (("file",), {"help": "what export printed; '-' reads standard input"}),
        _CONFIRM,
    ),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        code = int(options.run(options))
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # 'tarsregistry ls | head' has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return WRONG
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


def _client(options: argparse.Namespace) -> int:
    from tars_registry.app.client import COMMANDS

    return COMMANDS[options.command](options)


def _settings(options: argparse.Namespace) -> Settings:
    given = vars(options)
    flags = {each.name: given.get(each.name.replace("-", "_")) for each in SETTINGS}
    config = Config.load(options.config) if options.config else None
    return Settings(flags, os.environ, config)


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
    _add_config(serve)
    migrate = commands.add_parser(
        "migrate", help="make the tables and columns that a database lacks"
    )
    for name in ("db", "data"):
        _add_setting(migrate, name)
    _add_config(migrate)
    migrate.set_defaults(run=_migrate)
    for name, about in CLIENT_COMMANDS.items():
        _add_client(commands.add_parser(name, help=about), name)
    return parser


def _add_client(parser: argparse.ArgumentParser, name: str) -> None:
    """The arguments of a command that asks a running registry."""
    parser.set_defaults(run=_client, command=name)
    parser.add_argument(
        "--registry",
        default=os.environ.get("TARS_REGISTRY", "127.0.0.1:17890"),
        metavar="HOST:PORT",
        help="the running registry (default: %(default)s) [TARS_REGISTRY]",
    )
    parser.add_argument(
        "--token-file",
        default=os.environ.get("TARS_REGISTRY_TOKEN_FILE", ""),
        metavar="FILE",
        help="file with its token [TARS_REGISTRY_TOKEN_FILE]",
    )
    parser.add_argument("--json", action="store_true", help="JSON instead of a table")
    for words, options in CLIENT_ARGUMENTS[name]:
        parser.add_argument(*words, **options)


def _add_config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config",
        metavar="FILE",
        help=f"a server's configuration file, with the settings above in {DOMAIN}",
    )


def _add_setting(parser: argparse.ArgumentParser, name: str) -> None:
    setting = next(each for each in SETTINGS if each.name == name)
    shown = f" [{', '.join(setting.variables)}]"
    default = f" (default: {setting.default})" if setting.default else ""
    parser.add_argument(
        setting.flag,
        metavar="VALUE",
        help=(setting.about + default + shown).replace("%", "%%"),
    )
