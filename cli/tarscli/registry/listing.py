"""``tarscli ls`` and ``resolve``: what `findObjectByIdInSameGroup` answers, laid out for people."""

from __future__ import annotations

import asyncio
from typing import Any

from tars_runtime.errors import UsageError
from tars_runtime.interfaces import tars

from tarscli.console import say, say_json, table
from tarscli.locate import locator, resolved
from tarscli.options import Options
from tarscli.registry_client import endpoint_text, find_endpoints

__all__ = ["run"]


def run(options: Options) -> int:
    """One of the two commands."""
    return _ls(options) if options.command == "ls" else _resolve(options)


def _ls(options: Options) -> int:
    if not options.words:
        raise UsageError(
            "expected one object or more, such as tars.tarsregistry.Registry"
        )
    rows = asyncio.run(_rows(options))
    if options.text("output") == "json":
        say_json(rows)
    else:
        heads = ("object", "state", "endpoint", "set", "weight")
        shown = [tuple(str(row[head] or "-") for head in heads) for row in rows]
        for line in table([heads, *shown]):
            say(line)
    return 0 if rows else 1


async def _rows(options: Options) -> list[dict[str, Any]]:
    where, found = locator(options), []
    for name in options.words:
        active, inactive = await find_endpoints(where, name, options.seconds("timeout"))
        found += [_row(name, "active", each) for each in active]
        found += [_row(name, "inactive", each) for each in inactive]
    return found


def _row(name: str, state: str, row: tars.EndpointF) -> dict[str, Any]:
    return {
        "object": name,
        "state": state,
        "endpoint": endpoint_text(row),
        "set": row.setId,
        "weight": row.weight,
    }


def _resolve(options: Options) -> int:
    if len(options.words) != 1:
        raise UsageError("expected one object, such as Demo.HelloServer.HelloObj")
    found = asyncio.run(resolved(options.words[0], options))
    if options.text("output") == "json":
        say_json(
            {"object": found.name, "endpoints": [str(each) for each in found.endpoints]}
        )
    else:
        say(str(found))
    return 0
