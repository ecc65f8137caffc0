"""What is written of a sign of life, and what a replica that did not hear it may conclude."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.engine import URL
from tars_registry.table.leases import DEFAULT_LENGTH, TOLD_EVERY

from tests.registry.rig import Rig

OTHER = "OtherServer"


async def forget(rig: Rig) -> None:
    """Have the database know nothing of any sign of life."""
    await rig.edit("UPDATE tars2py_lease SET beat = 7")
    await rig.edit("UPDATE t_node_info SET last_heartbeat = '2020-01-01'")


async def told(rig: Rig) -> list[str]:
    """The servers whose own row was told of a sign of life; ``node`` when the node's was."""
    leases = await rig.rows(
        "SELECT server FROM tars2py_lease WHERE app <> '' AND beat > 7 ORDER BY server"
    )
    nodes = await rig.rows(
        "SELECT node_name FROM t_node_info WHERE last_heartbeat > '2020-01-02'"
    )
    return [row[0] for row in leases] + ["node" for _ in nodes]


async def test_a_server_alone_on_its_node_lives_by_its_node(rig: Rig) -> None:
    await rig.start()
    await forget(rig)
    rig.pass_time(DEFAULT_LENGTH * TOLD_EVERY - 1)
    await rig.beat()
    assert await told(rig) == ["node"]
    rig.pass_time(1)
    await rig.beat()
    assert await told(rig) == ["HelloServer", "node"]
    await forget(rig)
    await rig.beat()
    assert await told(rig) == ["node"]


async def test_servers_that_share_a_node_live_each_by_its_own_row(rig: Rig) -> None:
    await rig.start()
    await rig.start(server=OTHER, adapters=[])
    await forget(rig)
    await rig.beat()
    assert await told(rig) == ["HelloServer", "node"]
    await rig.beat(server=OTHER)
    assert await told(rig) == ["HelloServer", OTHER, "node"]


@pytest.mark.parametrize(("age", "row"), [(20, []), (200, ["HelloServer"])])
async def test_a_registry_that_starts_knows_what_a_row_tells(
    rig: Rig, open_rig: Callable[..., Rig], age: int, row: list[str]
) -> None:
    await rig.start()
    await rig.edit("UPDATE tars2py_lease SET beat = beat - :age", age=age)
    await rig.close()
    again = open_rig(rig.url)
    await again.load()
    await forget(again)
    await again.beat()
    assert await told(again) == [*row, "node"]


async def test_a_node_that_came_to_be_shared_costs_no_server_its_life(
    mysql: URL, open_rig: Callable[..., Rig]
) -> None:
    """The replica that hears a server left its row untold while it was alone on its node."""
    hears, other = open_rig(mysql), open_rig(mysql)
    await hears.load()
    await other.load()
    await hears.start()
    await other.keeper.poll()
    behind = DEFAULT_LENGTH * (1 + TOLD_EVERY)
    await other.start(server=OTHER, adapters=[])
    other.pass_time(DEFAULT_LENGTH)
    await other.beat(server=OTHER)
    await other.edit(
        "UPDATE tars2py_lease SET beat = beat - :age WHERE server = 'HelloServer'",
        age=behind - 10,
    )
    assert await other.keeper.sweep() == 0
    assert len(other.active()) == 1


@pytest.mark.parametrize(("age", "expired"), [(1.4, 0), (1.6, 1)])
async def test_a_silent_neighbour_expires_also_where_it_was_never_heard(
    mysql: URL, open_rig: Callable[..., Rig], age: float, expired: int
) -> None:
    hears, other = open_rig(mysql), open_rig(mysql)
    await hears.load()
    await other.load()
    await hears.start()
    await other.keeper.poll()
    await other.start(server=OTHER, adapters=[])
    other.pass_time(DEFAULT_LENGTH)
    await other.beat(server=OTHER)
    await other.edit(
        "UPDATE tars2py_lease SET beat = beat - :age WHERE server = 'HelloServer'",
        age=int(DEFAULT_LENGTH * age),
    )
    assert await other.keeper.sweep() == expired
