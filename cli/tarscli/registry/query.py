"""``tars.tarsregistry.QueryObj`` as a command line: each method is a subcommand, each field a flag.

Began as what ``tars2py --cli`` writes for ``QueryF.tars``. By hand: the program around it is
`tarscli.registry.command`, calls carry tarscli's context, and the two methods that subscribe a
connection are left out, because this one closes after the answer.
"""

from __future__ import annotations

from typing import Any

from tars_runtime.commandline import flags
from tars_runtime.interfaces.tars import GetMasterSlaveLock, QueryFProxy

__all__ = ["add_methods"]


def add_methods(methods: Any) -> None:
    """Add the subcommands to the parser's ``methods``."""
    add_findObjectById(methods)
    add_findObjectById4Any(methods)
    add_findObjectById4All(methods)
    add_findObjectByIdInSameGroup(methods)
    add_findObjectByIdInSameStation(methods)
    add_findObjectByIdInSameSet(methods)
    add_findObjectNodeName(methods)
    add_getLocker(methods)


def add_findObjectById(methods: Any) -> None:
    command = methods.add_parser(
        "findObjectById",
        help="The active endpoints of an object, on all nodes.",
        allow_abbrev=False,
    )
    command.set_defaults(**{"--call": call_findObjectById, "--proxy": QueryFProxy})
    command.add_argument("--id", required=True, metavar="TEXT")


async def call_findObjectById(proxy: QueryFProxy, given: dict[str, Any]) -> object:
    return await proxy.findObjectById(
        given["id"], timeout=given["--timeout"], context=given["--context"]
    )


def add_findObjectById4Any(methods: Any) -> None:
    command = methods.add_parser(
        "findObjectById4Any",
        help="All endpoints of an object, on all nodes; 0 is success.",
        allow_abbrev=False,
    )
    command.set_defaults(**{"--call": call_findObjectById4Any, "--proxy": QueryFProxy})
    command.add_argument("--id", required=True, metavar="TEXT")


async def call_findObjectById4Any(proxy: QueryFProxy, given: dict[str, Any]) -> object:
    return await proxy.findObjectById4Any(
        given["id"], timeout=given["--timeout"], context=given["--context"]
    )


def add_findObjectById4All(methods: Any) -> None:
    command = methods.add_parser(
        "findObjectById4All",
        help="The endpoints that suit the caller's group; 0 is success.",
        allow_abbrev=False,
    )
    command.set_defaults(**{"--call": call_findObjectById4All, "--proxy": QueryFProxy})
    command.add_argument("--id", required=True, metavar="TEXT")


async def call_findObjectById4All(proxy: QueryFProxy, given: dict[str, Any]) -> object:
    return await proxy.findObjectById4All(
        given["id"], timeout=given["--timeout"], context=given["--context"]
    )


def add_findObjectByIdInSameGroup(methods: Any) -> None:
    command = methods.add_parser(
        "findObjectByIdInSameGroup",
        help="The endpoints that suit the caller's group; 0 is success.",
        allow_abbrev=False,
    )
    command.set_defaults(
        **{"--call": call_findObjectByIdInSameGroup, "--proxy": QueryFProxy}
    )
    command.add_argument("--id", required=True, metavar="TEXT")


async def call_findObjectByIdInSameGroup(
    proxy: QueryFProxy,
    given: dict[str, Any],
) -> object:
    return await proxy.findObjectByIdInSameGroup(
        given["id"], timeout=given["--timeout"], context=given["--context"]
    )


def add_findObjectByIdInSameStation(methods: Any) -> None:
    command = methods.add_parser(
        "findObjectByIdInSameStation",
        help="The endpoints of one station; 0 is success.",
        allow_abbrev=False,
    )
    command.set_defaults(
        **{"--call": call_findObjectByIdInSameStation, "--proxy": QueryFProxy}
    )
    command.add_argument("--id", required=True, metavar="TEXT")
    command.add_argument("--sStation", required=True, metavar="TEXT")


async def call_findObjectByIdInSameStation(
    proxy: QueryFProxy,
    given: dict[str, Any],
) -> object:
    return await proxy.findObjectByIdInSameStation(
        given["id"],
        given["sStation"],
        timeout=given["--timeout"],
        context=given["--context"],
    )


def add_findObjectByIdInSameSet(methods: Any) -> None:
    command = methods.add_parser(
        "findObjectByIdInSameSet",
        help="The endpoints of one set, `name.area.group`; 0 is success.",
        allow_abbrev=False,
    )
    command.set_defaults(
        **{"--call": call_findObjectByIdInSameSet, "--proxy": QueryFProxy}
    )
    command.add_argument("--id", required=True, metavar="TEXT")
    command.add_argument("--setId", required=True, metavar="TEXT")


async def call_findObjectByIdInSameSet(
    proxy: QueryFProxy,
    given: dict[str, Any],
) -> object:
    return await proxy.findObjectByIdInSameSet(
        given["id"],
        given["setId"],
        timeout=given["--timeout"],
        context=given["--context"],
    )


def add_findObjectNodeName(methods: Any) -> None:
    command = methods.add_parser(
        "findObjectNodeName",
        help="The nodes that serve an object; 0 is success.",
        allow_abbrev=False,
    )
    command.set_defaults(**{"--call": call_findObjectNodeName, "--proxy": QueryFProxy})
    command.add_argument("--id", required=True, metavar="TEXT")


async def call_findObjectNodeName(proxy: QueryFProxy, given: dict[str, Any]) -> object:
    return await proxy.findObjectNodeName(
        given["id"], timeout=given["--timeout"], context=given["--context"]
    )


def add_getLocker(methods: Any) -> None:
    command = methods.add_parser(
        "getLocker",
        help="Ask for the lock of a master and slave pair: "
        "0 got it, 1 another has it, 2 wrong data, -1 failed.",
        allow_abbrev=False,
    )
    command.set_defaults(**{"--call": call_getLocker, "--proxy": QueryFProxy})
    command.add_argument(
        "--req", type=flags.json_of(GetMasterSlaveLock), metavar="JSON"
    )
    command.add_argument(
        "--req.application", metavar="TEXT", help="Application of the server that asks."
    )
    command.add_argument(
        "--req.server_name", metavar="TEXT", help="The server that asks."
    )
    command.add_argument(
        "--req.node_name", metavar="TEXT", help="The node that it runs on."
    )
    command.add_argument(
        "--req.isMaster",
        type=flags.boolean,
        metavar="BOOL",
        help="It is the master now.",
    )
    command.add_argument(
        "--req.lastErr",
        type=flags.boolean,
        metavar="BOOL",
        help="Its last request failed.",
    )
    command.add_argument(
        "--req.timeout",
        type=int,
        metavar="INT",
        help="How long the lock shall hold, in milliseconds.",
    )
    command.add_argument(
        "--req.bakType",
        type=int,
        metavar="INT",
        help="0 never switch, 1 switch, 2 switch and keep both in the lists.",
    )


async def call_getLocker(proxy: QueryFProxy, given: dict[str, Any]) -> object:
    return await proxy.getLocker(
        flags.struct(GetMasterSlaveLock, "req", given),
        timeout=given["--timeout"],
        context=given["--context"],
    )
