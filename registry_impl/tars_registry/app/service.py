"""The registry put together: database, memory, servants, and what runs by itself."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import time
from collections.abc import Iterator
from contextlib import suppress

from tars_runtime.application import Application
from tars_runtime.config import ServerConfig
from tars_runtime.errors import ConfigError, ServerError

from tars_registry.app.lock import FileLock
from tars_registry.app.own import (
    APPLICATION,
    CONNECTIONS,
    IDLE_MS,
    REGISTRY,
    SERVER,
    OwnRow,
)
from tars_registry.app.settings import HTTP_PORT
from tars_registry.app.values import Settings
from tars_registry.core.keeper import TICK, Keeper
from tars_registry.core.memory import Memory
from tars_registry.core.operator import Operator
from tars_registry.core.registrar import Registrar
from tars_registry.core.snapshots import Snapshots, origin
from tars_registry.http.exposition import Family
from tars_registry.http.metrics import families
from tars_registry.http.pages import Site
from tars_registry.http.server import HttpServer
from tars_registry.lookup.answers import Answers
from tars_registry.refusals import Unavailable
from tars_registry.servants.admin import AdminReg
from tars_registry.servants.agents import Agents
from tars_registry.servants.locks import Locks
from tars_registry.servants.manage import Manage
from tars_registry.servants.push import Subscriptions
from tars_registry.servants.query import Query
from tars_registry.servants.registry import Registry
from tars_registry.storage.database import Database
from tars_registry.storage.location import locate
from tars_registry.storage.store import Store
from tars_registry.table.leases import LeaseClock

__all__ = ["QUERY", "REGISTRY", "Service"]

log = logging.getLogger(__name__)

ADAPTER = "tars.tarsregistry.QueryObjAdapter"
QUERY = "tars.tarsregistry.QueryObj"
MANAGE = "tars.tarsregistry.ManageObj"
AGENTS = "tars.tarsregistry.RegistryObj"
ADMIN = "tars.tarsAdminRegistry.AdminRegObj"

TIDY_SECONDS = 10.0
LEAVE_SECONDS = 1.0
LINGER_SECONDS = 0.2
"""How long heartbeats gather that were answered from memory."""


class Service:
    """One registry process."""

    def __init__(self, settings: Settings) -> None:
        """Open the database; raises `ConfigError` when something cannot be used as it is."""
        self.settings = settings
        settings.check()
        url = locate(settings.text("db"), settings.database_path, settings.environment)
        sqlite = url.get_backend_name() == "sqlite"
        self._lock = FileLock(str(url.database)) if sqlite else None
        self.memory = Memory(LeaseClock(TICK, time.monotonic()))
        self.database = Database(url)
        self.store = Store(
            self.database,
            committed=self.memory.committed,
            linger=LINGER_SECONDS if settings.acks_from_memory else 0.0,
        )
        self.keeper = Keeper(self.memory, self.store, keep_seconds=settings.keep)
        self.registrar = Registrar(
            self.memory,
            self.store,
            settings.access(),
            memory_acks=settings.acks_from_memory,
        )
        self.answers = Answers(self.memory.catalog)
        self.subscriptions = Subscriptions()
        self.memory.listeners += [self.answers.forget, self.subscriptions.changed]
        self.query = Query(
            self.memory.catalog, self.answers, self.subscriptions, Locks(self.store)
        )
        self.operator = Operator(self.memory, self.store, self.registrar.access)
        path = None if sqlite else settings.snapshot_path
        self.snapshots = path and Snapshots(self.memory, self.store, path)
        self.application = self._make_application()
        self.http = HttpServer(Site(self.memory, self._families))
        self.http_port: int | None = None
        self.own = OwnRow(
            self.registrar,
            settings.node,
            settings.environment.get("SERVER_VERSION", ""),
        )
        self._tasks: list[asyncio.Task[None]] = []

    async def load(self) -> None:
        """Read the database into memory, or else the last snapshot of it.

        Raises `ConfigError` when there is neither, or the database cannot be used as it is.
        """
        gc.disable()  # all that is made here stays
        try:
            self.memory.load(await self.store.load())
        except Unavailable as error:
            if not (self.snapshots and self.snapshots.restore()):
                raise ConfigError(f"{self.database.name}: {error.why}") from None
            log.error("%s: %s: served %s", self.database.name, error.why, self.origin)
        finally:
            gc.enable()
        gc.freeze()

    async def begin(self) -> None:
        """Register this registry itself, and start what runs by itself; the sockets are open.

        Raises `ConfigError` when the HTTP port was asked for and is taken.
        """
        await self._listen_http()
        self.own.port = self.port
        self._tasks = [
            asyncio.create_task(self.keeper.run(), name="registry-keeper"),
            asyncio.create_task(self.own.run(), name="registry-own-row"),
            asyncio.create_task(self._tidy(), name="registry-tidy"),
        ]
        if self.snapshots:
            keeping = self.snapshots.run()
            self._tasks.append(asyncio.create_task(keeping, name="registry-snapshots"))
        with suppress(ServerError):
            await self.own.register()

    async def leave(self) -> None:
        """Leave lookups before the sockets close, so that nobody is sent here any more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with suppress(ServerError, TimeoutError):
            async with asyncio.timeout(LEAVE_SECONDS):
                await self.own.leave()
        if self.snapshots:
            await self.snapshots.save()
        self.subscriptions.close()
        await self.http.close()

    async def close(self) -> None:
        """Write what waits and let go of the database."""
        await self.store.close()
        if self._lock is not None:
            self._lock.release()

    @property
    def origin(self) -> str:
        """Where answers come from, in words."""
        return origin(self.memory.picture_taken)

    @property
    def port(self) -> int:
        """Where queries are answered."""
        return self.application.endpoint(QUERY).port

    def _make_application(self) -> Application:
        settings = self.settings
        config = ServerConfig(
            app=APPLICATION,
            server=SERVER,
            local=settings.text("local"),
            localip=settings.host,
            ignore_signals=True,
        )
        application = Application(config)
        for name, servant in (
            (QUERY, self.query),
            (REGISTRY, Registry(self.registrar, self.memory)),
            (MANAGE, Manage(self.operator, self.memory)),
            (AGENTS, Agents(self.registrar, self.memory)),
            (ADMIN, AdminReg(self.operator, self.memory)),
        ):
            application.add_servant(name, servant, adapter=ADAPTER)
        port = settings.port("port")
        limits = {
            "max_connections": CONNECTIONS,
            "queue_capacity": CONNECTIONS,
            "concurrency": CONNECTIONS,
        }
        address = f"-h {settings.host} -p {port} -t {IDLE_MS}"
        application.add_adapter(ADAPTER, f"tcp {address}", **limits)
        if settings.text("tls-port"):
            self._add_tls(application, limits)
        application.admin_command("clean")(self._clean_command)
        return application

    def _add_tls(self, application: Application, limits: dict[str, int]) -> None:
        """The same objects behind TLS, on a port of their own."""
        settings = self.settings
        port = settings.port("tls-port")
        application.add_adapter(
            f"{ADAPTER}Tls",
            f"ssl -h {settings.host} -p {port} -t {IDLE_MS}",
            servant=" ".join((QUERY, REGISTRY, MANAGE, AGENTS, ADMIN)),
            cert=settings.text("tls-cert"),
            key=settings.text("tls-key"),
            ca=settings.text("tls-ca"),
            verify_client=bool(settings.text("tls-ca")),
            **limits,
        )

    async def _clean_command(self, words: list[str]) -> str:
        """clean [n|y] [DATE [TIME]]: remove the servers of dead nodes; a dry run unless 'n'."""
        dry_run = not words or words[0] not in ("n", "N")
        names = await self.operator.clean(" ".join(words[1:]), dry_run=dry_run)
        return "\n".join([*names, "Dry run." if dry_run else "Deleted"])

    def _families(self) -> Iterator[Family]:
        return families(
            self.registrar,
            self.keeper,
            self.answers,
            self.subscriptions,
            self.query.counts,
        )

    async def _listen_http(self) -> None:
        given = self.settings.text("http-port")
        if given == "off":
            return
        port = self.settings.port("http-port") if given else HTTP_PORT
        try:
            self.http_port = await self.http.listen(self.settings.host, port)
        except OSError as error:
            text = f"HTTP port {port} on {self.settings.host}: {_why(error)}"
            if given:
                raise ConfigError(
                    f"{text}; give another with {self.settings.origin('http-port')}"
                ) from None
            log.warning("%s: served without HTTP", text)

    async def _tidy(self) -> None:
        """Forget subscribers that hung up, now and then."""
        while True:
            await asyncio.sleep(TIDY_SECONDS)
            self.subscriptions.forget_closed()


def _why(error: OSError) -> str:
    """The system's own words; asyncio puts the address into them once more."""
    return os.strerror(error.errno) if error.errno else str(error)
