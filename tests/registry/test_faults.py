"""Faults with a real process and a real disk: nothing that was acknowledged is lost."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

from tars_runtime.communicator import Communicator
from tars_runtime.errors import CallError

from tests.registry.program import Client, Process, startup


async def test_nothing_that_was_acknowledged_is_lost_by_a_kill(
    registry: Process,
) -> None:
    """Registrations run while the process is killed: every one that was answered is there."""
    acknowledged: set[str] = set()

    async def register(client: Client, number: int) -> None:
        node = f"127.0.{number // 250}.{number % 250 + 1}"
        with suppress(CallError):  # "try again", or the kill
            await client.registry.onStartup(startup(node))
            acknowledged.add(node)

    async with Communicator() as communicator:
        client = Client(communicator, registry.port)
        running = [asyncio.create_task(register(client, each)) for each in range(2000)]
        while len(acknowledged) < 300:
            await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            running = [each for each in running if not each.done()]
        registry.process.kill()
        await asyncio.gather(*running, return_exceptions=True)
    registry.close()
    again = Process(registry.folder)
    try:
        found = {each["node_name"] for each in again.get("/servers?application=Demo")}
        assert len(acknowledged) >= 300
        assert acknowledged - found == set()
    finally:
        again.close()


def test_a_torn_log_of_sqlite_loses_no_commit_before_it(tmp_path: Path) -> None:
    registry = Process(tmp_path)
    registry.process.kill()
    registry.close()
    log = tmp_path / "r.db-wal"
    with log.open("ab") as file:
        file.write(b"\x00torn" * 100)
    again = Process(tmp_path)
    assert len(again.get("/servers")) == 1
    assert again.end() == 0
