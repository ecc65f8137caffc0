"""A database server that is demoted while we write, as in a fail-over or for a maintenance."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy.engine import URL
from tars_registry.refusals import UNAVAILABLE, Unavailable
from tars_registry.table.leases import DEFAULT_LENGTH

from tests.registry.mariadb import MariaDB
from tests.registry.rig import NODE, Rig

USER = "app@'127.0.0.1'"


@pytest.fixture
def ordinary(mysql: URL, mariadb: MariaDB) -> Iterator[URL]:
    """The database for a user who may not write while it is read-only, as root may."""
    mariadb.execute(
        f"CREATE OR REPLACE USER {USER}", f"GRANT ALL ON db_tars.* TO {USER}"
    )
    yield mysql.set(username="app")
    mariadb.execute("SET GLOBAL read_only = 0", f"DROP USER {USER}")


@pytest.fixture
async def rig(ordinary: URL, open_rig: Callable[..., Rig]) -> Rig:
    opened = open_rig(ordinary)
    await opened.load()
    await opened.start()
    return opened


def connections(mariadb: MariaDB) -> set[object]:
    rows = mariadb.execute(
        "SELECT id FROM information_schema.processlist WHERE user = 'app'"
    )
    return {row[0] for row in rows}


def a_second_later(rig: Rig) -> None:
    """The database is left alone for a second after each failure."""
    rig.store.clock = lambda: time.monotonic() + 2


async def test_changes_are_told_to_try_again_and_the_rest_goes_on(
    rig: Rig, mariadb: MariaDB
) -> None:
    mariadb.execute("SET GLOBAL read_only = 1")
    with pytest.raises(Unavailable, match=r"try again: .*read-only") as caught:
        await rig.start("10.0.0.2")
    assert caught.value.code == UNAVAILABLE
    for _ in range(3):
        await rig.keeper.poll()
        assert await asyncio.wait_for(rig.beat(), 1.0) == {}
    with pytest.raises(Unavailable):
        await rig.beat(state="inactive")
    assert rig.active() == [NODE]
    assert rig.store.outages == 1, "that it can be read does not end the outage"
    assert rig.store.outage_since is not None
    mariadb.execute("SET GLOBAL read_only = 0")
    a_second_later(rig)
    await rig.start("10.0.0.2")
    assert rig.active() == [NODE, "10.0.0.2"]
    assert rig.store.outage_since is None


async def test_heartbeats_of_the_meantime_are_written_when_it_is_writable_again(
    rig: Rig, mariadb: MariaDB
) -> None:
    then = "UPDATE t_node_info SET last_heartbeat = '2020-01-01'"
    mariadb.execute(then, database="db_tars")
    mariadb.execute("SET GLOBAL read_only = 1")
    await rig.beat()
    assert rig.store.beats_from_memory == 1
    mariadb.execute("SET GLOBAL read_only = 0")
    a_second_later(rig)
    await rig.start("10.0.0.2")
    query = "SELECT YEAR(last_heartbeat) FROM t_node_info WHERE node_name = :node"
    assert (await rig.row(query, node=NODE))[0] > 2020


async def test_afterwards_every_lease_starts_anew(rig: Rig, mariadb: MariaDB) -> None:
    """What another replica heard meanwhile is not in the database yet."""
    long_ago = (
        "UPDATE tars2py_lease SET beat = 7",
        "UPDATE t_node_info SET last_heartbeat = '2020-01-01'",
    )
    mariadb.execute(*long_ago, database="db_tars")
    mariadb.execute("SET GLOBAL read_only = 1")
    with pytest.raises(Unavailable):
        await rig.start("10.0.0.2")
    await rig.keeper.poll()
    rig.pass_time(DEFAULT_LENGTH)
    mariadb.execute("SET GLOBAL read_only = 0")
    a_second_later(rig)
    await rig.start("10.0.0.3")
    await rig.keeper.poll()
    assert await rig.keeper.sweep() == 0
    rig.pass_time(DEFAULT_LENGTH)
    assert await rig.keeper.sweep() == 1, "10.0.0.3 is in the database just now"


async def test_it_connects_anew_since_the_same_name_may_lead_to_another_server(
    rig: Rig, mariadb: MariaDB
) -> None:
    before = connections(mariadb)
    assert len(before) == 2, "one writes, one reads"
    mariadb.execute("SET GLOBAL read_only = 1")
    with pytest.raises(Unavailable):
        await rig.start("10.0.0.2")
    mariadb.execute("SET GLOBAL read_only = 0")
    a_second_later(rig)
    await rig.start("10.0.0.2")
    await rig.keeper.poll()
    after = connections(mariadb)
    assert len(after) == 2
    assert not before & after
