"""Two replicas on one database: the same answers soon, no state that flaps, either may go."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from sqlalchemy.engine import URL
from tars_registry.table.leases import DEFAULT_LENGTH

from tests.registry.rig import NODE, OBJECT, Rig

Pair = tuple[Rig, Rig]


@pytest.fixture
async def pair(mysql: URL, open_rig: Callable[..., Rig]) -> Pair:
    replicas = open_rig(mysql), open_rig(mysql)
    for each in replicas:
        await each.load()
    return replicas


async def test_a_change_at_one_is_in_the_answers_of_the_other_after_a_poll(
    pair: Pair,
) -> None:
    one, other = pair
    await one.start(state="activating")
    await other.keeper.poll()
    assert other.inactive() == [NODE]
    await one.beat(state="active")
    await other.keeper.poll()
    assert other.active() == [NODE]
    await one.stop()
    await other.keeper.poll()
    assert other.memory.catalog.entries(OBJECT) is None
    assert len(other.memory.leases) == 0


async def test_both_tell_a_server_of_a_node_that_was_taken_out_to_register(
    pair: Pair,
) -> None:
    one, other = pair
    await one.start()
    await other.keeper.poll()
    await one.stop(application="", server="")
    await other.keeper.poll()
    assert len(other.memory.leases) == 0
    assert await other.beat() == {"registered": "0"}
    await other.start()
    await one.keeper.poll()
    assert (one.active(), other.active()) == ([NODE], [NODE])


async def test_a_server_may_beat_at_either(pair: Pair) -> None:
    one, other = pair
    secret = await one.start(context={"instance": "pod-a.1"})
    await other.keeper.poll()
    assert (
        await other.beat(context={"instance": "pod-a.1", "secret": secret["secret"]})
        == {}
    )
    for each in pair:
        each.pass_time(DEFAULT_LENGTH)
        assert await each.keeper.sweep() == 0, "the database knows of the beat"


async def test_only_one_expires_a_server_and_both_know(pair: Pair) -> None:
    one, other = pair
    await one.start()
    await other.keeper.poll()
    await one.edit_directly("UPDATE tars2py_lease SET beat = 7")
    await one.edit_directly("UPDATE t_node_info SET last_heartbeat = '2020-01-01'")
    for each in pair:
        each.pass_time(DEFAULT_LENGTH)
    expired = await asyncio.gather(*(each.keeper.sweep() for each in pair))
    assert sorted(expired) == [0, 1]
    for each in pair:
        await each.keeper.poll()
        assert each.inactive() == [NODE]


async def test_a_poll_never_takes_back_what_was_just_committed(pair: Pair) -> None:
    one, _ = pair
    await one.start(state="activating")
    polls = [asyncio.create_task(one.keeper.poll()) for _ in range(1)]
    await one.beat(state="active")
    assert one.active() == [NODE]
    await asyncio.gather(*polls)
    assert one.active() == [NODE]
    await one.keeper.poll()
    assert one.active() == [NODE]


async def test_both_may_write_the_same_rows_at_once(pair: Pair) -> None:
    """Rows are written in the order of their keys, and a deadlock is tried again."""
    nodes = [f"10.0.4.{each}" for each in range(40)]
    await asyncio.gather(
        *(rig.start(node) for node in nodes for rig in pair),
    )
    await asyncio.gather(
        *(
            rig.beat(node, state)
            for node in reversed(nodes)
            for rig, state in zip(pair, ("active", "inactive"), strict=True)
        ),
    )
    for rig in pair:
        await rig.keeper.poll()
        await rig.keeper.poll()
    rows = await pair[0].rows("SELECT node_name, present_state FROM t_server_conf")
    assert len(rows) == 40
    active = {node for node, state in rows if state == "active"}
    assert [set(rig.active()) for rig in pair] == [active, active]


async def test_the_loss_of_one_takes_its_row_out_after_its_short_lease(
    pair: Pair,
) -> None:
    from tars_registry.core.access import Caller
    from tars_registry.table.requests import Registration
    from tars_runtime.interfaces.tars import AdapterConf, onStartupReq

    one, other = pair
    adapter = AdapterConf(
        servant="tars.tarsregistry.Registry", endpoint="tcp -h 10.1.0.1 -p 17890"
    )
    own = onStartupReq(
        nodeName="10.1.0.1",
        application="tars",
        server="tarsregistry",
        adapters=[adapter],
        State="active",
    )
    await one.registrar.on_startup(Registration.of(own), Caller("10.1.0.1"))
    await other.keeper.poll()
    assert other.active("tars.tarsregistry.Registry") == ["10.1.0.1"]
    await one.edit_directly("UPDATE tars2py_lease SET beat = beat - 31")
    await one.edit_directly("UPDATE t_node_info SET last_heartbeat = '2020-01-01'")
    other.pass_time(30)
    assert await other.keeper.sweep() == 1
    assert other.active("tars.tarsregistry.Registry") == []
