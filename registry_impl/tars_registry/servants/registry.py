"""``tars.tarsregistry.Registry``: servers register themselves, beat, and leave."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tars_runtime import rpc
from tars_runtime.interfaces.tars import (
    GetMetricsAdaptersReq,
    RegisterMetricsReq,
    keepAliveReq,
    onPrestopReq,
    onStartupReq,
    tarsregistryGetMetricsAdaptersReply,
    tarsregistryServant,
)

from tars_registry.core.memory import Memory
from tars_registry.core.registrar import Registrar
from tars_registry.refusals import AnsweringBadValues
from tars_registry.servants.calling import calling
from tars_registry.servants.metrics import metrics_targets
from tars_registry.table.requests import Registration

__all__ = ["Registry"]

HEARD: Final = rpc.Ready(None, b"")
"""The answer of every heartbeat that changed nothing."""


class Registry(tarsregistryServant):
    """Self-registration."""

    def __init__(self, registrar: Registrar, memory: Memory) -> None:
        self._registrar = registrar
        self._memory = memory

    async def onStartup(self, req: onStartupReq) -> Any:
        """Register a server, its adapters and its node; answered when that is committed."""
        with AnsweringBadValues():
            request = Registration.of(req)
        context, committed = self._registrar.register(request, calling())
        _answer(context)
        return rpc.AnswerAfter(committed)

    async def onPrestop(self, req: onPrestopReq) -> None:
        """Take a server out: its adapters and its row go."""
        with AnsweringBadValues():
            await self._registrar.on_prestop(
                req.nodeName, req.application, req.server, calling()
            )

    async def keepAlive(self, req: keepAliveReq) -> Any:
        """Say that a server lives, and in which state; answered when that is written."""
        with AnsweringBadValues():
            heard = await self._registrar.hear(
                req.nodeName, req.state, req.application, req.server, calling()
            )
        _answer(heard.context)
        answer = None if heard.again is None else HEARD.lasting_while(heard.again)
        return (
            answer if heard.written is None else rpc.AnswerAfter(heard.written, answer)
        )

    async def registerMetrics(self, req: RegisterMetricsReq) -> None:
        """Register the port of a server's metrics."""
        with AnsweringBadValues():
            await self._registrar.register_metrics(
                req.nodeName, req.application, req.server, req.metricsPort, calling()
            )

    async def getMetricsAdapters(
        self, req: GetMetricsAdaptersReq
    ) -> tarsregistryGetMetricsAdaptersReply:
        """Where the metrics of registered servers can be read, in any state."""
        found = metrics_targets(self._memory.catalog.servers.values(), req.filter)
        return tarsregistryGetMetricsAdaptersReply(rsp=found)


def _answer(context: Mapping[str, str]) -> None:
    if context:
        rpc.current().reply_context.update(context)
