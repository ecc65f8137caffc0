"""The commands that ask a running registry: ls, resolve, drain, clean, export, import."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, TypeVar

from tars_runtime.communicator import Communicator
from tars_runtime.errors import ConfigError, UsageError

from tars_registry.app.shown import table
from tars_registry.interfaces.TarsRegistry import (
    AdapterRow,
    ManageBlocking,
    Pattern,
    ServerRow,
)

__all__ = ["COMMANDS"]

T = TypeVar("T")

OBJECT: Final = "tars.tarsregistry.ManageObj"

Call = Callable[[ManageBlocking, dict[str, str]], T]


def ls(options: argparse.Namespace) -> int:
    """Servers and their states."""
    rows = _ask(options, lambda manage, _: manage.servers(_pattern(options.pattern)))
    if options.json:
        return _say_json([asdict(each) for each in rows])
    heads = "application", "server", "node", "present", "setting", "flow", "set", "ours"
    shown = [
        (
            each.application,
            each.server,
            each.node,
            each.presentState,
            each.settingState,
            each.flowState,
            each.setId or "-",
            "yes" if each.leased else "no",
        )
        for each in rows
    ]
    return _say(table(heads, shown))


def resolve(options: argparse.Namespace) -> int:
    """What a caller would get, and which rule decides; 1 when there is nothing to call."""
    reply = _ask(
        options,
        lambda manage, _: manage.resolve(
            options.object, options.node, options.set, options.station
        ),
    )
    if options.json:
        _say_json(asdict(reply))
    else:
        rows = [("active", each) for each in reply.active]
        rows += [("inactive", each) for each in reply.inactive]
        _say([*table(("state", "endpoint"), rows), f"result {reply.ret}: {reply.rule}"])
    return 0 if reply.active else 1


def drain(options: argparse.Namespace) -> int:
    """Close the flow to servers, or open it again; shows what fits unless --yes COUNT agrees."""

    def call(manage: ManageBlocking, context: dict[str, str]) -> tuple[int, list[str]]:
        reply = manage.setFlow(
            _pattern(options.pattern), options.open, options.yes, context=context
        )
        return reply.ret, reply.names

    count, names = _ask(options, call)
    verb = "opened" if options.open else "drained"
    _say_json(names) if options.json else _say(names)
    if count == options.yes:
        sys.stderr.write(f"{count} {verb}\n")
        return 0
    sys.stderr.write(f"{count} servers fit, nothing done: give --yes {count}\n")
    return 1 if options.yes >= 0 else 0


def clean(options: argparse.Namespace) -> int:
    """Remove the servers of dead nodes; shows them unless --yes is given."""

    def call(manage: ManageBlocking, context: dict[str, str]) -> list[str]:
        before = " ".join(options.before)
        return manage.clean(before, not options.yes, context=context).names

    names = _ask(options, call)
    _say_json(names) if options.json else _say(names)
    sys.stderr.write("Deleted\n" if options.yes else "Dry run.\n")
    return 0


def export(options: argparse.Namespace) -> int:
    """All servers that fit, as JSON that ``import`` takes."""
    rows = _ask(options, lambda manage, _: manage.servers(_pattern(options.pattern)))
    return _say_json([asdict(each) for each in rows])


def restore(options: argparse.Namespace) -> int:
    """Register what was exported, where it is not there; shows it unless --yes is given."""
    rows = _read_export(options.file)

    def call(manage: ManageBlocking, context: dict[str, str]) -> list[str]:
        return manage.restore(rows, not options.yes, context=context).names

    names = _ask(options, call)
    _say_json(names) if options.json else _say(names)
    sys.stderr.write(
        f"{len(names)} {'restored' if options.yes else 'missing (dry run)'}\n"
    )
    return 0


COMMANDS: Final = {
    "ls": ls,
    "resolve": resolve,
    "drain": drain,
    "clean": clean,
    "export": export,
    "import": restore,
}


def _ask(options: argparse.Namespace, call: Call[T]) -> T:
    """Call the registry at ``--registry HOST:PORT``; raises `TarsError`."""
    host, _, port = options.registry.rpartition(":")
    if not host or not port.isdigit():
        raise UsageError(f"--registry: expected HOST:PORT, got {options.registry!r}")
    context = {}
    if options.token_file:
        context["token"] = _token(options.token_file)
    address = f"{OBJECT}@tcp -h {host.strip('[]')} -p {port} -t 60000"
    with Communicator() as communicator:
        return call(communicator.proxy(ManageBlocking, address), context)


def _token(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigError(
            f"--token-file: expected a readable file, got {error.strerror}: {path}"
        ) from None


def _pattern(text: str) -> Pattern:
    """``App.Server@node``; each part may hold ``*``, and may be left out."""
    names, _, node = text.partition("@")
    application, _, server = names.partition(".")
    return Pattern(application=application, server=server, node=node)


def _read_export(path: str) -> list[ServerRow]:
    try:
        text = (
            sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")
        )
        return [_row(each) for each in json.loads(text)]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ConfigError(
            f"{path}: expected what 'tarsregistry export' wrote, got: {error}"
        ) from None


def _row(row: dict[str, Any]) -> ServerRow:
    adapters = [AdapterRow(**each) for each in row.pop("adapters", [])]
    return ServerRow(**row, adapters=adapters)


def _say(lines: list[str]) -> int:
    sys.stdout.writelines(line + "\n" for line in lines)
    return 0


def _say_json(value: Any) -> int:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1) + "\n")
    return 0
