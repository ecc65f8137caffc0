"""The questions of the framework's ``AdminReg`` that memory answers: which servers, and how."""

from __future__ import annotations

from abc import ABC
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from tars_runtime.interfaces.framework.tars import (
    AdminRegGetAllApplicationNamesReply,
    AdminRegGetAllNodeNamesReply,
    AdminRegGetAllServerIdsReply,
    AdminRegGetClientIpReply,
    AdminRegGetGroupIdReply,
    AdminRegGetServerNameListReply,
    AdminRegGetServersReply,
    AdminRegGetServerStateReply,
    AdminRegGetServerTreeReply,
    AdminRegGetVersionReply,
    AdminRegHasServerReply,
    AdminRegPingNodeReply,
    AdminRegServant,
    ApplicationServerName,
    FrameworkServer,
    ServerStateDesc,
    ServerTree,
    tarsErrCode,
)

from tars_registry.core.access import RESERVED
from tars_registry.core.memory import Memory
from tars_registry.model import ACTIVE, Key, Server, fold
from tars_registry.servants.calling import calling

__all__ = ["Inventory"]

SUCCESS: Final = tarsErrCode.EM_TARS_SUCCESS
UNKNOWN: Final = tarsErrCode.EM_TARS_LOAD_SERVICE_DESC_ERR


class Inventory(AdminRegServant, ABC):
    """Reads, in the order of the servers' ids, as a database gives them."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    async def getAllApplicationNames(self) -> AdminRegGetAllApplicationNamesReply:
        """All applications."""
        names = dict.fromkeys(each.application for each in self._all())
        return AdminRegGetAllApplicationNamesReply(ret=list(names))

    async def getAllNodeNames(self) -> AdminRegGetAllNodeNamesReply:
        """All nodes that have a server."""
        names = dict.fromkeys(each.node_name for each in self._all())
        return AdminRegGetAllNodeNamesReply(ret=list(names))

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

    async def getServerNameList(
        self, fullServerName: list[ApplicationServerName]
    ) -> AdminRegGetServerNameListReply:
        """The rows of some servers: columns of ``t_server_conf`` by name, as text."""
        wanted = {
            (fold(each.application), fold(each.serverName)) for each in fullServerName
        }
        rows = [
            {column: str(value) for column, value in asdict(each).items()}
            for each in self._all()
            if each.key[:2] in wanted
        ]
        return AdminRegGetServerNameListReply(ret=SUCCESS, serverList=rows)

    async def getServers(self) -> AdminRegGetServersReply:
        """The platform's own servers, an object each."""
        catalog = self._memory.catalog
        servers = [
            FrameworkServer(
                serverName=each.server_name,
                nodeName=each.node_name,
                objName=f"{adapter.servant}@{adapter.endpoint}",
            )
            for each in self._all()
            if each.application == RESERVED
            for adapter in catalog.adapters[each.key]
        ]
        return AdminRegGetServersReply(ret=SUCCESS, servers=servers)

    async def checkServer(self, server: FrameworkServer) -> int:
        """Whether one of those lives: 0, or -1. It is not called; its heartbeats tell."""
        key = Key.of(RESERVED, server.serverName, server.nodeName)
        found = self._memory.catalog.servers.get(key)
        alive = found is not None and found.present_state == ACTIVE
        return SUCCESS if alive else tarsErrCode.EM_TARS_UNKNOWN_ERR

    async def hasServer(
        self, application: str, serverName: str
    ) -> AdminRegHasServerReply:
        """Whether there is such a server on any node."""
        wanted = fold(application), fold(serverName)
        has = any(key[:2] == wanted for key in self._memory.catalog.servers)
        return AdminRegHasServerReply(ret=SUCCESS, has=has)

    async def getServerState(
        self, application: str, serverName: str, nodeName: str
    ) -> AdminRegGetServerStateReply:
        """The states of a server; 1003 when it is unknown. Its node tells what it reported."""
        key = Key.of(application, serverName, nodeName)
        found = self._memory.catalog.servers.get(key)
        if found is None:
            text = f"'{application}.{serverName}_{nodeName}' no config"
            return AdminRegGetServerStateReply(ret=UNKNOWN, result=text)
        state = ServerStateDesc(
            settingStateInReg=found.setting_state,
            presentStateInReg=found.present_state,
            presentStateInNode=found.present_state,
            patchVersion=found.patch_version,
        )
        return AdminRegGetServerStateReply(ret=SUCCESS, state=state)

    async def pingNode(self, name: str) -> AdminRegPingNodeReply:
        """Whether a node lives: whether a server on it does."""
        now = self._memory.clock.elapsed
        leases = self._memory.leases.of_node(fold(name))
        alive = any(not each.is_due(now) for each in leases)
        text = "" if alive else f"no server on {name} was heard of"
        return AdminRegPingNodeReply(ret=alive, result=text)

    async def getGroupId(self, ip: str) -> AdminRegGetGroupIdReply:
        """The group of an address, -1 for none: as the result and as the ``out`` parameter."""
        group = self._memory.catalog.groups.of_address(ip)
        return AdminRegGetGroupIdReply(ret=group, groupId=group)

    async def getClientIp(self) -> AdminRegGetClientIpReply:
        """The caller's address."""
        return AdminRegGetClientIpReply(ret=SUCCESS, sClientIp=calling().address)

    async def getVersion(self) -> AdminRegGetVersionReply:
        """The version of this registry."""
        try:
            found = version("tars2py")
        except PackageNotFoundError:
            found = ""
        return AdminRegGetVersionReply(ret=SUCCESS, version=found)

    def _all(self) -> list[Server]:
        servers = self._memory.catalog.servers.values()
        return sorted(servers, key=lambda each: each.id)
