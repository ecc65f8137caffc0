"""``tarscli registry METHOD``: any method of the registry, its fields as flags.

Requests that name a server mean this pod's where no flag says otherwise: an empty name would
mean all servers of the node.
"""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import Any, NoReturn

from tars_runtime.commandline.answers import plain, shown
from tars_runtime.errors import ConfigError, UsageError
from tars_runtime.interfaces.tars import QueryFProxy

from tarscli.channel import DirectChannel
from tarscli.console import say, say_json
from tarscli.identity_file import recall
from tarscli.info import load_info
from tarscli.layout import Layout
from tarscli.locate import locator, resolved
from tarscli.options import Options
from tarscli.registry.query import add_methods as add_queries
from tarscli.registry.registration import add_methods as add_registrations
from tarscli.registry_client import REGISTRY
from tarscli.token import token_context

__all__ = ["run"]

_OURS = ("req.nodeName", "req.application", "req.server")


class _Parser(argparse.ArgumentParser):
    """Mistakes are tarscli's: one line, exit code 2."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see {self.prog} --help")


def run(options: Options) -> int:
    """The command: 1 when the registry answers that it did not do it."""
    parser = _parser()
    if not options.words:
        parser.print_help()
        return 0
    given = vars(parser.parse_args(options.words))
    context = token_context(options)
    if _OURS[0] in given and given["req"] is None:
        context |= _completed(given, Layout(Path(options.text("tars_path"))))
    given["--timeout"] = options.seconds("timeout")
    given["--context"] = context
    answer = asyncio.run(_asked(given, options))
    if options.text("output") == "json":
        say_json(plain(answer))
    elif text := shown(plain(answer)):
        say(text)
    status = answer if isinstance(answer, int) else getattr(answer, "ret", 0)
    return int(status != 0)


def _parser() -> _Parser:
    result = _Parser(
        prog="tarscli registry",
        description="Methods of tars.tarsregistry.QueryObj and tars.tarsregistry.Registry.",
        epilog="Flags of tarscli (--locator, --timeout, ...): tarscli help registry.",
        allow_abbrev=False,
    )
    methods = result.add_subparsers(title="methods", metavar="METHOD", required=True)
    add_queries(methods)
    add_registrations(methods)
    return result


def _completed(given: dict[str, Any], layout: Layout) -> dict[str, str]:
    """Fill in this pod's server where flags leave it out; the context that it is known by."""
    missing = [each for each in _OURS if given[each] is None]
    if not missing:
        return {}
    try:
        info = load_info(layout.info)
    except ConfigError as error:
        flags = ", ".join(f"--{each}" for each in missing)
        raise UsageError(
            f"expected {flags}; this pod's cannot stand in: {error}"
        ) from error
    ours = (info.local_ip, info.server.application, info.server.server)
    known: dict[str, str] = dict(zip(_OURS, ours, strict=True))
    given.update({each: known[each] for each in missing})
    own = all(given[each] == known[each] for each in _OURS)
    return recall(layout) if own else {}


async def _asked(given: dict[str, Any], options: Options) -> object:
    """Call the method that was asked for, on the object that has it."""
    target = locator(options)
    if given["--proxy"] is not QueryFProxy:
        target = await resolved(options.text("object") or REGISTRY, options)
    channel = DirectChannel(target.name, target.endpoints)
    try:
        return await given["--call"](given["--proxy"](channel), given)
    finally:
        await channel.close()
