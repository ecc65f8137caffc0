"""The commands that ask a running registry: ls, resolve, drain, clean, export, import."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, TypeVar

from tars_runtime import codec
from tars_runtime.communicator import Communicator
from tars_runtime.errors import ConfigError, DecodeError, UsageError

from tars_registry.app.shown import servers, table
from tars_registry.interfaces.TarsRegistry import ManageBlocking, Pattern, ServerRow

__all__ = ["COMMANDS"]

T = TypeVar("T")

OBJECT: Final = "tars.tarsregistry.ManageObj"

SECONDS: Final = 60.0
"""How long the registry may take: a drain of 10,000 servers is as many rows to write."""

AT_ONCE: Final = 2_000
"""Servers restored by one call."""

Call = Callable[[ManageBlocking, dict[str, str]], T]


def ls(options: argparse.Namespace) -> int:
    """Servers and their states."""
    rows = _ask(options, lambda manage, _: _servers(manage, options.pattern))
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
            options.object, options.node, options.set, options.station, timeout=SECONDS
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
            _pattern(options.pattern),
            options.open,
            options.yes,
            context=context,
            timeout=SECONDS,
        )
        return reply.ret, reply.names

    count, names = _ask(options, call)
    _say_names(options, names)
    if count == options.yes:
        _tell(f"{servers(count)} {'opened' if options.open else 'drained'}")
        return 0
    fit = "fits" if count == 1 else "fit"
    hint = f": give --yes {count}" if count else ""
    _tell(f"{servers(count)} {fit}, nothing done{hint}")
    return 1 if options.yes >= 0 else 0


def clean(options: argparse.Namespace) -> int:
    """Remove the servers of dead nodes; shows them unless --yes is given."""

    def call(manage: ManageBlocking, context: dict[str, str]) -> list[str]:
        before = " ".join(options.before)
        return manage.clean(
            before, not options.yes, context=context, timeout=SECONDS
        ).names

    _say_names(options, _ask(options, call))
    _tell("Deleted" if options.yes else "Dry run.")
    return 0


def export(options: argparse.Namespace) -> int:
    """All servers that fit, as JSON that ``import`` takes."""
    rows = _ask(options, lambda manage, _: _servers(manage, options.pattern))
    return _say_json([asdict(each) for each in rows])


def restore(options: argparse.Namespace) -> int:
    """Register what was exported, where it is not there; shows it unless --yes is given."""
    rows = _read_export(options.file)

    def call(manage: ManageBlocking, context: dict[str, str]) -> list[str]:
        return [
            name
            for part in _parts(rows)
            for name in manage.restore(
                part, not options.yes, context=context, timeout=SECONDS
            ).names
        ]

    names = _ask(options, call)
    _say_names(options, names)
    _tell(f"{servers(len(names))} {'restored' if options.yes else 'missing (dry run)'}")
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
    if not host or not port.isdigit() or int(port) > 65535:
        raise UsageError(f"--registry: expected HOST:PORT, got {options.registry!r}")
    context = {}
    if options.token_file:
        context["token"] = _token(options.token_file)
    address = f"{OBJECT}@tcp -h {host.strip('[]')} -p {port} -t 60000"
    with Communicator() as communicator:
        return call(communicator.proxy(ManageBlocking, address), context)


def _servers(manage: ManageBlocking, text: str) -> list[ServerRow]:
    """All servers that fit a pattern, page by page."""
    pattern, after = _pattern(text), Pattern()
    found: list[ServerRow] = []
    while page := manage.servers(pattern, after, timeout=SECONDS):
        found += page
        last = page[-1]
        after = Pattern(
            application=last.application, server=last.server, node=last.node
        )
    return found


def _token(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "what is no text"
        raise ConfigError(
            f"--token-file: expected a readable file, got {reason}: {path}"
        ) from None


def _pattern(text: str) -> Pattern:
    """``App.Server@node``; each part may hold ``*``, and may be left out."""
    names, _, node = text.partition("@")
    application, _, server = names.partition(".")
    return Pattern(application=application, server=server, node=node)


def _read_export(path: str) -> list[ServerRow]:
    """The servers of a file, ``-`` for standard input; raises `ConfigError`."""
    try:
        data = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
        return codec.from_json(codec.vector(ServerRow), data)
    except OSError as error:
        raise ConfigError(
            f"{path!r}: expected a readable file, got {error.strerror}"
        ) from None
    except DecodeError as error:
        raise ConfigError(
            f"{path!r}: expected what 'tarsregistry export' prints: {error}"
        ) from None


def _parts(rows: Sequence[ServerRow]) -> Iterator[list[ServerRow]]:
    for at in range(0, len(rows), AT_ONCE):
        yield list(rows[at : at + AT_ONCE])


def _say(lines: list[str]) -> int:
    sys.stdout.writelines(line + "\n" for line in lines)
    return 0


def _say_names(options: argparse.Namespace, names: list[str]) -> None:
    if options.json:
        _say_json(names)
    else:
        _say(names)


def _say_json(value: Any) -> int:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1) + "\n")
    return 0


def _tell(text: str) -> None:
    """What happened, beside the output that a script reads."""
    sys.stderr.write(text + "\n")
