"""Clocks that jump or stand in another time zone, and a disk that is full."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import URL
from tars_registry.model import Key
from tars_registry.refusals import Unavailable
from tars_registry.storage.location import locate
from tars_registry.table.leases import (
    DEFAULT_LENGTH,
    OWN_LENGTH,
    SHORTEST,
    LeaseClock,
    lease_length,
    too_many,
)

from tests.registry.conftest import empty_database
from tests.registry.mariadb import MariaDB
from tests.registry.rig import NODE, Rig


def test_a_gap_counts_two_ticks_at_most() -> None:
    clock = LeaseClock(tick=1.0, now=100.0)
    assert clock.tick(101.0) == 1.0
    assert clock.tick(102.5) == 2.5
    assert clock.tick(5000.0) == 4.5
    assert clock.tick(4000.0) == 4.5, "backwards is nothing"
    assert clock.tick(4001.0) == 5.5


@pytest.mark.parametrize(
    ("key", "interval", "length"),
    [
        pytest.param(Key("a", "s", "n"), None, DEFAULT_LENGTH, id="says nothing"),
        pytest.param(Key("a", "s", "n"), 0, DEFAULT_LENGTH, id="zero"),
        pytest.param(Key("a", "s", "n"), 30_000, 90.0, id="three intervals"),
        pytest.param(Key("a", "s", "n"), 100, SHORTEST, id="not too short"),
        pytest.param(
            Key("tars", "tarsregistry", "n"), 30_000, OWN_LENGTH, id="a registry"
        ),
    ],
)
def test_the_length_of_a_lease(key: Key, interval: int | None, length: float) -> None:
    assert lease_length(key, interval) == length


@pytest.mark.parametrize(
    ("due", "total", "fault"),
    [(10, 10, False), (11, 11, True), (11, 55, False), (11, 54, True), (0, 0, False)],
)
def test_how_many_are_too_many(due: int, total: int, fault: bool) -> None:
    assert too_many(range(due), total) is fault


@pytest.fixture(params=["+09:00", "-11:00"])
def elsewhere(request: pytest.FixtureRequest, mariadb: MariaDB) -> Iterator[URL]:
    """A database in another time zone than this process."""
    url = empty_database(mariadb)
    mariadb.execute(f"SET GLOBAL time_zone = '{request.param}'")
    yield url
    mariadb.execute("SET GLOBAL time_zone = 'SYSTEM'")


async def test_a_database_in_another_time_zone(
    elsewhere: URL, open_rig: Callable[..., Rig]
) -> None:
    """Times of the old tables are the session's, which a C++ registry compares with its own."""
    rig = open_rig(elsewhere)
    await rig.load()
    await rig.start()
    await rig.beat()
    age = await rig.row(
        "SELECT TIMESTAMPDIFF(SECOND, last_heartbeat, NOW()) FROM t_node_info"
    )
    assert 0 <= age[0] < 60
    rig.pass_time(DEFAULT_LENGTH)
    assert await rig.keeper.sweep() == 0, "the database knows of the beat"
    await rig.edit("UPDATE tars2py_lease SET beat = beat - 300")
    await rig.edit(
        "UPDATE t_node_info SET last_heartbeat = NOW() - INTERVAL 300 SECOND"
    )
    rig.pass_time(DEFAULT_LENGTH)
    assert await rig.keeper.sweep() == 1


async def test_a_full_disk_refuses_changes_and_loses_nothing(
    tmp_path: Path, open_rig: Callable[..., Rig]
) -> None:
    rig = open_rig(locate("", str(tmp_path / "r.db"), {}))
    await rig.load()
    await rig.start()
    pages = await rig.store.write(
        lambda one: one.exec_driver_sql("PRAGMA page_count").scalar()
    )
    await rig.edit_directly(f"PRAGMA max_page_count = {pages}")
    acknowledged = [NODE]

    async def fill() -> None:
        for each in range(1, 2000):
            node = f"10.0.{each // 250 + 1}.{each % 250}"
            await rig.start(node, Version="v" * 120)
            acknowledged.append(node)

    with pytest.raises(Unavailable, match="full"):
        await fill()
    assert rig.active() == acknowledged
    await rig.beat()
    rig.store.outage_since = None
    await rig.edit_directly("PRAGMA max_page_count = 1000000")
    await rig.start("10.9.9.9")
    stored = await rig.rows("SELECT node_name FROM t_server_conf ORDER BY id")
    assert [row[0] for row in stored] == [*acknowledged, "10.9.9.9"]
