"""The registry put together: database, memory, servants, and what runs by itself."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import time
from contextlib import suppress

from tars_runtime.application import Application
from tars_runtime.config import ServerConfig
from tars_runtime.errors import ConfigError, ServerError
from tars_runtime.interfaces.tars import AdapterConf, onStartupReq

from tars_registry.app.lock import FileLock
from tars_registry.app.settings import Settings
from tars_registry.core.access import Caller
from tars_registry.core.keeper import TICK, Keeper
from tars_registry.core.memory import Memory
from tars_registry.core.registrar import Registrar
from tars_registry.lookup.answers import Answers
from tars_registry.refusals import Unavailable
from tars_registry.servants.locks import Locks
from tars_registry.servants.push import Subscriptions
from tars_registry.servants.query import Query
from tars_registry.servants.registry import Registry
from tars_registry.storage.database import Database
from tars_registry.storage.location import locate
from tars_registry.storage.store import Store
from tars_registry.table.leases import LeaseClock
from tars_registry.table.requests import Registration

__all__ = ["QUERY", "REGISTRY", "Service"]

log = logging.getLogger(__name__)

APPLICATION = "tars"
SERVER = "tarsregistry"
REGISTRY = "tars.tarsregistry.Registry"
QUERY = "tars.tarsregistry.QueryObj"

IDLE_MS = 120_000
"""``-t`` of the listener: without it idle clients and subscribers were cut after 3 s."""

CONNECTIONS = 200_000
OWN_BEAT_SECONDS = 10.0
LEAVE_SECONDS = 1.0


class Service:
    """One registry process."""

    def __init__(self, settings: Settings) -> None:
        """Open the database; raises `ConfigError` when something cannot be used as it is."""
        self.settings = settings
        url = locate(settings.text("db"), settings.database_path, settings.environment)
        sqlite = url.get_backend_name() == "sqlite"
        self._lock = FileLock(str(url.database)) if sqlite else None
        self.memory = Memory(LeaseClock(TICK, time.monotonic()))
        self.database = Database(url)
        self.database.prepare()
        self.store = Store(self.database, committed=self.memory.committed)
        self.keeper = Keeper(
            self.memory, self.store, keep_seconds=settings.number("keep", 60, 2**31 - 1)
        )
        acks = settings.choice("ack", ("commit", "memory"))
        self.registrar = Registrar(
            self.memory, self.store, settings.access(), memory_acks=acks == "memory"
        )
        self.answers = Answers(self.memory.catalog)
        self.subscriptions = Subscriptions()
        self.memory.listeners += [self.answers.forget, self.subscriptions.changed]
        self.query = Query(
            self.memory.catalog, self.answers, self.subscriptions, Locks(self.store)
        )
        self.application = self._make_application()
        self._tasks: list[asyncio.Task[None]] = []
        self._secret = ""

    async def load(self) -> None:
        """Read the database into memory; raises `ConfigError` when it cannot be read."""
        try:
            everything = await self.store.load()
        except Unavailable as error:
            raise ConfigError(f"{self.database.name}: {error.text}") from None
        self.memory.load(everything)
        gc.collect()
        gc.freeze()

    async def begin(self) -> None:
        """Register this registry itself, and start what runs by itself; the sockets are open."""
        self._tasks = [
            asyncio.create_task(self.keeper.run(), name="registry-keeper"),
            asyncio.create_task(self._stay_registered(), name="registry-self"),
        ]
        with suppress(ServerError):
            await self._register_self()

    async def leave(self) -> None:
        """Leave lookups before the sockets close, so that nobody is sent here any more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with suppress(ServerError, TimeoutError):
            async with asyncio.timeout(LEAVE_SECONDS):
                await self.registrar.on_prestop(
                    self.settings.node, APPLICATION, SERVER, self._self_caller
                )
        self.subscriptions.close()

    async def close(self) -> None:
        """Write what waits and let go of the database."""
        await self.store.close()
        if self._lock is not None:
            self._lock.release()

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
        port = settings.number("port", 0, 65535)
        application.add_adapter(
            f"{QUERY}Adapter",
            f"tcp -h {settings.host} -p {port} -t {IDLE_MS}",
            max_connections=CONNECTIONS,
            queue_capacity=CONNECTIONS,
            concurrency=CONNECTIONS,
        )
        registry = Registry(self.registrar, self.memory)
        application.add_servant(QUERY, self.query, adapter=f"{QUERY}Adapter")
        application.add_servant(REGISTRY, registry, adapter=f"{QUERY}Adapter")
        return application

    @property
    def _self_caller(self) -> Caller:
        context = {"instance": f":{os.getpid()}", "secret": self._secret}
        return Caller(self.settings.node, context)

    async def _register_self(self) -> None:
        node = self.settings.node
        endpoint = f"tcp -h {node} -p {self.port} -t {IDLE_MS}"
        adapter = AdapterConf(
            servant=REGISTRY,
            endpoint=endpoint,
            protocol="tars",
            maxConns=CONNECTIONS,
            threadNum=1,
            queueCap=10_000,
            queueTimeout=60_000,
        )
        request = onStartupReq(
            nodeName=node,
            application=APPLICATION,
            server=SERVER,
            State="active",
            adapters=[adapter],
            Version=self.settings.environment.get("SERVER_VERSION", ""),
        )
        answer = await self.registrar.on_startup(
            Registration.of(request), self._own_right
        )
        self._secret = answer["secret"]

    @property
    def _own_right(self) -> Caller:
        """The registry needs no one's leave to register itself."""
        token = self.registrar.access.token
        context = dict(self._self_caller.context) | {"token": token}
        return Caller(self.settings.node, context)

    async def _stay_registered(self) -> None:
        """Beat like any server, and register again when the row is gone."""
        while True:
            await asyncio.sleep(OWN_BEAT_SECONDS)
            try:
                answer = await self.registrar.keep_alive(
                    self.settings.node, "active", APPLICATION, SERVER, self._self_caller
                )
                if answer.get("registered") == "0":
                    await self._register_self()
            except ServerError as error:
                log.warning("the registry's own row: %s", error.text)
            self.subscriptions.forget_closed()
