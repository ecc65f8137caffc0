"""Clocks that jump, stop, or stand in another time zone."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import time
from array import array
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import URL
from tars_registry.model import Key
from tars_registry.table.leases import (
    DEFAULT_LENGTH,
    OWN_LENGTH,
    SHORTEST,
    LeaseClock,
    lease_length,
    too_many,
)
from tars_runtime.communicator import Communicator

from tests.registry.conftest import empty_database
from tests.registry.mariadb import MariaDB
from tests.registry.program import OBJECT, Client, Process
from tests.registry.rig import Rig


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


class Clock:
    """The clocks of a process, as it sees them."""

    def __init__(self, folder: Path) -> None:
        compiler = shutil.which("cc")
        if compiler is None:
            pytest.skip("a C compiler makes the clock that jumps: apt install gcc")
        self._file, library = folder / "jumps", folder / "clock.so"
        self.jump()
        source = Path(__file__).with_name("clock.c")
        command = [compiler, "-shared", "-fPIC", "-o", str(library), str(source)]
        subprocess.run(command, check=True)
        self.variables = {"LD_PRELOAD": str(library), "CLOCK_JUMPS": str(self._file)}

    def jump(self, *, wall: int = 0, monotonic: int = 0) -> None:
        """Be so many seconds ahead of the real time, or behind."""
        with self._file.open("r+b" if self._file.exists() else "w+b") as file:
            file.write(array("q", [wall, monotonic]).tobytes())


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    return Clock(tmp_path)


@pytest.fixture
def registry(tmp_path: Path, clock: Clock) -> Iterator[Process]:
    process = Process(tmp_path, variables=clock.variables)
    yield process
    process.close()


def count(registry: Process, name: str) -> int:
    found = re.search(rf"^tarsregistry_{name} (\d+)$", registry.get("/metrics"), re.M)
    assert found is not None
    return int(found[1])


DAY_AND_MORE = 100_000


def wait_for_a_sweep(registry: Process) -> None:
    """The pages alone tell of it."""
    seen = count(registry, "sweeps_total")
    while count(registry, "sweeps_total") == seen:
        time.sleep(0.1)


async def test_a_jump_of_the_clock_takes_nobody_out(
    registry: Process, clock: Clock
) -> None:
    async with Communicator() as communicator:
        client = Client(communicator, registry.port)
        await client.start("127.0.0.2")
        await client.start("127.0.0.3", State="activating")
        for jump in (
            {"wall": DAY_AND_MORE, "monotonic": DAY_AND_MORE},  # the machine slept
            {"wall": -DAY_AND_MORE, "monotonic": DAY_AND_MORE},
        ):
            clock.jump(**jump)
            await asyncio.to_thread(wait_for_a_sweep, registry)
        await client.start("127.0.0.4")
        active = await client.query.findObjectById(OBJECT)
    assert [each.host for each in active] == ["127.0.0.2", "127.0.0.4"]
    servers = await asyncio.to_thread(registry.get, "/servers?application=Demo")
    assert len(servers) == 3
    for name in ("expired_total", "collected_total", "held_back", "faults_total"):
        assert await asyncio.to_thread(count, registry, name) == 0
    assert await asyncio.to_thread(count, registry, "pauses_total") == 1
