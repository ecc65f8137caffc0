"""The program around an interface's subcommands: common flags, the call, the exit code."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from typing import Any

from tars_runtime.commandline.answers import plain, shown
from tars_runtime.communicator import Communicator
from tars_runtime.errors import TarsError, UsageError
from tars_runtime.rpc import Proxy

__all__ = ["parser", "run"]


def parser(about: str) -> argparse.ArgumentParser:
    """A parser with the flags that every such program has; methods become its subcommands.

    Names of these flags keep their dashes, so that no field of a method is in their way.
    """
    result = argparse.ArgumentParser(description=about, allow_abbrev=False)
    add = result.add_argument
    add(
        "--object",
        dest="--object",
        required=True,
        metavar="NAME",
        help="App.Server.Obj, or App.Server.Obj@tcp -h HOST -p PORT",
    )
    add(
        "--locator",
        dest="--locator",
        metavar="OBJECT",
        help="the registry: tars.tarsregistry.QueryObj@tcp -h HOST -p PORT",
    )
    add("--timeout", dest="--timeout", type=float, metavar="SECONDS")
    add("--json", dest="--json", action="store_true", help="answer in one line of JSON")
    return result


def run(
    parser: argparse.ArgumentParser, proxy: type[Proxy], argv: Sequence[str] | None
) -> int:
    """Call the method that the command line names, print its answer; gives the exit code.

    A subcommand's default ``--call`` makes the call: a coroutine function of proxy and flags.
    0 done, 1 the call failed, 2 it was called wrongly, 130 interrupted.
    """
    given = vars(parser.parse_args(argv))
    try:
        answer = plain(asyncio.run(_called(proxy, given)))
    except UsageError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    except TarsError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    text = json.dumps(answer, ensure_ascii=False) if given["--json"] else shown(answer)
    sys.stdout.write(f"{text}\n" if text else "")
    return 0


async def _called(proxy: type[Proxy], given: dict[str, Any]) -> object:
    async with Communicator(locator=given["--locator"]) as communicator:
        call = given["--call"]
        return await call(communicator.proxy(proxy, given["--object"]), given)
