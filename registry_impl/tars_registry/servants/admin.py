"""``tars.tarsAdminRegistry.AdminRegObj``: what a console asks about servers, and does to them.

It does what needs no node agent: questions, the flow of requests, removal. The rest is a table of
reasons.
"""

from __future__ import annotations

from abc import ABC
from typing import Final

from tars_runtime.interfaces.framework.tars import (
    AdminRegUndeployReply,
    AdminRegUninstallServerReply,
    tarsErrCode,
)

from tars_registry.core.memory import Memory
from tars_registry.core.operator import Operator
from tars_registry.model import ACTIVE, Key
from tars_registry.servants.calling import calling
from tars_registry.servants.elsewhere import Elsewhere, completed
from tars_registry.servants.inventory import SUCCESS, UNKNOWN, Inventory

__all__ = ["ELSEWHERE", "AdminReg"]

WRONG_STATE: Final = tarsErrCode.EM_TARS_SERVICE_STATE_ERR
IMPOSSIBLE: Final = tarsErrCode.EM_TARS_CAN_NOT_EXECUTE
NO_AGENT: Final = tarsErrCode.EM_TARS_NODE_NO_CONNECTION


class _AdminReg(Inventory, ABC):
    """The inventory, and changes of servers that registered with us."""

    def __init__(self, operator: Operator, memory: Memory) -> None:
        super().__init__(memory)
        self._operator = operator

    async def updateServerFlowState(
        self, application: str, serverName: str, nodeList: list[str], bActive: bool
    ) -> int:
        """Open or close the flow to servers of ours; 1003 when one of them is not."""
        self._operator.admit(calling())
        keys = [Key.of(application, serverName, node) for node in nodeList]
        if not all(self._operator.is_ours(key) for key in keys):
            return UNKNOWN
        servers = [self._memory.catalog.servers[key] for key in keys]
        await self._operator.set_flow(servers, opened=bActive, expected=len(keys))
        return SUCCESS

    async def uninstallServer(
        self, application: str, serverName: str, nodeName: str
    ) -> AdminRegUninstallServerReply:
        """Remove a server of ours; one that is active is drained first, by whoever runs it."""
        code, text = await self._remove(Key.of(application, serverName, nodeName))
        return AdminRegUninstallServerReply(ret=code, result=text)

    async def undeploy(
        self, application: str, serverName: str, nodeName: str, user: str
    ) -> AdminRegUndeployReply:
        """The same, under its other name."""
        del user
        code, text = await self._remove(Key.of(application, serverName, nodeName))
        return AdminRegUndeployReply(ret=code, log=text)

    async def _remove(self, key: Key) -> tuple[int, str]:
        self._operator.admit(calling())
        found = self._memory.catalog.servers.get(key)
        if found is None or not await self._operator.was_ours(key):
            return UNKNOWN, f"{key} is unknown, or did not register itself"
        if found.present_state == ACTIVE:
            return WRONG_STATE, f"{key} is active"
        await self._operator.remove(key)
        return SUCCESS, ""


ELSEWHERE: Final = (
    Elsewhere(
        NO_AGENT,
        "there is no node agent: a server runs in a pod, which Kubernetes starts, stops and shows",
        (
            "reportNode",
            "deleteNode",
            "reportResult",
            "getNodeVesion",
            "getNodeList",
            "shutdownNode",
            "startServer",
            "stopServer",
            "restartServer",
            "destroyServer",
            "getLogFileList",
            "getLogData",
            "getNodeLoad",
        ),
    ),
    Elsewhere(
        NO_AGENT,
        "there is no node agent, and a server takes commands from its own machine alone: "
        "send it in the pod, with 'tarscli notify'",
        ("notifyServer", "loadServer", "delCache"),
    ),
    Elsewhere(
        IMPOSSIBLE,
        "there are no packages: a server comes as an image; roll out another one",
        (
            "addTaskReq",
            "getTaskRsp",
            "getTaskHistory",
            "setTaskItemInfo",
            "batchPatch",
            "updatePatchLog",
            "getPatchPercent",
            "deletePatchFile",
            "getPatchPackage",
        ),
    ),
    Elsewhere(
        IMPOSSIBLE,
        "there are no templates: a server's configuration is made in its pod",
        ("getProfileTemplate", "getServerProfileTemplate"),
    ),
    Elsewhere(
        IMPOSSIBLE,
        "servers register themselves: no rows are written for them",
        (
            "insertServerConf",
            "insertAdapterConf",
            "insertConfigFile",
            "getConfigFileId",
            "insertHistoryConfigFile",
        ),
    ),
    Elsewhere(
        IMPOSSIBLE,
        "images, plug-ins and users are not the registry's",
        (
            "forceDockerLogin",
            "checkDockerRegistry",
            "dockerPull",
            "registerPlugin",
            "hasDevAuth",
            "hasOpeAuth",
            "hasAdminAuth",
            "checkTicket",
        ),
    ),
)

AdminReg = completed(
    _AdminReg,  # type: ignore[type-abstract]  # the table below the class completes it
    ELSEWHERE,
)
