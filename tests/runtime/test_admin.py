"""The admin object's commands, and commands of one's own."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from Demo import GreeterProxy, Greeting
from greeter import NAME, Greeter
from tars_runtime import rpc, testing
from tars_runtime.admin.commands import CommandTable
from tars_runtime.application import Application
from tars_runtime.communicator import Communicator
from tars_runtime.config import Config, ServerConfig
from tars_runtime.errors import CallTimeout, UsageError
from tars_runtime.interfaces.tars import AdminFProxy


class Desk:
    """A server, its servant, and a client of both."""

    def __init__(
        self, app: Application, servant: Greeter, client: Communicator
    ) -> None:
        self.app, self.servant = app, servant
        self.greeter = client.proxy(GreeterProxy, f"{NAME}@{app.endpoint(NAME)}")
        self._admin = client.proxy(AdminFProxy, f"AdminObj@{app.endpoint('AdminObj')}")

    async def ask(self, line: str) -> str:
        return await self._admin.notify(line)

    async def stop(self) -> None:
        await self._admin.shutdown()


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    servant = Greeter()
    app = Application(
        ServerConfig(app="Demo", server="HelloServer", local="tcp -h 127.0.0.1 -p 0")
    )
    app.add_adapter("A", "tcp -h 127.0.0.1 -p 0 -t 60000", servant=NAME)
    app.add_servant(NAME, servant)
    running = asyncio.create_task(app.serve(grace=1.0))
    await app.started()
    async with Communicator() as client:
        yield Desk(app, servant, client)
        servant.wake.set()
    app.shutdown()
    await running


async def test_help_lists_every_command_with_what_it_does(desk: Desk) -> None:
    lines = (await desk.ask("tars.help")).splitlines()
    names = {line.split()[0] for line in lines}
    assert names >= {
        "tars.help",
        "tars.viewstatus",
        "tars.viewversion",
        "tars.setloglevel",
        "tars.connection",
        "tars.drainstatus",
        "tars.loadproperty",
        "tars.setdyeing",
        "tars.reloadlocator",
        "tars.resource",
        "tars.dumpstack",
        "tars.closecout",
        "tars.closecore",
        "tars.bid",
        "tars.gracerestart",
        "tars.pprof",
        "preheatCheck",
        "prestop",
    }
    assert all(len(line.split()) > 1 for line in lines)


async def test_drainstatus_counts_what_is_in_flight_elsewhere(desk: Desk) -> None:
    call = asyncio.ensure_future(desk.greeter.rest())
    await desk.servant.resting.wait()
    status = json.loads(await desk.ask("tars.drainstatus"))
    assert (status["inflight"], status["connections"]) == (1, 1)
    desk.servant.wake.set()
    await call
    status = json.loads(await desk.ask("tars.drainstatus"))
    assert status["inflight"] == 0
    assert status["idle_ms"] < 5000


async def test_setloglevel_changes_the_process(desk: Desk) -> None:
    root = logging.getLogger()
    before = root.level
    try:
        assert await desk.ask("tars.setloglevel error") == "set log level [ERROR] ok"
        assert root.level == logging.ERROR
        assert "expected a log level" in await desk.ask("tars.setloglevel x")
    finally:
        root.setLevel(before)


async def test_setdyeing_dyes_requests_with_the_key(desk: Desk) -> None:
    assert "are dyed" in await desk.ask(f"tars.setdyeing order-7 {NAME} greet")
    for key in ("order-7", "order-8"):
        options = rpc.CallOptions(status={"STATUS_GRID_KEY": key})
        await desk.greeter.greet(Greeting(), options=options)
    dyed, plain = desk.servant.seen
    assert dyed.request.message_type & 4
    assert dyed.status["STATUS_DYED_KEY"] == "order-7"
    assert not plain.request.message_type & 4
    assert "no requests are dyed" in await desk.ask("tars.setdyeing")
    assert "failed" in await desk.ask("tars.setdyeing just-a-key")


async def test_resource_and_dumpstack_show_the_process(desk: Desk) -> None:
    assert "memory: " in await desk.ask("tars.resource")
    call = asyncio.ensure_future(desk.greeter.rest())
    await desk.servant.resting.wait()
    assert "greeter.py" in await desk.ask("tars.dumpstack")
    desk.servant.wake.set()
    await call


async def test_connections_and_status_are_shown(desk: Desk) -> None:
    await desk.greeter.greet(Greeting())
    assert "[adapter] A 1 of 1024" in await desk.ask("tars.connection")
    status = await desk.ask("tars.viewstatus")
    assert "requests: 1" in status
    assert "[client]" in status
    assert "endpoints left out: -" in status
    assert NAME in status


async def test_commands_of_ones_own(desk: Desk) -> None:
    @desk.app.admin_command("cache.clear", "forget it all")
    async def clear(words: list[str]) -> str:
        return f"cleared {' '.join(words)}"

    @desk.app.admin_command("cache.break")
    def breaks(words: list[str]) -> str:
        """Always fails."""
        raise KeyError("a secret")

    assert await desk.ask("cache.clear  a   b") == "cleared a b"
    assert await desk.ask("cache.break") == "cache.break failed: KeyError, see the log"
    assert "Always fails." in await desk.ask("tars.help")


async def test_preheatcheck_says_whether_it_serves(desk: Desk) -> None:
    assert await desk.ask("preheatCheck") == "success"
    desk.app.healthy = False
    assert await desk.ask("preheatCheck") == "not ready"


async def test_what_is_not_offered_is_said(desk: Desk) -> None:
    assert "py-spy" in await desk.ask("tars.pprof 8080 60")
    assert "supervisor" in await desk.ask("tars.gracerestart")


async def test_shutdown_stops_in_order(desk: Desk) -> None:
    call = asyncio.ensure_future(desk.greeter.rest())
    await desk.servant.resting.wait()
    await desk.stop()
    desk.servant.wake.set()
    await call
    assert desk.servant.rested == 1


def test_a_command_has_a_name_without_blanks() -> None:
    with pytest.raises(UsageError, match="without blanks"):
        CommandTable().add("two words", lambda _: "", "")


async def test_reloadlocator_asks_the_new_registry(tmp_path: Path) -> None:
    path = tmp_path / "x.conf"

    def write(port: int) -> None:
        inner = f"locator=tars.tarsregistry.QueryObj@tcp -h 127.0.0.1 -p {port}"
        path.write_text(
            f"<tars>\n<application>\n<client>\n{inner}\n</client>\n</application>\n</tars>\n"
        )

    write(1)
    app = Application.from_config(Config.load(path))
    write(2)
    assert "-p 2" in await app.commands.run("tars.reloadlocator")
    assert "-p 2" in app.communicator.config.locator
    path.unlink()
    assert "failed: " in await app.commands.run("tars.reloadlocator")


async def test_loadproperty_takes_over_the_times_of_calls(tmp_path: Path) -> None:
    path = tmp_path / "x.conf"

    def write(timeout: int) -> None:
        path.write_text(
            f"<tars>\n<application>\n<client>\nsync-invoke-timeout={timeout}\n"
            "</client>\n</application>\n</tars>\n"
        )

    write(60_000)
    servant = Greeter()
    async with testing.serving({NAME: servant}) as (other, _):
        app = Application.from_config(Config.load(path))
        greeter = app.communicator.proxy(GreeterProxy, f"{NAME}@{other.endpoint(NAME)}")
        call = asyncio.ensure_future(greeter.rest())
        await servant.resting.wait()
        write(30)
        answer = await app.commands.run("tars.loadproperty")
        assert "call_timeout: 0.03" in answer
        with pytest.raises(CallTimeout):
            await greeter.rest()
        servant.wake.set()
        await call
        await app.close_communicator()
    assert "failed: expected" in await Application().commands.run("tars.loadproperty")
