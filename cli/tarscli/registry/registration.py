"""``tars.tarsregistry.Registry`` as a command line: each method is a subcommand, each field a flag.

Began as what ``tars2py --cli`` writes for ``tarsregistry.tars``. By hand: the program around it
is `tarscli.registry.command`, which also knows this pod's server, and calls carry tarscli's
context.
"""

from __future__ import annotations

from typing import Any

from tars_runtime.commandline import flags
from tars_runtime.interfaces.tars import (
    AdapterConf,
    GetMetricsAdaptersReq,
    RegisterMetricsReq,
    keepAliveReq,
    onPrestopReq,
    onStartupReq,
    tarsregistryProxy,
)

__all__ = ["add_methods"]


def add_methods(methods: Any) -> None:
    """Add the subcommands to the parser's ``methods``."""
    add_onStartup(methods)
    add_onPrestop(methods)
    add_keepAlive(methods)
    add_registerMetrics(methods)
    add_getMetricsAdapters(methods)


def add_onStartup(methods: Any) -> None:
    command = methods.add_parser(
        "onStartup",
        help="Register a server, its adapters and its node.",
        allow_abbrev=False,
    )
    command.set_defaults(**{"--call": call_onStartup, "--proxy": tarsregistryProxy})
    command.add_argument("--req", type=flags.json_of(onStartupReq), metavar="JSON")
    command.add_argument(
        "--req.nodeName", metavar="TEXT", help="Its node: the address of the pod."
    )
    command.add_argument("--req.application", metavar="TEXT", help="Its application.")
    command.add_argument("--req.server", metavar="TEXT", help="Its name.")
    command.add_argument(
        "--req.setID", metavar="TEXT", help="Its set, `name.area.group`, or nothing."
    )
    command.add_argument(
        "--req.adapters",
        type=flags.json_of(AdapterConf),
        action="append",
        metavar="JSON",
        help="What it serves, and where.",
    )
    command.add_argument(
        "--req.disableFlow",
        type=flags.boolean,
        metavar="BOOL",
        help="Register it without traffic.",
    )
    command.add_argument("--req.State", metavar="TEXT", help="The state that it is in.")
    command.add_argument("--req.Version", metavar="TEXT", help="Its version.")


async def call_onStartup(proxy: tarsregistryProxy, given: dict[str, Any]) -> None:
    await proxy.onStartup(
        flags.struct(onStartupReq, "req", given),
        timeout=given["--timeout"],
        context=given["--context"],
    )


def add_onPrestop(methods: Any) -> None:
    command = methods.add_parser(
        "onPrestop",
        help="Take a server out: its adapters and its row go.",
        allow_abbrev=False,
    )
    command.set_defaults(**{"--call": call_onPrestop, "--proxy": tarsregistryProxy})
    command.add_argument("--req", type=flags.json_of(onPrestopReq), metavar="JSON")
    command.add_argument("--req.nodeName", metavar="TEXT", help="Its node.")
    command.add_argument(
        "--req.application",
        metavar="TEXT",
        help="Its application; empty means all of the node.",
    )
    command.add_argument(
        "--req.server", metavar="TEXT", help="Its name; empty means all of the node."
    )


async def call_onPrestop(proxy: tarsregistryProxy, given: dict[str, Any]) -> None:
    await proxy.onPrestop(
        flags.struct(onPrestopReq, "req", given),
        timeout=given["--timeout"],
        context=given["--context"],
    )


def add_keepAlive(methods: Any) -> None:
    command = methods.add_parser(
        "keepAlive",
        help="Say that a server lives, and in which state.",
        allow_abbrev=False,
    )
    command.set_defaults(**{"--call": call_keepAlive, "--proxy": tarsregistryProxy})
    command.add_argument("--req", type=flags.json_of(keepAliveReq), metavar="JSON")
    command.add_argument("--req.nodeName", metavar="TEXT", help="Its node.")
    command.add_argument("--req.state", metavar="TEXT", help="The state that it is in.")
    command.add_argument(
        "--req.application",
        metavar="TEXT",
        help="Its application; empty means the node only.",
    )
    command.add_argument(
        "--req.server", metavar="TEXT", help="Its name; empty means the node only."
    )


async def call_keepAlive(proxy: tarsregistryProxy, given: dict[str, Any]) -> None:
    await proxy.keepAlive(
        flags.struct(keepAliveReq, "req", given),
        timeout=given["--timeout"],
        context=given["--context"],
    )


def add_registerMetrics(methods: Any) -> None:
    command = methods.add_parser(
        "registerMetrics",
        help="Register the port of a server's metrics.",
        allow_abbrev=False,
    )
    command.set_defaults(
        **{"--call": call_registerMetrics, "--proxy": tarsregistryProxy}
    )
    command.add_argument(
        "--req", type=flags.json_of(RegisterMetricsReq), metavar="JSON"
    )
    command.add_argument("--req.nodeName", metavar="TEXT", help="Its node.")
    command.add_argument("--req.application", metavar="TEXT", help="Its application.")
    command.add_argument("--req.server", metavar="TEXT", help="Its name.")
    command.add_argument(
        "--req.metricsPort",
        type=int,
        metavar="INT",
        help="The HTTP port of `/metrics`.",
    )


async def call_registerMetrics(proxy: tarsregistryProxy, given: dict[str, Any]) -> None:
    await proxy.registerMetrics(
        flags.struct(RegisterMetricsReq, "req", given),
        timeout=given["--timeout"],
        context=given["--context"],
    )


def add_getMetricsAdapters(methods: Any) -> None:
    command = methods.add_parser(
        "getMetricsAdapters",
        help="Where the metrics of registered servers can be read.",
        allow_abbrev=False,
    )
    command.set_defaults(
        **{"--call": call_getMetricsAdapters, "--proxy": tarsregistryProxy}
    )
    command.add_argument(
        "--req", type=flags.json_of(GetMetricsAdaptersReq), metavar="JSON"
    )
    command.add_argument(
        "--req.filter",
        type=flags.pair(str, str),
        action=flags.Pairs,
        metavar="KEY=VALUE",
        help="Reserved.",
    )


async def call_getMetricsAdapters(
    proxy: tarsregistryProxy,
    given: dict[str, Any],
) -> object:
    return await proxy.getMetricsAdapters(
        flags.struct(GetMetricsAdaptersReq, "req", given),
        timeout=given["--timeout"],
        context=given["--context"],
    )
