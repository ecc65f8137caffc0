"""``tars.tarsAdminRegistry.AdminRegObj``: inventory, states and flow, for a console.

There are no node agents behind it: what needs one is answered with its code and the reason.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Final

from tars_runtime import rpc

from tars_registry.core.access import Caller
from tars_registry.core.memory import Memory
from tars_registry.core.operator import Operator
from tars_registry.core.registrar import Registrar
from tars_registry.interfaces.tars import (
    AdminRegGetAllApplicationNamesReply,
    AdminRegGetAllNodeNamesReply,
    AdminRegGetAllServerIdsReply,
    AdminRegGetClientIpReply,
    AdminRegGetGroupIdReply,
    AdminRegGetServerStateReply,
    AdminRegGetServerTreeReply,
    AdminRegGetVersionReply,
    AdminRegNotifyServerReply,
    AdminRegPingNodeReply,
    AdminRegServant,
    AdminRegUninstallServerReply,
    ServerStateDesc,
    ServerTree,
)
from tars_registry.model import ACTIVE, Key, Server, fold

__all__ = ["AdminReg"]

SUCCESS: Final = 0
UNKNOWN_SERVER: Final = 1003
WRONG_STATE: Final = 1004
NO_AGENT: Final = 1012


class AdminReg(AdminRegServant):
    """Reads from memory; changes only servers that registered with us."""

    def __init__(
        self, registrar: Registrar, operator: Operator, memory: Memory
    ) -> None:
        self._registrar = registrar
        self._operator = operator
        self._memory = memory

    async def getAllApplicationNames(self) -> AdminRegGetAllApplicationNamesReply:
        """All applications."""
        names = dict.fromkeys(each.application for each in self._all())
        return AdminRegGetAllApplicationNamesReply(ret=list(names))

    async def getAllNodeNames(self) -> AdminRegGetAllNodeNamesReply:
        """All nodes that have a server."""
        names = dict.fromkeys(each.node_name for each in self._all())
        return AdminRegGetAllNodeNamesReply(ret=list(names))

    async def pingNode(self, name: str) -> AdminRegPingNodeReply:
        """Whether a server on a node lives."""
        now = self._memory.clock.elapsed
        leases = self._memory.leases.of_node(fold(name))
        alive = any(not each.is_due(now) for each in leases)
        return AdminRegPingNodeReply(
            ret=alive, result="" if alive else f"no server on {name} was heard of"
        )

    async def getAllServerIds(self) -> AdminRegGetAllServerIdsReply:
        """All servers with their states."""
        rows = [
            [
                f"{each.application}.{each.server_name}_{each.node_name}",
                each.setting_state,
                each.present_state,
                each.server_type,
            ]
            for each in self._all()
        ]
        return AdminRegGetAllServerIdsReply(ret=rows)

    async def getServerState(
        self, application: str, serverName: str, nodeName: str
    ) -> AdminRegGetServerStateReply:
        """The states of a server."""
        found = self._memory.catalog.servers.get(
            Key.of(application, serverName, nodeName)
        )
        if found is None:
            text = f"'{application}.{serverName}_{nodeName}' no config"
            return AdminRegGetServerStateReply(ret=UNKNOWN_SERVER, result=text)
        state = ServerStateDesc(
            settingStateInReg=found.setting_state,
            presentStateInReg=found.present_state,
            presentStateInNode=found.present_state,
            patchVersion=found.patch_version,
        )
        return AdminRegGetServerStateReply(ret=SUCCESS, state=state)

    async def getGroupId(self, ip: str) -> AdminRegGetGroupIdReply:
        """The group of an address, as the result and as the ``out`` parameter."""
        group = self._memory.catalog.groups.of_address(ip)
        return AdminRegGetGroupIdReply(ret=group, groupId=group)

    async def notifyServer(
        self, application: str, serverName: str, nodeName: str, command: str
    ) -> AdminRegNotifyServerReply:
        """Servers listen to commands on loopback only, and there is no agent beside them."""
        del command
        text = (
            f"{application}.{serverName}_{nodeName}: no node agent; "
            "send the command in the pod: tarscli notify"
        )
        return AdminRegNotifyServerReply(ret=NO_AGENT, result=text)

    async def getClientIp(self) -> AdminRegGetClientIpReply:
        """The caller's address."""
        return AdminRegGetClientIpReply(ret=SUCCESS, sClientIp=rpc.current().peer[0])

    async def getVersion(self) -> AdminRegGetVersionReply:
        """The version of this registry."""
        try:
            found = version("tars2py")
        except PackageNotFoundError:
            found = ""
        return AdminRegGetVersionReply(ret=SUCCESS, version=found)

    async def updateServerFlowState(
        self, application: str, serverName: str, nodeList: list[str], bActive: bool
    ) -> int:
        """Open or close the flow to servers of ours; 1003 when one of them is not."""
        self._administer()
        keys = [Key.of(application, serverName, node) for node in nodeList]
        servers = [
            self._memory.catalog.servers[key]
            for key in keys
            if self._operator.is_ours(key)
        ]
        if len(servers) < len(keys):
            return UNKNOWN_SERVER
        await self._operator.set_flow(servers, opened=bActive, expected=len(keys))
        return SUCCESS

    async def uninstallServer(
        self, application: str, serverName: str, nodeName: str
    ) -> AdminRegUninstallServerReply:
        """Remove a server of ours; one that is active is drained first, by whoever runs it."""
        self._administer()
        key = Key.of(application, serverName, nodeName)
        found = self._memory.catalog.servers.get(key)
        if found is None or not self._operator.is_ours(key):
            text = f"{key} is unknown, or did not register itself"
            return AdminRegUninstallServerReply(ret=UNKNOWN_SERVER, result=text)
        if found.present_state == ACTIVE:
            return AdminRegUninstallServerReply(
                ret=WRONG_STATE, result=f"{key} is active"
            )
        await self._operator.remove(key)
        return AdminRegUninstallServerReply(ret=SUCCESS)

    async def getServerTree(self) -> AdminRegGetServerTreeReply:
        """All servers, for a tree."""
        tree = [
            ServerTree(
                application=each.application,
                server_name=each.server_name,
                enable_set=each.enable_set,
                set_name=each.set_name,
                set_area=each.set_area,
                set_group=each.set_group,
            )
            for each in self._all()
        ]
        return AdminRegGetServerTreeReply(ret=SUCCESS, tree=tree)

    def _all(self) -> list[Server]:
        return sorted(self._memory.catalog.servers.values(), key=lambda each: each.id)

    def _administer(self) -> None:
        current = rpc.current()
        self._registrar.access.administration(Caller(current.peer[0], current.context))
