"""``tarscli drain`` and ``undrain``: one server's traffic, closed and opened in the registry.

By JSON through the ``ManageObj`` of this project's registry; other registries do not have it.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

from tars_runtime.errors import UsageError
from tars_runtime.net.endpoint import ObjectRef

from tarscli.console import complain, say_json
from tarscli.identity import local_address
from tarscli.info import load_info
from tarscli.jsoncall import json_call
from tarscli.layout import Layout
from tarscli.locate import locator
from tarscli.options import Options
from tarscli.token import token_context

__all__ = ["run"]

_MANAGE = "tars.tarsregistry.ManageObj"
_DRY = -1


def run(options: Options) -> int:
    """One of the two commands."""
    return _flow(options, opened=options.command == "undrain")


def _flow(options: Options, *, opened: bool) -> int:
    pattern = _pattern(options)
    names = asyncio.run(_set_flow(pattern, opened, options))
    if options.text("output") == "json":
        say_json(names)
    elif names:
        complain(f"{'undrained' if opened else 'drained'}: {', '.join(names)}")
    else:
        complain("the registry has no such server of its own; see tarscli ls")
    return 0 if names else 1


def _pattern(options: Options) -> dict[str, str]:
    """Which server is meant: this pod's without words."""
    if not options.words:
        info = load_info(Layout(Path(options.text("tars_path"))).info)
        server = info.server
        return {
            "application": server.application,
            "server": server.server,
            "node": info.local_ip,
        }
    application, dot, server_name = options.words[0].partition(".")
    if not dot or len(options.words) > 2 or "*" in options.words[0]:
        raise UsageError("expected APP.SERVER and, if wanted, a NODE; without patterns")
    node = options.words[1] if len(options.words) == 2 else ""
    if not node:
        node = local_address(options.text("pod_ip"), options.environment)
    return {"application": application, "server": server_name, "node": node}


async def _set_flow(
    pattern: dict[str, str], opened: bool, options: Options
) -> list[str]:
    """Ask what fits, then agree to exactly that."""
    target: ObjectRef = replace(locator(options), name=_MANAGE)
    arguments: dict[str, Any] = {"pattern": pattern, "open": opened, "expected": _DRY}
    timeout, token = options.seconds("timeout"), token_context(options)
    found = await json_call(target, "setFlow", arguments, timeout, token)
    count = int(found.get("tars_ret", 0))
    if count == 0:
        return []
    agreed = {**arguments, "expected": count}
    done = await json_call(target, "setFlow", agreed, timeout, token)
    return [str(each) for each in done.get("names", [])]
