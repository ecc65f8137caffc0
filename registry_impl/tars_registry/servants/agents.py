"""``tars.tarsregistry.RegistryObj``: what node agents ask, as far as it is about servers.

Nodes are not registered here: a server's own registration makes its node. An agent that means to
be one is told so with a code that is no success.
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Mapping
from typing import Final

from tars_runtime.interfaces.framework.tars import (
    AdapterDescriptor,
    RegistryGetClientIpReply,
    RegistryServant,
    ServerDescriptor,
    ServerState,
    ServerStateInfo,
    tarsErrCode,
)

from tars_registry.core.memory import Memory
from tars_registry.core.registrar import Registrar
from tars_registry.model import ACTIVE, DEACTIVATING, DESTROYED, INACTIVE, Server, fold
from tars_registry.refusals import AnsweringBadValues, bad_request
from tars_registry.servants.calling import calling
from tars_registry.servants.elsewhere import Elsewhere, completed
from tars_registry.table.requests import checked_key

__all__ = ["ELSEWHERE", "Agents"]

SUCCESS: Final = tarsErrCode.EM_TARS_SUCCESS

STATES: Final[Mapping[int, str]] = {
    ServerState.Inactive: INACTIVE,
    ServerState.Activating: "activating",
    ServerState.Active: ACTIVE,
    ServerState.Deactivating: DEACTIVATING,
    ServerState.Destroying: DEACTIVATING,
    ServerState.Destroyed: DESTROYED,
}
"""The words of the tables; they have none for a server that is being destroyed."""


class _Agents(RegistryServant, ABC):
    """The servers of a node, their states, and the end of a node."""

    def __init__(self, registrar: Registrar, memory: Memory) -> None:
        self._registrar = registrar
        self._memory = memory

    async def getServers(
        self, app: str, serverName: str, nodeName: str
    ) -> list[ServerDescriptor]:
        """The servers of a node; an empty application or name stands for any."""
        keys = [
            key
            for key in self._memory.catalog.of_node(fold(nodeName))
            if fold(app) in ("", key.application)
            and fold(serverName) in ("", key.server)
        ]
        servers = [self._memory.catalog.servers[key] for key in keys]
        return [
            self._described(each) for each in sorted(servers, key=lambda one: one.id)
        ]

    async def updateServer(
        self, app: str, serverName: str, nodeName: str, state: ServerStateInfo
    ) -> int:
        """The state of one server: a heartbeat of it, with the same rights."""
        word = STATES.get(state.serverState)
        if word is None:
            raise bad_request(
                f"expected a state from 0 to 5, got {state.serverState} - at serverState"
            )
        with AnsweringBadValues():
            checked_key(app, serverName, nodeName)
        await self._registrar.keep_alive(nodeName, word, app, serverName, calling())
        return SUCCESS

    async def updateServerBatch(self, vState: list[ServerStateInfo]) -> int:
        """The states of many servers."""
        for each in vState:
            await self.updateServer(
                each.application, each.serverName, each.nodeName, each
            )
        return SUCCESS

    async def destroyNode(self, nodeName: str) -> int:
        """A node ends: its servers go out of service, as after ``onPrestop`` without names."""
        await self._registrar.on_prestop(nodeName, "", "", calling())
        return SUCCESS

    async def getClientIp(self) -> RegistryGetClientIpReply:
        """The caller's address."""
        return RegistryGetClientIpReply(ret=SUCCESS, sClientIp=calling().address)

    def _described(self, server: Server) -> ServerDescriptor:
        return ServerDescriptor(
            application=server.application,
            serverName=server.server_name,
            nodeName=server.node_name,
            settingState=server.setting_state,
            presentState=server.present_state,
            patchVersion=server.patch_version,
            serverType=server.server_type,
            setId=server.set_id,
            adapters={
                each.adapter_name: AdapterDescriptor(
                    adapterName=each.adapter_name,
                    threadNum=str(each.thread_num),
                    endpoint=each.endpoint,
                    maxConnections=each.max_connections,
                    servant=each.servant,
                    queuecap=each.queuecap,
                    queuetimeout=each.queuetimeout,
                    protocol=each.protocol,
                )
                for each in self._memory.catalog.adapters[server.key]
            },
        )


ELSEWHERE: Final = (
    Elsewhere(
        tarsErrCode.EM_TARS_CAN_NOT_EXECUTE,
        "servers register themselves, and their nodes with them",
        (
            "reportNode",
            "registerNode",
            "keepAlive",
            "reportVersion",
            "getNodeTemplate",
            "updatePatchResult",
            "getDockerRegistry",
            "dockerPull",
            "getFrameworkKey",
        ),
    ),
)

Agents = completed(
    _Agents,  # type: ignore[type-abstract]  # the table below the class completes it
    ELSEWHERE,
)
