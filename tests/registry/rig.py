"""A registry without sockets, whose clock the test moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL
from tars_registry.core.access import Access, Caller
from tars_registry.core.keeper import TICK, Keeper
from tars_registry.core.memory import Memory
from tars_registry.core.operator import Operator
from tars_registry.core.registrar import Registrar
from tars_registry.lookup import finds
from tars_registry.model import Key
from tars_registry.storage.database import Database
from tars_registry.storage.store import Store
from tars_registry.table.leases import LeaseClock
from tars_registry.table.requests import Registration
from tars_runtime.interfaces.tars import AdapterConf, onStartupReq

__all__ = ["Rig"]

NODE = "10.0.0.1"
APPLICATION = "Demo"
SERVER = "HelloServer"
OBJECT = "Demo.HelloServer.HelloObj"


class Rig:
    """One replica."""

    def __init__(
        self, url: URL, *, access: Access | None = None, **settings: Any
    ) -> None:
        self.now = 1000.0
        self._closed = False
        self.database = Database(url)
        self.memory = Memory(LeaseClock(TICK, self.now))
        self.store = Store(self.database, committed=self.memory.committed)
        self.registrar = Registrar(
            self.memory, self.store, access or Access(), **settings
        )
        self.keeper = Keeper(self.memory, self.store, clock=lambda: self.now)
        self.operator = Operator(self.memory, self.store, self.registrar.access)

    async def load(self) -> None:
        self.memory.load(await self.store.load())

    async def close(self) -> None:
        if not self._closed:
            self._closed = True
            await self.store.close()

    # What a server does

    async def start(
        self,
        node: str = NODE,
        *,
        server: str = SERVER,
        state: str = "active",
        adapters: Sequence[tuple[str, str]] | None = None,
        context: dict[str, str] | None = None,
        address: str | None = None,
        **fields: Any,
    ) -> dict[str, str]:
        """``onStartup``, from the node's own address unless another is given."""
        if adapters is None:
            endpoint = f"tcp -h {node} -p 10000 -t 60000"
            adapters = [(f"{APPLICATION}.{server}.HelloObj", endpoint)]
        request = onStartupReq(
            nodeName=node,
            application=APPLICATION,
            server=server,
            State=state,
            adapters=[
                AdapterConf(servant=servant, endpoint=endpoint, protocol="tars")
                for servant, endpoint in adapters
            ],
            **fields,
        )
        caller = Caller(address or node, context or {})
        return await self.registrar.on_startup(Registration.of(request), caller)

    async def beat(
        self,
        node: str = NODE,
        state: str = "active",
        *,
        application: str = APPLICATION,
        server: str = SERVER,
        context: dict[str, str] | None = None,
        address: str | None = None,
    ) -> Mapping[str, str]:
        """``keepAlive``."""
        caller = Caller(address or node, context or {})
        return await self.registrar.keep_alive(node, state, application, server, caller)

    async def stop(
        self,
        node: str = NODE,
        *,
        application: str = APPLICATION,
        server: str = SERVER,
        context: dict[str, str] | None = None,
        address: str | None = None,
    ) -> None:
        """``onPrestop``."""
        caller = Caller(address or node, context or {})
        await self.registrar.on_prestop(node, application, server, caller)

    # What a client sees

    def active(self, name: str = OBJECT) -> list[str]:
        """Hosts to call."""
        found = finds.everywhere(self.memory.catalog.entries(name))
        return [each.endpoint.host for each in found.active]

    def inactive(self, name: str = OBJECT) -> list[str]:
        """Hosts to leave alone."""
        found = finds.everywhere(self.memory.catalog.entries(name))
        return [each.endpoint.host for each in found.inactive]

    # What the test does

    def pass_time(self, seconds: float) -> None:
        """Let lease time pass, tick by tick."""
        for _ in range(round(seconds / TICK)):
            self.now += TICK
            self.keeper.tick()

    async def row(self, query: str, **values: Any) -> Any:
        """One row of the database; ``None`` when there is none."""
        return await self.store.read(
            lambda one: one.execute(sa.text(query), values).first()
        )

    async def rows(self, query: str, **values: Any) -> list[tuple[Any, ...]]:
        """Rows of the database."""
        return await self.store.read(
            lambda one: [tuple(each) for each in one.execute(sa.text(query), values)]
        )

    async def edit(self, statement: str, **values: Any) -> None:
        """Change the database as somebody else would, by another connection."""
        engine = sa.create_engine(self.url)
        with engine.begin() as connection:
            connection.execute(sa.text(statement), values)
        engine.dispose()

    async def edit_directly(self, statement: str) -> None:
        """Change the database by this registry's own connection."""
        await self.store.write(lambda one: one.execute(sa.text(statement)))

    @property
    def url(self) -> URL:
        return self.database.url

    @staticmethod
    def key(node: str = NODE, server: str = SERVER) -> Key:
        return Key.of(APPLICATION, server, node)
