"""What a console and node agents ask: ``AdminRegObj`` and ``RegistryObj`` as they are served."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from tars_registry.servants.admin import ELSEWHERE as NOT_OF_ADMIN
from tars_registry.servants.admin import AdminReg
from tars_registry.servants.agents import ELSEWHERE as NOT_OF_AGENTS
from tars_registry.servants.agents import Agents
from tars_registry.servants.elsewhere import Elsewhere
from tars_registry.servants.metrics import metrics_targets
from tars_runtime import rpc
from tars_runtime.communicator import Communicator
from tars_runtime.errors import ServerError
from tars_runtime.interfaces.framework import tars as framework
from tars_runtime.interfaces.tars import keepAliveReq, onPrestopReq

from tests.registry.program import OBJECT, Client, Process
from tests.registry.rig import Rig

NODE = "127.0.0.1"
NAMES = ("Demo", "HelloServer", NODE)


@dataclass
class Console:
    """A console beside a server that registered."""

    client: Client
    admin: framework.AdminRegProxy
    agents: framework.RegistryProxy

    async def report(self, state: str) -> None:
        await self.client.registry.keepAlive(
            keepAliveReq(
                nodeName=NODE, application="Demo", server="HelloServer", state=state
            )
        )


@pytest.fixture
async def console(shared: Process) -> AsyncIterator[Console]:
    """One server, version 7, registered and active."""
    at = f"@tcp -h 127.0.0.1 -p {shared.port} -t 60000"
    async with Communicator() as communicator:
        made = Console(
            Client(communicator, shared.port),
            communicator.proxy(
                framework.AdminRegProxy, "tars.tarsAdminRegistry.AdminRegObj" + at
            ),
            communicator.proxy(
                framework.RegistryProxy, "tars.tarsregistry.RegistryObj" + at
            ),
        )
        await made.client.start(Version="7")
        yield made
        await made.client.registry.onPrestop(
            onPrestopReq(nodeName=NODE, application="Demo", server="HelloServer")
        )


async def test_which_servers_there_are(console: Console) -> None:
    admin = console.admin
    assert (await admin.getAllApplicationNames()).ret == ["tars", "Demo"]
    assert (await admin.getAllNodeNames()).ret == [NODE]
    assert (await admin.getAllServerIds()).ret[1] == [
        "Demo.HelloServer_127.0.0.1",
        "active",
        "active",
        "tars_cpp",
    ]
    assert [each.server_name for each in (await admin.getServerTree()).tree] == [
        "tarsregistry",
        "HelloServer",
    ]
    assert (await admin.hasServer("demo", "HelloServer")).has
    assert not (await admin.hasServer("Demo", "Other")).has
    wanted = framework.ApplicationServerName(
        application="Demo", serverName="HelloServer"
    )
    (row,) = (await admin.getServerNameList([wanted])).serverList
    assert (row["node_name"], row["patch_version"]) == (NODE, "7")


async def test_how_they_are(console: Console) -> None:
    admin = console.admin
    assert (await admin.getServerState(*NAMES)).state.patchVersion == "7"
    unknown = await admin.getServerState("No", "Such", "one")
    assert (unknown.ret, unknown.result) == (1003, "'No.Such_one' no config")
    assert (await admin.pingNode(NODE)).ret is True
    assert (await admin.pingNode("127.0.0.9")).ret is False
    assert (await admin.getGroupId("10.0.0.1")).ret == -1
    assert (await admin.getClientIp()).sClientIp == NODE
    assert (await admin.getVersion()).ret == 0


async def test_the_platforms_own_servers(console: Console, shared: Process) -> None:
    (own,) = (await console.admin.getServers()).servers
    assert own.serverName == "tarsregistry"
    assert own.objName.startswith("tars.tarsregistry.Registry@tcp -h 127.0.0.1 -p ")
    assert await console.admin.checkServer(own) == 0
    own.nodeName = "127.0.0.9"
    assert await console.admin.checkServer(own) == -1


async def test_the_flow_of_a_server_is_closed_and_opened(console: Console) -> None:
    update = console.admin.updateServerFlowState
    find = console.client.query.findObjectById
    assert await update("Demo", "HelloServer", [NODE], False) == 0
    assert await find(OBJECT) == []
    assert await update("Demo", "HelloServer", ["n"], True) == 1003
    assert await update("Demo", "HelloServer", [NODE], True) == 0
    assert len(await find(OBJECT)) == 1


@pytest.mark.parametrize("state", ["deactivating", "destroyed"])
async def test_a_server_that_is_out_of_service_is_uninstalled(
    console: Console, state: str
) -> None:
    admin = console.admin
    active = await admin.uninstallServer(*NAMES)
    assert (active.ret, active.result) == (
        1004,
        "demo.helloserver on 127.0.0.1 is active",
    )
    await console.report(state)
    assert (await admin.uninstallServer(*NAMES)).ret == 0
    assert (await admin.getServerState(*NAMES)).ret == 1003
    assert (await admin.uninstallServer(*NAMES)).ret == 1003, "it is gone"


async def test_undeploy_is_the_same(console: Console) -> None:
    await console.report("deactivating")
    assert (await console.admin.undeploy(*NAMES, "somebody")).ret == 0
    gone = await console.admin.undeploy(*NAMES, "somebody")
    assert (gone.ret, "unknown" in gone.log) == (1003, True)


async def test_a_command_for_a_server_is_answered_with_where_to_give_it(
    console: Console,
) -> None:
    answer = await console.admin.notifyServer(*NAMES, "tars.viewversion")
    assert answer.ret == 1012
    assert "'tarscli notify'" in answer.result


async def test_what_needs_an_agent_or_packages_has_a_code_and_a_reason(
    console: Console,
) -> None:
    admin = console.admin
    restart = await admin.restartServer(*NAMES)
    assert (restart.ret, "no node agent" in restart.result) == (1012, True)
    template = await admin.getProfileTemplate("tars.default")
    assert (template.ret, "in its pod" in template.resultDesc) == (1011, True)
    assert await admin.deletePatchFile("Demo", "HelloServer", "x.tgz") == 1011
    assert (await admin.hasAdminAuth("me")).has is False


@pytest.mark.parametrize(
    ("servant", "elsewhere"), [(AdminReg, NOT_OF_ADMIN), (Agents, NOT_OF_AGENTS)]
)
def test_every_method_is_either_here_or_has_a_reason(
    servant: type[rpc.Servant], elsewhere: tuple[Elsewhere, ...]
) -> None:
    reasons = [name for group in elsewhere for name in group.methods]
    here = {
        name
        for each in servant.__mro__[1:]
        for name, method in vars(each).items()
        if not getattr(method, "__isabstractmethod__", False)
    }
    methods = {each.name for each in servant.__tars__}
    assert sorted(reasons) == sorted(methods - here)
    assert not getattr(servant, "__abstractmethods__", None)
    assert all(
        group.code > 0 for group in elsewhere
    ), "clients take the rest for broken"


async def test_the_servers_of_a_node(console: Console) -> None:
    own, demo = await console.agents.getServers("", "", NODE)
    assert (own.serverName, demo.serverName) == ("tarsregistry", "HelloServer")
    assert demo.adapters[OBJECT + "Adapter"].endpoint.startswith("tcp -h 127.0.0.1")
    assert [
        each.serverName for each in await console.agents.getServers("demo", "", NODE)
    ] == ["HelloServer"]


async def test_an_agents_report_of_states_is_that_of_a_heartbeat(
    console: Console,
) -> None:
    find = console.client.query.findObjectById
    info = framework.ServerStateInfo(
        serverState=framework.ServerState.Inactive,
        nodeName=NODE,
        application="Demo",
        serverName="HelloServer",
    )
    assert await console.agents.updateServer(*NAMES, info) == 0
    assert await find(OBJECT) == []
    info.serverState = framework.ServerState.Active
    assert await console.agents.updateServerBatch([info]) == 0
    assert len(await find(OBJECT)) == 1
    info.serverState = 9
    with pytest.raises(ServerError, match="expected a state from 0 to 5, got 9"):
        await console.agents.updateServerBatch([info])
    info.serverState = framework.ServerState.Active
    with pytest.raises(ServerError, match="at application"):
        await console.agents.updateServer("", "", NODE, info)


async def test_a_node_that_ends_takes_its_servers_out(console: Console) -> None:
    await console.client.start("127.0.0.7")
    assert len(await console.client.query.findObjectById(OBJECT)) == 2
    assert await console.agents.destroyNode("127.0.0.7") == 0
    assert len(await console.client.query.findObjectById(OBJECT)) == 1


async def test_a_node_agent_is_told_that_nodes_do_not_register_here(
    console: Console,
) -> None:
    node, load = framework.NodeInfo(nodeName=NODE), framework.LoadInfo()
    assert await console.agents.registerNode(NODE, node, load) == 1011
    assert await console.agents.keepAlive(NODE, load) == 1011


async def test_rows_that_a_console_made_have_nulls(rig: Rig) -> None:
    await rig.edit(
        "INSERT INTO t_server_conf (application, server_name, node_name, setting_state, "
        "present_state, enable_set, metrics_port) "
        "VALUES ('Demo', 'HelloServer', '10.0.0.1', 'active', 'active', 'N', 9100)"
    )
    await rig.edit(
        "INSERT INTO t_adapter_conf (application, server_name, node_name, adapter_name, servant, "
        "endpoint) VALUES ('Demo', 'HelloServer', '10.0.0.1', 'A', "
        "'Demo.HelloServer.HelloObj', 'tcp -h 10.0.0.1 -p 10000')"
    )
    assert await rig.row(
        "SELECT set_name, queuecap FROM t_server_conf, t_adapter_conf"
    ) == (
        None,
        None,
    )
    await rig.keeper.poll()
    assert rig.active() == ["10.0.0.1"]
    (group,) = metrics_targets(rig.memory.catalog.servers.values())
    assert (group.targets, group.labels["set"]) == (["10.0.0.1:9100"], "")
