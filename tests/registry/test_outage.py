"""A database that is away: nothing acknowledged is lost, queries go on, nobody expires for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from sqlalchemy.engine import URL
from tars_registry.refusals import UNAVAILABLE, Unavailable
from tars_registry.table.leases import DEFAULT_LENGTH
from tars_runtime.errors import ServerError

from tests.registry.cable import Cable
from tests.registry.mariadb import MariaDB
from tests.registry.rig import NODE, Rig


@pytest.fixture
async def far(mysql: URL, cable: Cable, open_rig: Callable[..., Rig]) -> Rig:
    """A registry whose way to its database can be cut."""
    rig = open_rig(mysql.set(port=cable.port))
    await rig.load()
    await rig.start()
    return rig


async def lose(rig: Rig, cable: Cable) -> None:
    """Cut the cable, and let the registry notice."""
    cable.cut()
    with pytest.raises(Unavailable):
        await rig.keeper.poll()


async def find_again(rig: Rig, cable: Cable) -> None:
    cable.mend()
    await rig.keeper.poll()


async def test_queries_go_on_from_memory(far: Rig, cable: Cable) -> None:
    await lose(far, cable)
    assert far.active() == [NODE]
    assert far.store.outages == 1


async def test_a_registration_gets_an_error_that_invites_another_try(
    far: Rig, cable: Cable
) -> None:
    await lose(far, cable)
    with pytest.raises(ServerError, match="not stored, try again") as caught:
        await far.start("10.0.0.2")
    assert caught.value.code == UNAVAILABLE
    await find_again(far, cable)
    await far.start("10.0.0.2")
    assert far.active() == [NODE, "10.0.0.2"]


async def test_a_heartbeat_is_acknowledged_and_written_afterwards(
    far: Rig, cable: Cable, mysql: URL, open_rig: Callable[..., Rig]
) -> None:
    await far.edit_directly("UPDATE t_node_info SET last_heartbeat = '2020-01-01'")
    await lose(far, cable)
    assert await asyncio.wait_for(far.beat(), 1.0) == {}
    assert far.store.beats_from_memory == 1
    await find_again(far, cable)
    await far.beat()
    (heard,) = await far.row("SELECT last_heartbeat > '2020-01-02' FROM t_node_info")
    assert heard


async def test_nobody_is_told_to_register_again_by_a_registry_that_cannot_look(
    far: Rig, cable: Cable
) -> None:
    """Another replica may have the server; a herd of registrations would be refused besides."""
    assert await far.beat("10.0.0.2") == {"registered": "0"}
    await lose(far, cable)
    assert await far.beat("10.0.0.2") == {}


async def test_a_frozen_database_holds_a_heartbeat_for_three_tenths_of_a_second(
    far: Rig, cable: Cable
) -> None:
    cable.freeze()
    loop = asyncio.get_running_loop()
    started = loop.time()
    await far.beat()
    assert 0.25 < loop.time() - started < 0.7
    cable.mend()


async def test_a_frozen_database_refuses_a_change_within_a_second(
    far: Rig, cable: Cable
) -> None:
    cable.freeze()
    loop = asyncio.get_running_loop()
    started = loop.time()
    with pytest.raises(Unavailable):
        await far.beat(state="deactivating")
    assert loop.time() - started < 1.0
    moved = asyncio.Event()
    far.memory.listeners.append(lambda _: moved.set())
    cable.mend()
    await moved.wait()
    assert far.inactive() == [NODE], "it was committed after all, and memory knows"


async def test_after_an_outage_every_lease_starts_anew(far: Rig, cable: Cable) -> None:
    await far.edit_directly("UPDATE tars2py_lease SET beat = 7")
    await far.edit_directly("UPDATE t_node_info SET last_heartbeat = '2020-01-01'")
    await lose(far, cable)
    far.pass_time(DEFAULT_LENGTH)
    await find_again(far, cable)
    assert await far.keeper.sweep() == 0
    far.pass_time(DEFAULT_LENGTH - 1)
    assert await far.keeper.sweep() == 0
    far.pass_time(1)
    assert await far.keeper.sweep() == 1


async def test_cut_off_from_the_database_but_not_alone_it_sends_callers_to_a_peer(
    far: Rig, cable: Cable
) -> None:
    await far.edit_directly(
        "INSERT INTO t_server_conf (application, server_name, node_name, setting_state, "
        "present_state) VALUES ('tars', 'tarsregistry', '10.1.0.1', 'active', 'active'), "
        "('tars', 'tarsregistry', '10.1.0.2', 'active', 'active')"
    )
    await far.edit_directly(
        "INSERT INTO t_adapter_conf (application, server_name, node_name, adapter_name, servant, "
        "endpoint) VALUES ('tars', 'tarsregistry', '10.1.0.1', 'a', "
        "'tars.tarsregistry.Registry', 'tcp -h 10.1.0.1 -p 1'), ('tars', 'tarsregistry', "
        "'10.1.0.2', 'a', 'tars.tarsregistry.Registry', 'tcp -h 10.1.0.2 -p 1')"
    )
    await far.keeper.poll()
    await lose(far, cable)
    assert await far.beat() == {}
    far.store.outage_since = far.store.clock() - DEFAULT_LENGTH / 4 - 1
    with pytest.raises(Unavailable, match="ask another"):
        await far.beat()


async def test_a_database_that_lost_our_rows_gets_them_back(
    far: Rig, mariadb: MariaDB
) -> None:
    for each in range(20):
        await far.start(f"10.0.2.{each}")
    await far.keeper.poll()
    for table in ("t_server_conf", "t_adapter_conf", "t_node_info", "tars2py_lease"):
        mariadb.execute(f"DELETE FROM {table}", database="db_tars")
    await far.keeper.poll()
    assert len(far.active()) == 21
    assert (await far.row("SELECT COUNT(*) FROM t_server_conf"))[0] == 21
    assert (await far.row("SELECT COUNT(*) FROM t_adapter_conf"))[0] == 21
    assert await far.beat() == {}


async def test_an_operator_who_deletes_a_few_rows_means_it(
    far: Rig, mariadb: MariaDB
) -> None:
    for each in range(20):
        await far.start(f"10.0.2.{each}")
    await far.keeper.poll()
    mariadb.execute(
        "DELETE FROM t_server_conf WHERE node_name = '10.0.2.1'", database="db_tars"
    )
    await far.keeper.poll()
    assert len(far.active()) == 20


async def test_one_bad_change_does_not_poison_its_batch(
    far: Rig, mariadb: MariaDB
) -> None:
    """A row of another's that is too narrow for us: the change fails alone."""
    mariadb.execute(
        "ALTER TABLE t_server_conf MODIFY patch_version varchar(3) NOT NULL DEFAULT ''",
        database="db_tars",
    )
    try:
        results = await asyncio.gather(
            far.start("10.0.3.1", Version="12345"),
            far.start("10.0.3.2", Version="1"),
            far.start("10.0.3.3", Version="2"),
            return_exceptions=True,
        )
    finally:
        mariadb.execute(
            "ALTER TABLE t_server_conf MODIFY patch_version varchar(128) NOT NULL DEFAULT ''",
            database="db_tars",
        )
    assert [isinstance(each, Unavailable) for each in results] == [True, False, False]
    assert far.active() == [NODE, "10.0.3.2", "10.0.3.3"]
