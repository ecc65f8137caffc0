"""A start while the database is away: from the last good table, marked, until it is back."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy.engine import URL
from tars_registry.core.snapshots import Snapshots
from tars_registry.refusals import UNAVAILABLE, Unavailable
from tars_registry.storage import snapshot
from tars_runtime.communicator import Communicator
from tars_runtime.errors import ServerError

from tests.registry.cable import Cable
from tests.registry.program import OBJECT, Client, Process, run, startup
from tests.registry.rig import NODE, Rig


@pytest.fixture
def far(mysql: URL, cable: Cable) -> URL:
    """A database whose cable can be cut."""
    return mysql.set(port=cable.port)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "snapshot"


async def saved(rig: Rig, path: Path) -> None:
    assert await Snapshots(rig.memory, rig.store, path).save()


async def started_without(
    far: URL, cable: Cable, path: Path, open_rig: Callable[..., Rig]
) -> Rig:
    """A registry that starts while its database is away."""
    cable.cut()
    rig = open_rig(far)
    with pytest.raises(Unavailable):
        await rig.load()
    assert Snapshots(rig.memory, rig.store, path).restore()
    return rig


async def test_what_is_written_is_what_is_read(rig: Rig, path: Path) -> None:
    await rig.edit(
        "INSERT INTO t_server_group_rule (group_id, group_name, allow_ip_rule) "
        "VALUES (7, 'one', '10.1.0.*')"
    )
    await rig.edit(
        "INSERT INTO t_group_priority (name, group_list, list_order, station) "
        "VALUES ('p', '7', 1, 'north')"
    )
    await rig.edit(
        "INSERT INTO t_server_conf (application, server_name, node_name) "
        "VALUES ('Not', 'Ours', '10.0.0.9')"
    )
    await rig.keeper.poll()
    await rig.start("10.0.0.1", setID="a.b.1", context={"instance": "p.1"})
    await rig.start("10.0.0.2", adapters=[])
    await saved(rig, path)
    found = snapshot.read(path, rig.database.name)
    assert found is not None
    stored = await rig.store.load()
    assert found.everything.servers.keys() == stored.servers.keys()
    for key, each in stored.servers.items():
        again = found.everything.servers[key]
        assert (again.server, again.adapters) == (each.server, each.adapters)
        assert (again.lease is None) == (each.lease is None)
        if again.lease is not None and each.lease is not None:
            assert again.lease.id == each.lease.id
            assert again.lease.secret == each.lease.secret
            assert again.lease.instance == each.lease.instance
    assert found.everything.rules == stored.rules
    assert found.everything.priorities == stored.priorities
    assert mode_of(path) == 0o600


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


def without_end(lines: list[str]) -> list[str]:
    return lines[:-2]


def with_half_a_line(lines: list[str]) -> list[str]:
    return [*lines[:-2], lines[-2][: len(lines[-2]) // 2]]


def of_another_program(lines: list[str]) -> list[str]:
    head = json.loads(lines[0])
    head["columns"]["Server"].pop()
    return [json.dumps(head), *lines[1:]]


def of_another_database(lines: list[str]) -> list[str]:
    return [json.dumps(json.loads(lines[0]) | {"database": "other"}), *lines[1:]]


def of_nothing(lines: list[str]) -> list[str]:
    return lines[:0]


@pytest.mark.parametrize(
    "spoil",
    [
        without_end,
        with_half_a_line,
        of_another_program,
        of_another_database,
        of_nothing,
    ],
)
async def test_a_file_that_is_not_whole_or_not_ours_is_none(
    mysql: URL,
    open_rig: Callable[..., Rig],
    path: Path,
    spoil: Callable[[list[str]], list[str]],
) -> None:
    rig = open_rig(mysql)
    await rig.load()
    await rig.start()
    await saved(rig, path)
    assert snapshot.read(path, rig.database.name) is not None
    rewrite(path, spoil)
    assert snapshot.read(path, rig.database.name) is None


def rewrite(path: Path, spoil: Callable[[list[str]], list[str]]) -> None:
    path.write_text("\n".join(spoil(path.read_text().splitlines())))


async def test_nothing_is_written_twice_nor_while_the_database_is_away(
    far: URL, cable: Cable, path: Path, open_rig: Callable[..., Rig]
) -> None:
    rig = open_rig(far)
    snapshots = Snapshots(rig.memory, rig.store, path)
    assert not await snapshots.save(), "nothing is loaded yet"
    await rig.load()
    assert await snapshots.save()
    assert not await snapshots.save(), "nothing changed"
    await rig.start()
    cable.cut()
    with pytest.raises(Unavailable):
        await rig.keeper.poll()
    assert not await snapshots.save()


async def test_a_folder_that_cannot_be_written_stops_nothing(
    mysql: URL, open_rig: Callable[..., Rig], tmp_path: Path
) -> None:
    rig = open_rig(mysql)
    await rig.load()
    assert not await Snapshots(rig.memory, rig.store, tmp_path / "no" / "f").save()


async def test_queries_and_heartbeats_go_on_and_changes_are_told_to_try_again(
    far: URL, cable: Cable, path: Path, open_rig: Callable[..., Rig]
) -> None:
    before = open_rig(far)
    await before.load()
    secret = await before.start()
    await saved(before, path)
    rig = await started_without(far, cable, path, open_rig)
    assert rig.memory.picture_taken == pytest.approx(time.time(), abs=60)
    assert rig.active() == [NODE]
    assert await rig.beat(context=secret) == {}
    with pytest.raises(ServerError) as caught:
        await rig.start("10.0.0.2")
    assert caught.value.code == UNAVAILABLE


async def test_the_database_takes_the_snapshots_place_when_it_is_back(
    far: URL, cable: Cable, path: Path, mysql: URL, open_rig: Callable[..., Rig]
) -> None:
    before = open_rig(far)
    await before.load()
    for number in range(1, 31):
        await before.start(f"10.0.0.{number}")
    await saved(before, path)
    await before.close()
    rig = await started_without(far, cable, path, open_rig)
    await rig.beat()
    near = open_rig(mysql)
    await near.load()
    for number in range(2, 31):
        await near.stop(f"10.0.0.{number}")
    await near.edit_directly("UPDATE tars2py_lease SET beat = 7")
    cable.mend()
    await rig.keeper.poll()
    assert rig.memory.picture_taken is None
    assert rig.active() == [NODE], "what left meanwhile is not written back"
    await rig.beat()
    row = "SELECT beat FROM tars2py_lease WHERE app <> ''"
    async with asyncio.timeout(10):
        # A beat does not wait for a slow commit, and the row tells nobody when it comes.
        while (await rig.row(row))[0] <= 7:  # noqa: ASYNC110  # see above
            await asyncio.sleep(0.01)
    await rig.start("10.0.0.2")
    assert rig.active() == [NODE, "10.0.0.2"]


async def test_the_program_starts_from_its_snapshot_and_says_so(
    far: URL, cable: Cable, tmp_path: Path
) -> None:
    database = far.render_as_string(hide_password=False).replace("+pymysql", "")
    flags = "--db", database, "--data", str(tmp_path)
    first = Process(tmp_path, *flags)
    async with Communicator() as communicator:
        await Client(communicator, first.port).registry.onStartup(startup())
    assert first.end() == 0
    cable.cut()
    cold = Process(tmp_path, *flags)
    try:
        assert " 1 server from the snapshot of 20" in cold.ready
        assert cold.get("/readyz").startswith("ready, from the snapshot of 20")
        assert "tarsregistry_from_snapshot 1" in cold.get("/metrics")
        async with Communicator() as communicator:
            client = Client(communicator, cold.port)
            assert len(await client.query.findObjectById(OBJECT)) == 1
            with pytest.raises(ServerError) as caught:
                await client.registry.onStartup(startup("127.0.0.2"))
            assert caught.value.code == UNAVAILABLE
            cable.mend()
            deadline = time.monotonic() + 20
            while await asyncio.to_thread(cold.get, "/readyz") != "ready\n":
                assert time.monotonic() < deadline, (tmp_path / "log").read_text()
                await asyncio.sleep(0.1)
            await client.start("127.0.0.2")
            assert len(await client.query.findObjectById(OBJECT)) == 2
        assert cold.end() == 0
    finally:
        cold.close()


def test_without_a_snapshot_a_cold_start_ends_with_one_line(
    tmp_path: Path, closed_port: int
) -> None:
    flags = "--db", f"u:secret@tcp(127.0.0.1:{closed_port})/d", "--snapshot", "off"
    done = run("serve", *flags, cwd=tmp_path)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
