"""A kill at any moment, of the registry or of its database: nothing acknowledged is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy.engine import URL
from tars_registry.storage.location import locate
from tars_runtime.communicator import Communicator
from tars_runtime.errors import CallError
from tars_runtime.interfaces.tars import keepAliveReq, onPrestopReq

from tests.registry.conftest import empty_database
from tests.registry.mariadb import MariaDB
from tests.registry.program import Client, Process, startup

SERVERS = 600
GONE = "gone"


@dataclass
class Fleet:
    """Servers that register, change their state and leave, until nobody answers any more."""

    client: Client
    promised: dict[str, str] = field(default_factory=dict[str, str])
    """What was acknowledged last to each node."""
    asked: dict[str, str] = field(default_factory=dict[str, str])
    """What was asked last: it may have happened, or not."""
    acknowledged: int = 0

    async def run(self, wanted: int, kill: asyncio.Event) -> None:
        """Live; ``kill`` is set when so many calls were acknowledged."""
        lives = [
            asyncio.create_task(self._live(number, wanted, kill))
            for number in range(SERVERS)
        ]
        await asyncio.gather(*lives)

    async def _live(self, number: int, wanted: int, kill: asyncio.Event) -> None:
        node = f"127.0.{number // 250 + 1}.{number % 250 + 1}"
        names = {"nodeName": node, "application": "Demo", "server": "HelloServer"}
        registry = self.client.registry
        with suppress(CallError):  # "try again", or the kill
            self.asked[node] = "active"
            await registry.onStartup(startup(node))
            self._note(node, wanted, kill)
            if number % 2:
                self.asked[node] = "inactive"
                await registry.keepAlive(keepAliveReq(state="inactive", **names))
                self._note(node, wanted, kill)
            if number % 3 == 0:
                self.asked[node] = GONE
                await registry.onPrestop(onPrestopReq(**names))
                self._note(node, wanted, kill)

    def _note(self, node: str, wanted: int, kill: asyncio.Event) -> None:
        self.promised[node] = self.asked[node]
        self.acknowledged += 1
        if self.acknowledged >= wanted:
            kill.set()

    def lost(self, stored: dict[str, str]) -> dict[str, tuple[str, str]]:
        """Nodes that are neither as promised nor as asked, with both."""
        found = {node: stored.get(node, GONE) for node in self.promised}
        return {
            node: (found[node], promise)
            for node, promise in self.promised.items()
            if found[node] not in (promise, self.asked[node])
        }


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path) -> URL:
    """A database of each kind that outlives the registry."""
    if request.param == "sqlite":
        return locate("", str(tmp_path / "r.db"), {})
    return empty_database(request.getfixturevalue("mariadb"))


@pytest.fixture
def registry(tmp_path: Path, place: URL) -> Iterator[Process]:
    process = serve(tmp_path, place)
    yield process
    process.close()


def serve(folder: Path, place: URL) -> Process:
    text = place.render_as_string(hide_password=False).replace("+pymysql", "")
    return Process(folder, "--db", text, "--snapshot", "off")


def states(registry: Process) -> dict[str, str]:
    rows = registry.get("/servers?application=Demo")
    assert all(each["adapters"] for each in rows), "no registration is there by half"
    return {each["node_name"]: each["present_state"] for each in rows}


@pytest.mark.parametrize(
    ("place", "wanted"),
    [("sqlite", 1), ("sqlite", 500), ("mysql", 150)],
    indirect=["place"],
)
async def test_of_the_registry(
    registry: Process, tmp_path: Path, place: URL, wanted: int
) -> None:
    async with Communicator() as communicator:
        fleet, kill = Fleet(Client(communicator, registry.port)), asyncio.Event()
        living = asyncio.create_task(fleet.run(wanted, kill))
        await kill.wait()
        registry.kill()
        await living
    again = serve(tmp_path, place)
    try:
        assert fleet.acknowledged >= wanted
        assert fleet.lost(await asyncio.to_thread(states, again)) == {}
    finally:
        again.close()


async def test_of_the_database_server(mariadb: MariaDB, tmp_path: Path) -> None:
    """The registry goes too, so that its memory cannot give back what the disk lost."""
    place = empty_database(mariadb)
    registry = serve(tmp_path, place)
    try:
        async with Communicator() as communicator:
            fleet, kill = Fleet(Client(communicator, registry.port)), asyncio.Event()
            living = asyncio.create_task(fleet.run(200, kill))
            await kill.wait()
            await asyncio.to_thread(mariadb.stop, kill=True)
            registry.kill()
            await living
    finally:
        registry.close()
        if not mariadb.is_running:
            mariadb.start()
    again = serve(tmp_path, place)
    try:
        assert fleet.acknowledged >= 200
        assert fleet.lost(await asyncio.to_thread(states, again)) == {}
    finally:
        again.close()
