"""What happens by itself: who expires and who does not, what is collected, what others changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from tars_registry.core import keeper
from tars_registry.table.changes import Deregister
from tars_registry.table.leases import DAY, DEFAULT_LENGTH

from tests.registry.rig import NODE, Rig

LONG_AGO = "2020-01-01 00:00:00"


async def age_beats(rig: Rig, seconds: int) -> None:
    """Make the database's record of all signs of life this much older."""
    await rig.edit("UPDATE tars2py_lease SET beat = beat - :seconds", seconds=seconds)
    await rig.edit("UPDATE t_node_info SET last_heartbeat = :then", then=LONG_AGO)


async def test_a_silent_server_expires_after_its_lease_and_not_before(rig: Rig) -> None:
    await rig.start()
    await age_beats(rig, 300)
    rig.pass_time(DEFAULT_LENGTH - 1)
    assert await rig.keeper.sweep() == 0
    rig.pass_time(1)
    assert await rig.keeper.sweep() == 1
    assert rig.inactive() == [NODE]
    row = await rig.row("SELECT present_state FROM t_node_info")
    assert tuple(row) == ("inactive",)


async def test_a_beat_brings_an_expired_server_and_its_node_back(rig: Rig) -> None:
    await rig.start()
    await age_beats(rig, 300)
    rig.pass_time(DEFAULT_LENGTH)
    await rig.keeper.sweep()
    await rig.beat()
    assert rig.active() == [NODE]
    assert (await rig.row("SELECT present_state FROM t_node_info"))[0] == "active"


async def test_a_server_that_says_how_often_it_reports_has_a_shorter_lease(
    rig: Rig,
) -> None:
    await rig.start(context={"report_ms": "10000"})
    await age_beats(rig, 300)
    rig.pass_time(29)
    assert await rig.keeper.sweep() == 0
    rig.pass_time(1)
    assert await rig.keeper.sweep() == 1


async def test_a_beat_that_the_database_knows_of_wins(rig: Rig) -> None:
    """Another replica heard it: memory here thinks that it is silent, the database knows better."""
    await rig.start()
    rig.pass_time(DEFAULT_LENGTH + 50)
    assert await rig.keeper.sweep() == 0
    assert rig.active() == [NODE]
    await age_beats(rig, 300)
    assert await rig.keeper.sweep() == 0, "its lease started anew"


async def test_a_state_that_somebody_changed_meanwhile_is_left_alone(rig: Rig) -> None:
    await rig.start()
    await age_beats(rig, 300)
    rig.pass_time(DEFAULT_LENGTH)
    await rig.edit("UPDATE t_server_conf SET present_state = 'deactivating'")
    assert await rig.keeper.sweep() == 0
    assert (await rig.row("SELECT present_state FROM t_server_conf"))[
        0
    ] == "deactivating"


async def test_a_nodes_heartbeat_written_by_another_registry_is_evidence(
    rig: Rig,
) -> None:
    await rig.start()
    await rig.edit("UPDATE tars2py_lease SET beat = beat - 300")
    rig.pass_time(DEFAULT_LENGTH)
    assert await rig.keeper.sweep() == 0


async def test_a_living_neighbours_heartbeat_is_no_evidence(rig: Rig) -> None:
    await rig.start()
    await rig.start(server="OtherServer", adapters=[])
    await rig.edit(
        "UPDATE tars2py_lease SET beat = beat - 300 WHERE server = 'HelloServer'"
    )
    rig.pass_time(DEFAULT_LENGTH - 5)
    await rig.beat(server="OtherServer")
    rig.pass_time(5)
    assert await rig.keeper.sweep() == 1
    assert rig.inactive() == [NODE]
    assert (await rig.row("SELECT present_state FROM t_node_info"))[0] == "active"


async def test_rows_that_did_not_register_with_us_never_expire_and_are_never_removed(
    rig: Rig,
) -> None:
    await rig.edit(
        "INSERT INTO t_server_conf (application, server_name, node_name, setting_state, "
        "present_state, registry_timestamp) "
        "VALUES ('Old', 'CppServer', '10.0.0.9', 'active', 'active', '2020-01-01 00:00:00')"
    )
    await rig.edit(
        "INSERT INTO t_node_info (node_name, endpoint_port, present_state, last_heartbeat) "
        "VALUES ('10.0.0.9', 19385, 'active', '2020-01-01 00:00:00')"
    )
    await rig.keeper.poll()
    assert len(rig.memory.catalog.servers) == 1
    rig.pass_time(4 * DEFAULT_LENGTH)
    assert await rig.keeper.sweep() == 0
    assert await rig.keeper.collect() == 0
    assert await rig.operator.clean("2030-01-01", dry_run=False) == []
    assert await rig.rows("SELECT present_state FROM t_server_conf") == [("active",)]
    assert await rig.rows("SELECT present_state FROM t_node_info") == [("active",)]


async def test_a_heartbeat_leaves_the_state_of_an_agents_node_to_the_agent(
    rig: Rig,
) -> None:
    await rig.edit(
        "INSERT INTO t_node_info (node_name, endpoint_port, present_state) "
        "VALUES ('10.0.0.1', 19385, 'inactive')"
    )
    await rig.start()
    await rig.beat()
    row = await rig.row("SELECT present_state, last_heartbeat FROM t_node_info")
    assert row[0] == "inactive"
    assert row[1] is not None


async def test_too_many_at_once_are_taken_for_a_fault_of_ours(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    for each in range(30):
        await rig.start(f"10.0.1.{each}")
    await age_beats(rig, 300)
    rig.pass_time(DEFAULT_LENGTH)
    for each in range(10):
        await rig.beat(f"10.0.1.{each}")
    assert await rig.keeper.sweep() == 0
    assert rig.keeper.held_back == 20
    assert "20 of 30 servers fell silent at once" in caplog.text
    assert len(rig.active()) == 30
    for each in range(10, 20):
        await rig.beat(f"10.0.1.{each}")
    assert await rig.keeper.sweep() == 10
    assert rig.keeper.held_back == 0


async def test_a_process_that_was_stopped_does_not_hold_its_sleep_against_servers(
    rig: Rig,
) -> None:
    await rig.start()
    await age_beats(rig, 3600)
    rig.now += 3600
    assert not rig.keeper.tick(), "no sweep before the sockets were read"
    assert await rig.keeper.sweep() == 0


async def test_a_busy_process_still_sweeps(rig: Rig) -> None:
    await rig.start()
    await age_beats(rig, 3600)
    for _ in range(int(DEFAULT_LENGTH / 2)):
        rig.now += 2.5
        assert rig.keeper.tick()
    assert await rig.keeper.sweep() == 1


async def test_a_tick_that_fails_is_not_the_last(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    second = asyncio.Event()
    polls = 0

    async def poll() -> None:
        nonlocal polls
        polls += 1
        if polls == 1:
            raise RuntimeError("a defect")
        second.set()

    monkeypatch.setattr(keeper, "TICK", 0.001)
    monkeypatch.setattr(rig.keeper, "poll", poll)
    running = asyncio.create_task(rig.keeper.run())
    await asyncio.wait_for(second.wait(), 5)
    running.cancel()
    assert "a tick failed" in caplog.text
    assert rig.keeper.counts["faults"] == 1


async def test_dead_rows_are_removed_after_a_day(rig: Rig) -> None:
    await rig.start("10.0.0.1")
    await rig.start("10.0.0.2")
    await rig.start("10.0.0.3")
    await rig.edit(
        "UPDATE tars2py_lease SET beat = beat - :age WHERE node <> '10.0.0.3'",
        age=DAY + 5,
    )
    await rig.edit("UPDATE t_node_info SET last_heartbeat = :then", then=LONG_AGO)
    await rig.edit(
        "UPDATE t_server_conf SET present_state = 'inactive' WHERE node_name = '10.0.0.1'"
    )
    assert await rig.keeper.collect() == 0, "a clock that jumps looks like that"
    rig.pass_time(DEFAULT_LENGTH)
    assert await rig.keeper.collect() == 1, "10.0.0.2 is active, 10.0.0.3 beat"
    assert await rig.rows("SELECT node_name FROM t_node_info ORDER BY node_name") == [
        ("10.0.0.2",),
        ("10.0.0.3",),
    ]
    assert (
        await rig.rows("SELECT node FROM tars2py_lease WHERE node = '10.0.0.1'") == []
    )


async def test_a_destroyed_server_is_removed_like_a_dead_one(rig: Rig) -> None:
    await rig.start()
    await rig.stop(application="", server="")
    assert await rig.keeper.collect() == 0
    await rig.edit("UPDATE tars2py_lease SET beat = beat - :age", age=DAY + 5)
    assert await rig.keeper.collect() == 1
    assert await rig.rows("SELECT id FROM t_server_conf") == []


async def test_a_server_that_comes_back_at_the_last_moment_is_not_removed(
    rig: Rig,
) -> None:
    await rig.start()
    done = await rig.store.submit(Deregister(key=rig.key(), silent_for=DAY))
    assert not done.found
    assert rig.active() == [NODE]


async def test_clean_shows_first_and_removes_then(rig: Rig) -> None:
    await rig.start("10.0.0.1")
    await rig.start("10.0.0.2")
    await rig.edit(
        "UPDATE t_node_info SET present_state = 'inactive', last_heartbeat = :then "
        "WHERE node_name = '10.0.0.1'",
        then="2024-01-31 12:00:00",
    )
    assert await rig.operator.clean("2024-01-31 11:59:59", dry_run=True) == []
    dead = ["10.0.0.1.demo.helloserver"]
    assert await rig.operator.clean("2024-01-31 12:00:01", dry_run=True) == dead
    assert len(rig.active()) == 2
    assert await rig.operator.clean("2024-02-01", dry_run=False) == dead
    assert rig.active() == ["10.0.0.2"]
    assert await rig.rows("SELECT node_name FROM t_node_info") == [("10.0.0.2",)]


async def test_rows_edited_by_hand_are_seen_at_the_next_poll(rig: Rig) -> None:
    await rig.start()
    await rig.start("10.0.0.2")
    await rig.keeper.poll()
    await rig.edit(
        "UPDATE t_server_conf SET setting_state = 'inactive', "
        "registry_timestamp = '2021-01-01 00:00:00' WHERE node_name = '10.0.0.1'"
    )
    await rig.keeper.poll()
    assert (rig.active(), rig.inactive()) == (["10.0.0.2"], ["10.0.0.1"])
    await rig.edit("DELETE FROM t_server_conf WHERE node_name = '10.0.0.1'")
    await rig.keeper.poll()
    assert (rig.active(), rig.inactive()) == (["10.0.0.2"], [])
    await rig.edit(
        "UPDATE t_adapter_conf SET endpoint = 'tcp -h 10.9.9.9 -p 1', "
        "registry_timestamp = '2021-01-01 00:00:00' WHERE node_name = '10.0.0.2'"
    )
    await rig.keeper.poll()
    assert rig.active() == ["10.9.9.9"]


async def test_a_poll_that_found_much_lets_others_have_their_turn(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "AT_ONCE", 1)
    for node in (f"10.0.0.{each}" for each in range(1, 31)):
        await rig.start(node)
    await rig.keeper.poll()
    await rig.edit("UPDATE t_server_conf SET setting_state = 'inactive'")
    poll = asyncio.create_task(rig.keeper.poll())
    seen = set()
    while not poll.done():
        await asyncio.sleep(0)
        seen.add(len(rig.active()))
    assert rig.active() == []
    assert len(seen) > 20, "the answers changed bit by bit"


async def test_two_edits_within_one_second_are_both_seen(rig: Rig) -> None:
    await rig.start()
    for state in ("inactive", "active", "inactive"):
        await rig.edit("UPDATE t_server_conf SET present_state = :state", state=state)
        await rig.keeper.poll()
        assert rig.active() == ([NODE] if state == "active" else [])


async def test_groups_edited_by_hand_are_seen_at_the_next_poll(rig: Rig) -> None:
    await rig.start()
    await rig.edit(
        "INSERT INTO t_server_group_rule (group_name, allow_ip_rule) VALUES ('g', '10.0.0.*')"
    )
    await rig.keeper.poll()
    entries = rig.memory.catalog.entries("Demo.HelloServer.HelloObj")
    assert entries is not None
    assert entries[0].endpoint.grouprealid > 0


async def test_a_standby_server_is_in_no_list(rig: Rig) -> None:
    await rig.start()
    await rig.edit("UPDATE t_server_conf SET bak_flag = 1")
    await rig.keeper.poll()
    assert (rig.active(), rig.inactive()) == ([], [])


async def test_one_bad_row_fails_no_answer(rig: Rig) -> None:
    await rig.start()
    await rig.start("10.0.0.2")
    await rig.edit(
        "UPDATE t_adapter_conf SET endpoint = 'nonsense', "
        "registry_timestamp = '2021-01-01 00:00:00' WHERE node_name = '10.0.0.2'"
    )
    await rig.keeper.poll()
    assert rig.active() == ["10.0.0.1"]


async def test_a_restart_begins_every_lease_anew(
    rig: Rig, open_rig: Callable[..., Rig]
) -> None:
    await rig.start()
    await age_beats(rig, 3600)
    await rig.close()
    again = open_rig(rig.url)
    await again.load()
    assert await again.keeper.sweep() == 0
    again.pass_time(DEFAULT_LENGTH - 1)
    assert await again.keeper.sweep() == 0
    again.pass_time(1)
    assert await again.keeper.sweep() == 1
