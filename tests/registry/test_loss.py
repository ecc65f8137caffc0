"""Two registries on one database, each a process: the same answers soon, and one may be killed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tars_runtime.communicator import Communicator
from tars_runtime.interfaces.tars import keepAliveReq

from tests.registry.conftest import empty_database
from tests.registry.mariadb import MariaDB
from tests.registry.program import OBJECT, Client, Process

NODES = ("127.0.0.2", "127.0.0.3", "127.0.0.4")


@pytest.fixture
def pair(mariadb: MariaDB, tmp_path: Path) -> Iterator[tuple[Process, Process]]:
    url = empty_database(mariadb).render_as_string(hide_password=False)
    flags = "--db", url.replace("+pymysql", ""), "--snapshot", "off"
    folders = tmp_path / "one", tmp_path / "other"
    for each in folders:
        each.mkdir()
    with (
        Process(folders[0], *flags, "--node", "127.0.1.1") as one,
        Process(folders[1], *flags, "--node", "127.0.1.2") as other,
    ):
        yield one, other


async def hosts(client: Client) -> list[str]:
    return [each.host for each in await client.query.findObjectById(OBJECT)]


async def beat(client: Client, node: str) -> None:
    names = {"application": "Demo", "server": "HelloServer", "state": "active"}
    await client.registry.keepAlive(keepAliveReq(nodeName=node, **names))


async def test_one_is_killed_and_the_other_serves_on(
    pair: tuple[Process, Process],
) -> None:
    one, other = pair
    async with Communicator() as communicator:
        near, far = Client(communicator, one.port), Client(communicator, other.port)
        for node in NODES:
            await near.start(node)
        assert await hosts(near) == list(NODES)
        seen: list[list[str]] = []
        deadline = time.monotonic() + 10
        while not seen or seen[-1] != list(NODES):
            assert time.monotonic() < deadline, "a poll a second"
            await asyncio.sleep(0.05)
            seen.append(await hosts(far))
        assert seen == sorted(seen, key=len), "what was there once stays"
        one.kill()
        for node in NODES:
            await beat(far, node)
        await far.start("127.0.0.5")
        assert await hosts(far) == [*NODES, "127.0.0.5"]
    states = await asyncio.to_thread(other.get, "/servers?application=Demo")
    assert {each["present_state"] for each in states} == {"active"}
