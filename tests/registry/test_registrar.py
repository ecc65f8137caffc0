"""What servers ask for, and what the tables hold afterwards: SQLite, and MySQL strict and lax."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tars_registry.refusals import REFUSED
from tars_runtime.errors import ServerError, UsageError

from tests.registry.rig import OBJECT, Rig

SERVER_ROW = (
    "SELECT application, server_name, node_name, present_state, setting_state, enable_set, "
    "set_name, set_area, set_group, grid_flag, flow_state, server_type, patch_version, "
    "metrics_port FROM t_server_conf"
)
ADAPTER_ROW = (
    "SELECT adapter_name, servant, endpoint, protocol, thread_num, max_connections, queuecap, "
    "queuetimeout FROM t_adapter_conf ORDER BY adapter_name"
)


async def test_a_registration_writes_every_column(rig: Rig) -> None:
    await rig.start(state="activating", setID="sz.a.1", Version="7")
    assert await rig.rows(SERVER_ROW) == [
        ("Demo", "HelloServer", "10.0.0.1", "activating", "active", "Y", "sz", "a", "1",
         "NORMAL", "active", "tars_cpp", "7", 0)
    ]  # fmt: skip
    endpoint = "tcp -h 10.0.0.1 -p 10000 -t 60000"
    assert await rig.rows(ADAPTER_ROW) == [
        (OBJECT + "Adapter", OBJECT, endpoint, "tars", 0, 0, 0, 0)
    ]
    assert await rig.rows(
        "SELECT node_name, node_obj, endpoint_ip, endpoint_port, setting_state, present_state "
        "FROM t_node_info"
    ) == [
        ("10.0.0.1", "tars.tarsnode.NodeObj@tcp -h 10.0.0.1 -p 0", "10.0.0.1", 0, "active",
         "active")
    ]  # fmt: skip
    stamps = await rig.row(
        "SELECT registry_timestamp, patch_time, posttime FROM t_server_conf"
    )
    assert None not in tuple(stamps)


@pytest.mark.parametrize(
    ("set_id", "columns"),
    [
        pytest.param("a..c", ("Y", "a", "", "c"), id="empty area is three parts"),
        pytest.param("a.b.*", ("Y", "a", "b", "*"), id="wildcard group"),
        pytest.param("a.b", ("N", "", "", ""), id="two parts are no set"),
        pytest.param("a.b.c.d", ("N", "", "", ""), id="four parts are no set"),
        pytest.param("", ("N", "", "", ""), id="none"),
    ],
)
async def test_set_parts_stand_in_their_columns(
    rig: Rig, set_id: str, columns: tuple[str, ...]
) -> None:
    await rig.start(setID=set_id)
    row = await rig.row(
        "SELECT enable_set, set_name, set_area, set_group FROM t_server_conf"
    )
    assert tuple(row) == columns


async def test_a_registration_is_in_answers_at_once(rig: Rig) -> None:
    await rig.start(state="activating")
    assert (rig.active(), rig.inactive()) == ([], ["10.0.0.1"])
    await rig.beat(state="active")
    assert (rig.active(), rig.inactive()) == (["10.0.0.1"], [])


async def test_adapters_that_are_gone_are_removed_when_a_server_registers_again(
    rig: Rig,
) -> None:
    one, two = "tcp -h 10.0.0.1 -p 1", "tcp -h 10.0.0.1 -p 2"
    await rig.start(adapters=[("Demo.HelloServer.A", one), ("Demo.HelloServer.B", two)])
    await rig.start(adapters=[("Demo.HelloServer.B", one)])
    assert [row[:3] for row in await rig.rows(ADAPTER_ROW)] == [
        ("Demo.HelloServer.BAdapter", "Demo.HelloServer.B", one)
    ]
    assert rig.active("Demo.HelloServer.A") == []
    assert rig.active("Demo.HelloServer.B") == ["10.0.0.1"]


async def test_other_rows_stay_as_they_are(rig: Rig) -> None:
    await rig.start("10.0.0.1")
    await rig.start("10.0.0.2")
    await rig.start("10.0.0.1", server="OtherServer", adapters=[])
    await rig.stop("10.0.0.1")
    assert await rig.rows(
        "SELECT server_name, node_name FROM t_server_conf ORDER BY id"
    ) == [("HelloServer", "10.0.0.2"), ("OtherServer", "10.0.0.1")]


async def test_a_server_without_flow_is_registered_and_inactive(rig: Rig) -> None:
    await rig.start(disableFlow=True)
    row = await rig.row("SELECT grid_flag, flow_state FROM t_server_conf")
    assert tuple(row) == ("NO_FLOW", "inactive")
    assert rig.inactive() == ["10.0.0.1"]
    await rig.start(disableFlow=False)
    assert rig.active() == ["10.0.0.1"]


async def test_a_state_change_is_written_and_an_equal_state_is_not(rig: Rig) -> None:
    await rig.start(state="activating")
    await rig.beat(state="active")
    await rig.beat(state="active")
    assert rig.registrar.counts["state_changes"] == 1
    assert (await rig.row("SELECT present_state FROM t_server_conf"))[0] == "active"


async def test_an_empty_state_is_active_and_an_unknown_one_is_refused(rig: Rig) -> None:
    await rig.start(state="activating")
    await rig.beat(state="")
    assert rig.active() == ["10.0.0.1"]
    with pytest.raises(UsageError, match="expected one of activating, active"):
        await rig.beat(state="sleepy")


async def test_deactivating_is_final_until_the_next_start(rig: Rig) -> None:
    await rig.start()
    await rig.beat(state="deactivating")
    await rig.beat(state="active")
    assert rig.inactive() == ["10.0.0.1"]
    await rig.start()
    assert rig.active() == ["10.0.0.1"]


async def test_a_heartbeat_of_an_unknown_server_succeeds_and_says_so(rig: Rig) -> None:
    assert await rig.beat() == {"registered": "0"}
    await rig.start()
    assert await rig.beat() == {}


async def test_a_heartbeat_of_a_server_that_another_replica_registered(
    rig: Rig, open_rig: Callable[..., Rig]
) -> None:
    if rig.database.dialect.name == "sqlite":
        pytest.skip("one process at a time has a SQLite file")
    other = open_rig(rig.url)
    await other.load()
    await other.start()
    assert await rig.beat() == {}
    assert rig.active() == ["10.0.0.1"]


async def test_old_clients_report_for_every_server_of_their_node(rig: Rig) -> None:
    await rig.start(state="activating")
    await rig.start(server="OtherServer", state="activating")
    await rig.beat(state="active", application="", server="")
    assert await rig.rows("SELECT present_state FROM t_server_conf") == [
        ("active",),
        ("active",),
    ]


async def test_the_old_form_of_prestop_takes_a_whole_node_out(rig: Rig) -> None:
    await rig.start()
    await rig.start(server="OtherServer")
    await rig.stop(application="", server="")
    assert (
        await rig.rows("SELECT present_state, setting_state FROM t_server_conf")
        == [("destroyed", "inactive")] * 2
    )
    assert (await rig.row("SELECT present_state FROM t_node_info"))[0] == "inactive"
    assert rig.active() == []
    await rig.start()
    assert rig.active() == ["10.0.0.1"]


async def test_a_living_server_of_a_node_that_was_taken_out_is_told_to_register(
    rig: Rig,
) -> None:
    await rig.start()
    await rig.stop(application="", server="")
    assert await rig.beat() == {"registered": "0"}
    await rig.beat(application="", server="")
    assert await rig.rows("SELECT present_state, setting_state FROM t_server_conf") == [
        ("destroyed", "inactive")
    ], "an old client's late beat does not bring it back"
    await rig.start()
    assert await rig.beat() == {}
    assert rig.active() == ["10.0.0.1"]


async def test_the_word_destroyed_takes_one_server_out(rig: Rig) -> None:
    await rig.start()
    await rig.start(server="OtherServer")
    await rig.beat(state="destroyed")
    assert await rig.rows(
        "SELECT present_state, setting_state FROM t_server_conf ORDER BY server_name"
    ) == [("destroyed", "inactive"), ("active", "active")]
    assert (await rig.row("SELECT present_state FROM t_node_info"))[0] == "active"
    assert rig.memory.leases.get(rig.key()) is None


async def test_prestop_removes_the_server_and_its_nodes_configuration(rig: Rig) -> None:
    await rig.start()
    for host in ("", "10.0.0.1", "10.0.0.2"):
        await rig.edit(
            "INSERT INTO t_config_files (server_name, filename, host, level) "
            "VALUES ('Demo.HelloServer', 'a.conf', :host, 3)",
            host=host,
        )
    await rig.stop()
    assert await rig.rows("SELECT id FROM t_server_conf") == []
    assert await rig.rows("SELECT id FROM t_adapter_conf") == []
    assert await rig.rows("SELECT host FROM t_config_files ORDER BY host") == [
        ("",),
        ("10.0.0.2",),
    ]
    assert (await rig.row("SELECT COUNT(*) FROM t_node_info"))[0] == 1
    assert rig.memory.catalog.entries(OBJECT) is None
    await rig.stop()


async def test_prestop_with_one_name_alone_does_nothing(rig: Rig) -> None:
    await rig.start()
    await rig.stop(server="")
    assert rig.active() == ["10.0.0.1"]


async def test_metrics_ports(rig: Rig) -> None:
    from tars_registry.core.access import Caller

    await rig.start(setID="sz.a.1")
    await rig.registrar.register_metrics(
        "10.0.0.1", "Demo", "HelloServer", 0, Caller("10.0.0.1")
    )
    assert (await rig.row("SELECT metrics_port FROM t_server_conf"))[0] == 9325
    with pytest.raises(UsageError, match="got 70000 - at metricsPort"):
        await rig.registrar.register_metrics(
            "10.0.0.1", "Demo", "HelloServer", 70000, Caller("10.0.0.1")
        )


async def test_an_instance_that_was_replaced_is_not_heard(rig: Rig) -> None:
    await rig.start(context={"instance": "pod-a.1"})
    await rig.start(context={"instance": "pod-a.2"})
    await rig.beat(state="deactivating", context={"instance": "pod-a.1"})
    await rig.stop(context={"instance": "pod-a.1"})
    assert rig.active() == ["10.0.0.1"]
    assert rig.registrar.counts["other_instances"] == 2
    await rig.stop(context={"instance": "pod-a.2"})
    assert rig.active() == []


async def test_a_second_living_copy_on_one_node_is_refused(rig: Rig) -> None:
    await rig.start(context={"instance": "pod-a.1", "report_ms": "10000"})
    with pytest.raises(ServerError, match="another living instance") as caught:
        await rig.start(context={"instance": "pod-b.1"})
    assert caught.value.code == REFUSED
    rig.pass_time(25)
    await rig.start(context={"instance": "pod-b.1"})
    assert rig.memory.leases.get(rig.key()).instance == "pod-b.1"  # type: ignore[union-attr]  # it exists


async def test_an_address_that_is_used_again_loses_its_former_server(rig: Rig) -> None:
    endpoint = "tcp -h 10.0.0.1 -p 13000 -t 60000"
    await rig.start(server="Old", adapters=[("Demo.Old.Obj", endpoint)])
    await rig.start(server="New", adapters=[("Demo.New.Obj", endpoint)])
    assert rig.active("Demo.Old.Obj") == []
    assert rig.active("Demo.New.Obj") == ["10.0.0.1"]
    assert [row[1] for row in await rig.rows(ADAPTER_ROW)] == ["Demo.New.Obj"]


async def test_a_name_in_another_case_is_the_same_server(rig: Rig) -> None:
    await rig.start(server="HelloServer")
    await rig.start(server="helloserver", adapters=[])
    assert (await rig.row("SELECT COUNT(*) FROM t_server_conf"))[0] == 1
    assert len(rig.memory.catalog.servers) == 1


async def test_an_operators_drain_outlives_heartbeats_and_registrations(
    rig: Rig,
) -> None:
    await rig.start(context={"instance": "pod-a.1"})
    servers = rig.operator.servers("Demo", "Hello*", "")
    assert await rig.operator.set_flow(servers, opened=False, expected=1)
    await rig.beat()
    await rig.start(context={"instance": "pod-a.1"})
    assert rig.inactive() == ["10.0.0.1"]
    await rig.operator.set_flow(servers, opened=True, expected=1)
    assert rig.active() == ["10.0.0.1"]


async def test_a_setting_that_an_operator_made_lasts_for_one_life(rig: Rig) -> None:
    await rig.start(context={"instance": "pod-a.1"})
    await rig.edit(
        "UPDATE t_server_conf SET setting_state = 'inactive', "
        "registry_timestamp = '2020-01-01 00:00:00'"
    )
    await rig.keeper.poll()
    await rig.start(context={"instance": "pod-a.1"})
    assert rig.inactive() == ["10.0.0.1"]
    await rig.start(context={"instance": "pod-a.2"})
    assert rig.active() == ["10.0.0.1"]
