"""``tars.tarsregistry.ManageObj``: what the commands of ``tarsregistry`` ask a running registry."""

from __future__ import annotations

from tars_runtime import rpc
from tars_runtime.errors import UsageError
from tars_runtime.interfaces.tars import AdapterConf, onStartupReq

from tars_registry.core.access import Caller
from tars_registry.core.memory import Memory
from tars_registry.core.operator import Operator
from tars_registry.core.registrar import Registrar
from tars_registry.interfaces.TarsRegistry import (
    AdapterRow,
    ManageCleanReply,
    ManageResolveReply,
    ManageRestoreReply,
    ManageServant,
    ManageSetFlowReply,
    Pattern,
    ServerRow,
)
from tars_registry.lookup.catalog import Entry
from tars_registry.lookup.resolve import Question
from tars_registry.lookup.resolve import resolve as find
from tars_registry.model import NO_FLOW, Server
from tars_registry.refusals import bad_request
from tars_registry.table.requests import Registration

__all__ = ["Manage"]

TRANSPORTS = {0: "udp", 1: "tcp", 2: "ssl"}


class Manage(ManageServant):
    """Lists, explains, drains, cleans, restores."""

    def __init__(
        self, registrar: Registrar, operator: Operator, memory: Memory
    ) -> None:
        self._registrar = registrar
        self._operator = operator
        self._memory = memory

    async def servers(self, pattern: Pattern) -> list[ServerRow]:
        """The servers that fit a pattern."""
        return [self._row(each) for each in self._fitting(pattern)]

    async def resolve(
        self, object: str, node: str, setId: str, station: str
    ) -> ManageResolveReply:
        """What a caller would get: endpoints to call, those to leave alone, and why."""
        question = Question(object=object, node=node, set_id=setId, station=station)
        found = find(self._memory.catalog, question)
        return ManageResolveReply(
            ret=found.ret,
            active=[_shown(each) for each in found.active],
            inactive=[_shown(each) for each in found.inactive],
            rule=found.rule,
        )

    async def setFlow(
        self, pattern: Pattern, open: bool, expected: int
    ) -> ManageSetFlowReply:
        """Close or open the flow to the servers of ours that fit."""
        self._administer()
        names = await self._operator.set_flow(
            self._fitting(pattern), opened=open, expected=expected
        )
        return ManageSetFlowReply(ret=len(names), names=names)

    async def clean(self, time: str, dryRun: bool) -> ManageCleanReply:
        """Remove dead nodes' servers of ours."""
        self._administer()
        names = await self._operator.clean(time, dry_run=dryRun)
        return ManageCleanReply(ret=len(names), names=names)

    async def restore(self, rows: list[ServerRow], dryRun: bool) -> ManageRestoreReply:
        """Register servers that were exported before, where none of that name exists."""
        self._administer()
        try:
            registrations = [_registration(each) for each in rows]
        except UsageError as error:
            raise bad_request(str(error)) from None
        names = await self._operator.restore(registrations, dry_run=dryRun)
        return ManageRestoreReply(ret=len(names), names=names)

    def _fitting(self, pattern: Pattern) -> list[Server]:
        return self._operator.servers(pattern.application, pattern.server, pattern.node)

    def _administer(self) -> None:
        current = rpc.current()
        caller = Caller(current.peer[0], current.context)
        self._registrar.access.administration(caller)

    def _row(self, server: Server) -> ServerRow:
        return ServerRow(
            application=server.application,
            server=server.server_name,
            node=server.node_name,
            presentState=server.present_state,
            settingState=server.setting_state,
            flowState="inactive" if server.grid_flag == NO_FLOW else server.flow_state,
            setId=server.set_id,
            version=server.patch_version,
            metricsPort=server.metrics_port,
            leased=self._operator.is_ours(server.key),
            adapters=[
                AdapterRow(
                    servant=each.servant,
                    endpoint=each.endpoint,
                    protocol=each.protocol,
                    threads=each.thread_num,
                    connections=each.max_connections,
                    queueCapacity=each.queuecap,
                    queueTimeout=each.queuetimeout,
                )
                for each in self._memory.catalog.adapters[server.key]
            ],
        )


def _registration(row: ServerRow) -> Registration:
    return Registration.of(
        onStartupReq(
            nodeName=row.node,
            application=row.application,
            server=row.server,
            setID=row.setId,
            disableFlow=row.flowState == "inactive",
            State=row.presentState,
            Version=row.version,
            adapters=[
                AdapterConf(
                    servant=each.servant,
                    endpoint=each.endpoint,
                    protocol=each.protocol,
                    threadNum=each.threads,
                    maxConns=each.connections,
                    queueCap=each.queueCapacity,
                    queueTimeout=each.queueTimeout,
                )
                for each in row.adapters
            ],
        )
    )


def _shown(entry: Entry) -> str:
    each = entry.endpoint
    transport = TRANSPORTS.get(each.istcp, "tcp")
    return f"{transport} -h {each.host} -p {each.port} -t {each.timeout}"
