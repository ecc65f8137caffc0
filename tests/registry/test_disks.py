"""A disk that is full or wrote half: what was acknowledged stays, and the rest goes on."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pymysql
import pytest
from sqlalchemy import Connection
from tars_registry.refusals import UNAVAILABLE, Unavailable
from tars_registry.storage.location import locate
from tars_runtime.communicator import Communicator
from tars_runtime.errors import ServerError
from tars_runtime.interfaces.tars import keepAliveReq

from tests.registry.conftest import empty_database
from tests.registry.mariadb import MariaDB
from tests.registry.program import OBJECT, Client, Process, startup
from tests.registry.rig import NODE, Rig

SIZE = 3 * 1024 * 1024
BALLAST = 2 * 1024 * 1024

MOUNT = 'mount -t tmpfs -o size="$1" none "$2" && head -c "$3" /dev/zero > "$2/ballast"'


class SmallDisk:
    """A folder that only its process sees, on a file system of its own with little room."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir()
        words = str(SIZE), str(folder), str(BALLAST)
        script = f'{MOUNT} && shift 3 && exec "$@"'
        self.through = [*UNSHARE, "sh", "-c", script, "sh", *words]

    def seen_by(self, process: int) -> Path:
        """The folder as the process sees it."""
        return Path(f"/proc/{process}/root{self._folder}")


UNSHARE = ["unshare", "--user", "--map-root-user", "--mount"]


@pytest.fixture
def disk(tmp_path: Path) -> SmallDisk:
    if shutil.which("unshare") is None:
        pytest.skip("a small disk needs the program unshare: apt install util-linux")
    made = SmallDisk(tmp_path / "disk")
    probe = subprocess.run([*made.through, "true"], capture_output=True, text=True)
    if probe.returncode:
        pytest.skip(f"a small disk needs user namespaces: {probe.stderr.strip()}")
    return made


@pytest.fixture
def registry(tmp_path: Path, disk: SmallDisk) -> Iterator[Process]:
    database = str(tmp_path / "disk" / "r.db")
    process = Process(tmp_path, "--db", database, through=disk.through)
    yield process
    process.close()


async def attempt(client: Client, node: str) -> str:
    """Register a server; why it was told to try again, or nothing."""
    try:
        await client.registry.onStartup(startup(node, Version="v" * 120))
    except ServerError as error:
        if error.code != UNAVAILABLE:
            raise
        return error.text
    return ""


async def come_back(client: Client, node: str) -> None:
    """Register a server as soon as it can be: the registry looks again each second."""
    for _ in range(100):
        if not await attempt(client, node):
            return
        await asyncio.sleep(0.1)
    raise RuntimeError("it is still told to try again")


async def fill(client: Client) -> list[str]:
    """Register servers until there is no room; returns the nodes of those that were."""
    acknowledged: list[str] = []
    while True:
        node = f"127.0.{len(acknowledged) // 250 + 1}.{len(acknowledged) % 250 + 1}"
        said = await attempt(client, node)
        if "full" in said:
            return acknowledged
        if not said:
            acknowledged.append(node)


async def test_a_full_disk_refuses_changes_loses_nothing_and_is_left_behind(
    registry: Process, disk: SmallDisk, tmp_path: Path
) -> None:
    folder = disk.seen_by(registry.process.pid)
    async with Communicator() as communicator:
        client = Client(communicator, registry.port)
        acknowledged = await fill(client)
        names = {"application": "Demo", "server": "HelloServer", "state": "active"}
        beat = keepAliveReq(nodeName=acknowledged[0], **names)
        await client.registry.keepAlive(beat)
        active = await client.query.findObjectById(OBJECT)
        assert [each.host for each in active] == acknowledged
        assert await asyncio.to_thread(registry.get, "/readyz") == "ready\n"
        assert "tarsregistry_database_up 0" in await asyncio.to_thread(
            registry.get, "/metrics"
        )
        (folder / "ballast").unlink()
        await come_back(client, "127.9.9.9")
    kept = os.open(
        folder, os.O_RDONLY
    )  # the disk lives as long as somebody has it open
    registry.kill()
    for name in ("r.db", "r.db-wal"):
        shutil.copy(f"/proc/self/fd/{kept}/{name}", tmp_path / name)
    os.close(kept)
    with sqlite3.connect(tmp_path / "r.db") as database:
        rows = database.execute(
            "SELECT s.node_name FROM t_server_conf s JOIN t_adapter_conf USING (node_name) "
            "WHERE s.application = 'Demo' ORDER BY s.id"
        ).fetchall()
    database.close()
    assert [row[0] for row in rows] == [*acknowledged, "127.9.9.9"]


async def test_every_commit_of_sqlite_is_on_the_disk(
    tmp_path: Path, open_rig: Callable[..., Rig]
) -> None:
    rig = open_rig(locate("", str(tmp_path / "r.db"), {}))

    def settings(one: Connection) -> list[object]:
        names = "journal_mode", "synchronous"
        return [one.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names]

    full = 2
    assert await rig.store.write(settings) == ["wal", full]


@pytest.fixture
async def torn(tmp_path: Path) -> tuple[Path, list[str]]:
    """What a killed registry leaves: a folder with 20 servers in a log, and their nodes."""
    registry = Process(tmp_path)
    nodes = [f"127.0.1.{number}" for number in range(1, 21)]
    async with Communicator() as communicator:
        client = Client(communicator, registry.port)
        for node in nodes:
            await client.start(node)
    registry.kill()
    return tmp_path, nodes


def served(folder: Path) -> list[str]:
    """The nodes that a registry finds there; each with its adapter, or not at all."""
    registry = Process(folder)
    try:
        rows = registry.get("/servers?application=Demo")
    finally:
        registry.close()
    assert all(len(each["adapters"]) == 1 for each in rows)
    return [each["node_name"] for each in rows]


def test_a_write_that_was_torn_behind_the_last_commit_loses_nothing(
    torn: tuple[Path, list[str]],
) -> None:
    folder, nodes = torn
    with (folder / "r.db-wal").open("ab") as file:
        file.write(b"\x00torn" * 1000)
    assert served(folder) == nodes


def test_of_a_log_that_lost_its_end_whole_registrations_are_left(
    torn: tuple[Path, list[str]],
) -> None:
    """A disk that lies about what it wrote: there is no half of a registration."""
    folder, nodes = torn
    log = folder / "r.db-wal"
    whole = log.read_bytes()
    found = []
    for share in (0.9, 0.5):
        log.write_bytes(whole[: int(len(whole) * share)])
        (folder / "r.db-shm").unlink(missing_ok=True)
        found.append(served(folder))
    assert all(each == nodes[: len(each)] for each in found)
    assert 0 < len(found[1]) <= len(found[0]) < len(nodes)


async def test_a_database_that_may_not_grow_refuses_changes_and_loses_nothing(
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
    rig.store.clock = lambda: time.monotonic() + 2  # it looks again each second
    await rig.edit_directly("PRAGMA max_page_count = 1000000")
    await rig.start("10.9.9.9")
    stored = await rig.rows("SELECT node_name FROM t_server_conf ORDER BY id")
    assert [row[0] for row in stored] == [*acknowledged, "10.9.9.9"]


@pytest.fixture
def narrow(tmp_path: Path) -> Iterator[MariaDB]:
    """A MariaDB server that keeps everything in one file of 16 MiB, as a quota would."""
    server = MariaDB(
        tmp_path,
        options=["--innodb-file-per-table=0", "--innodb-data-file-path=ibdata1:16M"],
    )
    server.install()
    server.start()
    yield server
    server.stop()


def stuff(server: MariaDB) -> None:
    """Leave no room for another 100,000 bytes."""
    server.execute("CREATE TABLE ballast (x LONGBLOB)", database="db_tars")
    with suppress(pymysql.err.OperationalError):
        for _ in range(200):
            server.execute(
                "INSERT INTO ballast VALUES (REPEAT('x', 100000))", database="db_tars"
            )


async def test_a_mariadb_without_room_refuses_changes_and_loses_nothing(
    narrow: MariaDB, open_rig: Callable[..., Rig]
) -> None:
    rig = open_rig(empty_database(narrow))
    await rig.load()
    await rig.start()
    acknowledged = [NODE]
    stuff(narrow)

    async def fill() -> None:
        for each in range(5000):
            node = f"10.0.{each // 250 + 1}.{each % 250}"
            await rig.start(node, Version="v" * 120)
            acknowledged.append(node)

    with pytest.raises(Unavailable, match="full"):
        await fill()
    assert await rig.beat() == {}
    assert rig.active() == acknowledged
    narrow.stop()
    narrow.options = [
        *narrow.options[:1],
        "--innodb-data-file-path=ibdata1:16M:autoextend",
    ]
    narrow.start()
    rig.store.clock = lambda: time.monotonic() + 2
    await rig.keeper.poll()
    await rig.start("10.9.9.9")
    stored = await rig.rows("SELECT node_name FROM t_server_conf ORDER BY id")
    assert [row[0] for row in stored] == [*acknowledged, "10.9.9.9"]
