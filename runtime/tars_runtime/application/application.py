"""The application: what a server's author configures, fills with servants and runs."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any, Self

from tars_runtime.admin.commands import Command, CommandTable
from tars_runtime.application import adminobject, lifecycle
from tars_runtime.application.adapter import Adapter
from tars_runtime.application.arguments import config_path
from tars_runtime.application.dispatch import Observer
from tars_runtime.application.dyeing import DyeSwitch
from tars_runtime.application.hooks import Hooks
from tars_runtime.application.metrics import Metrics
from tars_runtime.application.offers import Offers
from tars_runtime.application.platform import Platform
from tars_runtime.application.runner import WRONG, run
from tars_runtime.application.state import State
from tars_runtime.communicator import Communicator
from tars_runtime.config import AdapterConfig, ClientConfig, Config, ServerConfig
from tars_runtime.errors import TarsError, UsageError
from tars_runtime.logs import Logs
from tars_runtime.net.endpoint import Endpoint
from tars_runtime.platform.remoteconfig import RemoteConfig
from tars_runtime.report.property import PropertyTable
from tars_runtime.rpc import ClientInterceptor, ServerInterceptor
from tars_runtime.workers import STOP, Seat

__all__ = ["Application"]

log = logging.getLogger("tars.server")

Lifespan = Callable[["Application"], AbstractAsyncContextManager[None]]


class Application(Offers, Hooks):
    """One server process.

    ::

        app = Application.from_config("server.conf")
        app.add_servant("Demo.HelloServer.GreeterObj", Greeter())
        app.run()
    """

    def __init__(
        self,
        server: ServerConfig | None = None,
        *,
        client: ClientConfig | None = None,
        adapters: Sequence[AdapterConfig] = (),
        config: Config | None = None,
        communicator: Communicator | None = None,
        interceptors: Sequence[ServerInterceptor] = (),
        client_interceptors: Sequence[ClientInterceptor] = (),
        lifespan: Lifespan | None = None,
    ) -> None:
        Offers.__init__(self, adapters)
        Hooks.__init__(self)
        self.config = server or ServerConfig()
        self.file = config
        """The whole configuration file, for keys of your own."""
        self.interceptors = list(interceptors)
        self.client_interceptors = list(client_interceptors)
        """Those of the communicator that is made for this application."""
        self.observers: list[Observer] = []
        """Told of each answered request."""
        self.logs = Logs(self.config)
        """Rolling and daily logs; open while the application runs."""
        self.metrics = Metrics(self)
        """Counted when ``metrics_port`` is set."""
        self.commands = CommandTable()
        self.dyeing = DyeSwitch()
        """Which requests the operator wants dyed."""
        self.adapters: list[Adapter] = []
        """What listens, once the application has started."""
        self.state = State.NEW
        self.leaving_since: float | None = None
        """When the server was told that it is being taken out of the registry (``prestop``)."""
        self.lifespan = lifespan
        self._client = _client_of(self.config, client)
        self._communicator = communicator
        self._platform: Platform | None = None
        self.seat: Seat | None = None
        """What ties this process to a master, when it is one of several workers."""
        self._stop: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._started: asyncio.Event | None = None
        adminobject.add_commands(self)

    @classmethod
    def from_config(
        cls, config: Config | str | os.PathLike[str], **arguments: Any
    ) -> Self:
        """Made from the file that ``--config=`` names; raises `ConfigError`."""
        read = config if isinstance(config, Config) else Config.load(config)
        return cls(
            ServerConfig.from_config(read),
            client=ClientConfig.from_config(read),
            adapters=AdapterConfig.all_from_config(read),
            config=read,
            **arguments,
        )

    @classmethod
    def from_arguments(cls, **arguments: Any) -> Self:
        """Made from the file that ``--config=FILE`` or ``TARS_CONFIG`` names.

        For a program's own start: a file that is missing or wrong ends it with one line
        and exit code 2.
        """
        try:
            return cls.from_config(config_path(sys.argv[1:], os.environ), **arguments)
        except TarsError as error:
            sys.stderr.write(f"{sys.argv[0]}: {error}\n")
            raise SystemExit(WRONG) from None

    @property
    def name(self) -> str:
        """``App.Server``."""
        return self.config.full_name

    @property
    def properties(self) -> PropertyTable:
        """What this server measures of itself, sent when ``property`` names a service.

        ``orders = app.properties.property("orders", Sum(), Max())``; ``orders.report(3)``.
        """
        return self.communicator.reports.properties

    @property
    def communicator(self) -> Communicator:
        """The client side of this server, made when first used."""
        if self._communicator is None:
            self._communicator = Communicator(
                self._client, interceptors=self.client_interceptors
            )
        return self._communicator

    @property
    def platform(self) -> Platform:
        """Node, notices and remote configuration, made when first used."""
        if self._platform is None:
            self._platform = Platform(self)
        return self._platform

    @property
    def remote_config(self) -> RemoteConfig:
        """Files of the configuration service: ``await app.remote_config.load("app.yaml")``."""
        return self.platform.remote_config

    async def notify(self, text: str, level: str = "normal") -> None:
        """Tell the platform's people; ``level`` is normal, warn or error."""
        await self.platform.notices.notify(text, level)

    def admin_command(self, name: str, about: str = "") -> Callable[[Command], Command]:
        """A command of the admin object: ``async def clear(args: list[str]) -> str``."""

        def add(command: Command) -> Command:
            self.commands.add(name, command, about or (command.__doc__ or "").strip())
            return command

        return add

    def endpoint(self, name: str) -> Endpoint:
        """Where an adapter, or the object's adapter, really listens."""
        for adapter in self.adapters:
            if adapter.name == name or name in adapter.dispatcher.servants:
                return adapter.bound
        raise UsageError(f"expected an adapter or object that is served, got {name!r}")

    async def serve(self, *, grace: float | None = None) -> None:
        """Start, serve until `shutdown`, stop. Raises `ConfigError`, `ConnectError`.

        ``grace`` is how long the stop waits for calls in flight, in seconds; without it the
        file's.
        """
        if self.state is not State.NEW:
            raise UsageError("expected an application that has not run yet")
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        if self._started is None:
            self._started = asyncio.Event()
        with self.logs.opened(console=False):
            await lifecycle.serve(
                self, self._stop, self.config.grace_period if grace is None else grace
            )

    def set_active(self) -> None:
        """The adapters listen."""
        self.state = State.ACTIVE
        if self._started is not None:
            self._started.set()

    async def started(self) -> None:
        """Wait until the application serves; for code that runs beside `serve`."""
        if self._started is None:
            self._started = asyncio.Event()
        await self._started.wait()

    def run(self, *, grace: float | None = None) -> None:
        """`serve` on a loop of its own (uvloop when installed), ended by SIGTERM or SIGINT.

        A configuration that is wrong ends the process with one line and exit code 2.
        """
        run(self, grace)

    def shutdown(self, reason: str = "asked to stop") -> None:
        """Stop in order: from a servant, a signal handler or another thread.

        Called in one of several workers, it stops the whole server.
        """
        if self.seat is not None:
            self.seat.tell(STOP)
        self.end(reason)

    def end(self, reason: str) -> None:
        """Stop this process in order; a master would start another one."""
        if self._loop is None or self._stop is None:
            return
        log.info("%s stops: %s", self.name, reason)
        self._loop.call_soon_threadsafe(self._stop.set)

    def fatal(self, error: BaseException) -> None:
        """A servant raised `SystemExit` or `KeyboardInterrupt`.

        Of several workers, only the one that it was raised in ends, and is replaced.
        """
        self.end(f"a servant raised {type(error).__name__}")

    def may_send_away(self, now: float, refresh: float) -> bool:
        """Whether clients may be told to reconnect: not while their lists still name us.

        After ``prestop`` they learn within ``refresh`` seconds that we are gone; until then a
        new connection would come to the same, closed door.
        """
        return self.leaving_since is None or now - self.leaving_since >= refresh

    async def run_command(self, line: str) -> str:
        """Run an admin command, and tell the platform that it was given."""
        self.platform.notices.report_soon(f"AdminServant::notify:{line[:500]}")
        return await self.commands.run(line)

    async def send_last_reports(self) -> None:
        """Send the statistics that are left; nothing is sent after that."""
        if self._communicator is not None:
            await self._communicator.send_last_reports()

    async def close_communicator(self) -> None:
        """End the client side, if it was used."""
        if self._communicator is not None:
            await self._communicator.close()


def _client_of(server: ServerConfig, given: ClientConfig | None) -> ClientConfig:
    """The server's own client; without a name of its own it calls itself as the server does."""
    if given is not None:
        return replace(given, module_name=given.module_name or server.full_name)
    return ClientConfig(
        node_name=server.node_name,
        module_name=server.full_name,
        set_name=server.set_name,
    )
