"""The registry's own row: it registers, beats and leaves like any server that it serves."""

from __future__ import annotations

import asyncio
import logging
import os
from typing import Final

from tars_runtime.errors import ServerError
from tars_runtime.interfaces.tars import AdapterConf, onStartupReq

from tars_registry.core.access import Caller
from tars_registry.core.registrar import Registrar
from tars_registry.table.requests import Registration

__all__ = ["APPLICATION", "CONNECTIONS", "IDLE_MS", "REGISTRY", "SERVER", "OwnRow"]

log = logging.getLogger(__name__)

APPLICATION: Final = "tars"
SERVER: Final = "tarsregistry"
REGISTRY: Final = "tars.tarsregistry.Registry"

IDLE_MS: Final = 120_000
"""``-t`` of the listener: without it idle clients and subscribers would be cut after 3 s."""

CONNECTIONS: Final = 200_000
BEAT_SECONDS: Final = 10.0


class OwnRow:
    """Keeps ``tars.tarsregistry`` registered under this node."""

    def __init__(self, registrar: Registrar, node: str, version: str) -> None:
        self.port = 0
        """Where it is served; known once the sockets are open."""
        self._registrar = registrar
        self._node = node
        self._version = version

    async def register(self) -> None:
        """Be in lookups; raises `ServerError`."""
        adapter = AdapterConf(
            servant=REGISTRY,
            endpoint=f"tcp -h {self._node} -p {self.port} -t {IDLE_MS}",
            protocol="tars",
            maxConns=CONNECTIONS,
            threadNum=1,
            queueCap=10_000,
            queueTimeout=60_000,
        )
        request = onStartupReq(
            nodeName=self._node,
            application=APPLICATION,
            server=SERVER,
            State="active",
            adapters=[adapter],
            Version=self._version,
        )
        registration = Registration.of(request)
        await self._registrar.on_startup(registration, self._caller)

    async def run(self) -> None:
        """Beat until cancelled, and register again when the row is gone."""
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            try:
                answer = await self._registrar.keep_alive(
                    self._node, "active", APPLICATION, SERVER, self._caller
                )
                if answer.get("registered") == "0":
                    await self.register()
            except ServerError as error:
                log.warning("the registry's own row: %s", error.text)

    async def leave(self) -> None:
        """Be in lookups no more; raises `ServerError`."""
        await self._registrar.on_prestop(self._node, APPLICATION, SERVER, self._caller)

    @property
    def _caller(self) -> Caller:
        return Caller(self._node, {"instance": f".{os.getpid()}"}, own=True)
