"""The admin object of an application: where it listens, and the commands it has from the start."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

from tars_runtime.admin.commands import Command
from tars_runtime.admin.servant import Admin
from tars_runtime.application.adapter import Adapter, endpoint_of
from tars_runtime.application.dispatch import Dispatcher
from tars_runtime.application.operations import add_operations
from tars_runtime.application.routes import routes_of
from tars_runtime.application.state import State
from tars_runtime.application.status import drain_status, view_connections, view_status
from tars_runtime.config import AdapterConfig
from tars_runtime.errors import ConfigError, UsageError
from tars_runtime.logs.days import read_switch
from tars_runtime.logs.levels import LEVELS
from tars_runtime.net.endpoint import Endpoint
from tars_runtime.report.version import framework_version

if TYPE_CHECKING:
    from tars_runtime.application.application import Application

__all__ = ["ADAPTER", "OBJECT", "adapter_of", "add_commands"]

log = logging.getLogger("tars.admin")

OBJECT: Final = "AdminObj"
ADAPTER: Final = "AdminAdapter"


def adapter_of(
    app: Application,
    run: Callable[[str], Awaitable[str]],
    stop: Callable[[str], None],
    pid: int | None = None,
) -> Adapter | None:
    """The admin object's adapter, when the configuration names an endpoint for it.

    ``run`` is given its command lines, ``stop`` the wish to stop; ``pid`` stands for the server.
    Raises `ConfigError` for one off loopback: whoever reaches it can stop the server.
    """
    if not app.config.local:
        return None
    endpoint = endpoint_of(app.config.local, "127.0.0.1")
    if not app.config.admin_off_loopback and not _is_loopback(endpoint):
        raise ConfigError(
            f"expected the admin endpoint on loopback, got {endpoint}: write "
            "local=tcp -h 127.0.0.1 -p PORT, or admin-off-loopback=y if you mean it"
        )
    config = AdapterConfig(name=ADAPTER, endpoint=str(endpoint), servant=OBJECT)
    servant = Admin(run, stop, pid)
    dispatcher = Dispatcher(asyncio.get_running_loop(), config, fatal=app.fatal)
    dispatcher.add(OBJECT, routes_of(OBJECT, servant))
    return Adapter(config, app.config, dispatcher)


def _is_loopback(endpoint: Endpoint) -> bool:
    if endpoint.host == "localhost":
        return True
    try:
        return ipaddress.ip_address(endpoint.host).is_loopback
    except ValueError:
        return False


def add_commands(app: Application) -> None:
    """The commands that every server has."""

    def set_log_level(words: list[str]) -> str:
        level = _only(words, f"one of {', '.join(LEVELS)}")
        app.logs.set_level(level)
        return f"set log level [{level.upper()}] ok"

    def enable_day_log(words: list[str]) -> str:
        switch = read_switch(_only(words, "{remote|local}|[name]|{true|false}"))
        app.logs.days.switch(switch)
        state = "on" if switch.on else "off"
        return f"{switch.side} daily log {switch.name!r} is {state}"

    async def load_config(words: list[str]) -> str:
        return await app.remote_config.reload(_only(words, "one file's name"))

    def pre_stop(_: list[str]) -> str:
        app.healthy = False
        app.leaving_since = asyncio.get_running_loop().time()
        return "heartbeats stopped: the server goes on until it is told to stop"

    def preheat_check(_: list[str]) -> str:
        ready = app.state is State.ACTIVE and app.healthy
        return "success" if ready else "not ready"

    add = app.commands.add
    add("tars.setloglevel", set_log_level, f"set the log level: {', '.join(LEVELS)}")
    add(
        "tars.enabledaylog",
        enable_day_log,
        "{remote|local}|[name]|{true|false}: turn a daily log on or off",
    )
    add("tars.viewstatus", lambda _: view_status(app), "show settings and counters")
    add(
        "tars.viewversion",
        lambda _: f"tars2py {framework_version()}",
        "show the framework's version",
    )
    add("tars.connection", lambda _: view_connections(app), "show who is connected")
    add(
        "tars.drainstatus",
        lambda _: json.dumps(drain_status(app)),
        "show as JSON whether anything is in flight",
    )
    add("tars.loadconfig", load_config, "FILE: load a file of the config service")
    add("preheatCheck", preheat_check, "say success once the server serves")
    add("prestop", pre_stop, "stop heartbeats before the server is stopped")
    for name, why in _NOT_HERE.items():
        add(name, _says(why), why)
    add_operations(app)


def _says(text: str) -> Command:
    return lambda _: text


_NOT_HERE: Final = {
    "tars.closecout": "standard output is the supervisor's matter",
    "tars.closecore": "core limits are the supervisor's matter (ulimit -c)",
    "tars.gracerestart": "a restart is the supervisor's matter: it stops this server in order",
    "tars.pprof": "no profiler is opened to the network: use py-spy on this machine",
    "tars.bid": "Python servers have no build id; see tars.viewversion",
}


def _only(words: list[str], expected: str) -> str:
    if len(words) != 1:
        raise UsageError(f"expected {expected}, got {len(words)} words")
    return words[0]
