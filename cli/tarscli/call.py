"""``tarscli call``: one call with JSON, from any pod, without stubs."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from tars_runtime.errors import UsageError

from tarscli.console import say
from tarscli.jsoncall import json_call
from tarscli.locate import resolved
from tarscli.options import Options

__all__ = ["run"]


def run(options: Options) -> int:
    """The command: prints the answer as JSON."""
    name, function = _target(options.words)
    arguments = _arguments(options.text("json"))
    answer = asyncio.run(_call(name, function, arguments, options))
    indent = None if options.text("output") == "json" else 2
    say(json.dumps(answer, ensure_ascii=False, indent=indent))
    return 0


async def _call(
    name: str, function: str, arguments: dict[str, Any], options: Options
) -> dict[str, Any]:
    target = await resolved(name, options)
    return await json_call(target, function, arguments, options.seconds("timeout"))


def _target(words: list[str]) -> tuple[str, str]:
    """Object and method: two words, or one with the method behind the object's last dot."""
    if len(words) == 2:
        return words[0], words[1]
    if len(words) == 1:
        name, at, endpoints = words[0].partition("@")
        name, dot, function = name.rpartition(".")
        if dot and name.count(".") == 2:
            return name + at + endpoints, function
    raise UsageError(
        "expected OBJECT.METHOD, as in Demo.HelloServer.HelloObj.greet, got "
        f"{' '.join(words) or 'nothing'}"
    )


def _arguments(text: str) -> dict[str, Any]:
    source = sys.stdin.read() if text == "-" else text
    try:
        found = json.loads(source)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"--json: expected a JSON object, got {error}") from error
    if not isinstance(found, dict):
        raise UsageError(
            f"--json: expected an object of parameters by name, got {source.strip()[:40]}"
        )
    return found
