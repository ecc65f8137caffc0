"""``tars.tarsregistry.ManageObj``: what the commands of ``tarsregistry`` ask a running registry."""

from __future__ import annotations

from tars_runtime.errors import UsageError
from tars_runtime.interfaces.tars import AdapterConf, onStartupReq

from tars_registry.core.memory import Memory
from tars_registry.core.operator import Exported, Listed, Operator, fits
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
from tars_registry.model import ACTIVE, INACTIVE, NO_FLOW, SWITCHES, Key
from tars_registry.refusals import AnsweringBadValues
from tars_registry.servants.calling import calling
from tars_registry.table.requests import Registration, checked_port

__all__ = ["Manage"]

TRANSPORTS = {0: "udp", 1: "tcp", 2: "ssl"}


class Manage(ManageServant):
    """Lists, explains, drains, cleans, restores."""

    def __init__(self, operator: Operator, memory: Memory) -> None:
        self._operator = operator
        self._memory = memory

    async def servers(self, pattern: Pattern, after: Pattern) -> list[ServerRow]:
        """A page of the servers that fit a pattern."""
        fit = fits(pattern.application, pattern.server, pattern.node)
        last = Key.of(after.application, after.server, after.node)
        return [_row(each) for each in await self._operator.page(fit, last)]

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
        self._operator.admit(calling())
        servers = self._operator.servers(
            pattern.application, pattern.server, pattern.node
        )
        names = await self._operator.set_flow(servers, opened=open, expected=expected)
        return ManageSetFlowReply(ret=len(names), names=names)

    async def clean(self, time: str, dryRun: bool) -> ManageCleanReply:
        """Remove dead nodes' servers of ours."""
        self._operator.admit(calling())
        names = await self._operator.clean(time, dry_run=dryRun)
        return ManageCleanReply(ret=len(names), names=names)

    async def restore(self, rows: list[ServerRow], dryRun: bool) -> ManageRestoreReply:
        """Register servers that were exported before, where none of that name exists."""
        self._operator.admit(calling())
        with AnsweringBadValues():
            servers = [_exported(each) for each in rows]
        names = await self._operator.restore(servers, dry_run=dryRun)
        return ManageRestoreReply(ret=len(names), names=names)


def _row(listed: Listed) -> ServerRow:
    server = listed.server
    return ServerRow(
        application=server.application,
        server=server.server_name,
        node=server.node_name,
        presentState=server.present_state,
        settingState=server.setting_state,
        flowState=INACTIVE if server.grid_flag == NO_FLOW else server.flow_state,
        setId=server.set_id,
        version=server.patch_version,
        metricsPort=server.metrics_port,
        leased=listed.is_ours,
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
            for each in listed.adapters
        ],
    )


def _exported(row: ServerRow) -> Exported:
    """A row of an export, checked like a registration; raises `UsageError`."""
    registration = Registration.of(
        onStartupReq(
            nodeName=row.node,
            application=row.application,
            server=row.server,
            setID=row.setId,
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
    return Exported(
        registration,
        setting_state=_switch(row.settingState, "settingState"),
        flow_state=_switch(row.flowState, "flowState"),
        metrics_port=checked_port(row.metricsPort),
    )


def _switch(word: str, field: str) -> str:
    """``active`` or ``inactive``, the first when nothing is said."""
    if word and word not in SWITCHES:
        raise UsageError(f"expected active or inactive, got {word!r} - at {field}")
    return word or ACTIVE


def _shown(entry: Entry) -> str:
    each = entry.endpoint
    transport = TRANSPORTS.get(each.istcp, "tcp")
    return f"{transport} -h {each.host} -p {each.port} -t {each.timeout}"
