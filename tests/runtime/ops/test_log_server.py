"""The logs of a running server: where lines go, and the admin object's commands for them."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from Demo import GreeterProxy
from greeter import NAME, Greeter
from tars_runtime.application import Application
from tars_runtime.communicator import Communicator
from tars_runtime.config import ServerConfig
from tars_runtime.interfaces.tars import AdminFProxy
from tars_runtime.rpc import CallOptions

log = logging.getLogger("test.greeter")


class Loud(Greeter):
    async def rest(self) -> None:
        log.debug("resting")


@asynccontextmanager
async def running(
    tmp_path: Path, **settings: Any
) -> AsyncIterator[tuple[Application, Communicator]]:
    app = Application(
        ServerConfig(
            app="Demo",
            server="HelloServer",
            local="tcp -h 127.0.0.1 -p 0",
            logpath=str(tmp_path),
            datapath=str(tmp_path / "data"),
            **{"log_level": "INFO", **settings},
        )
    )
    app.add_adapter("A", "tcp -h 127.0.0.1 -p 0 -t 60000", servant=NAME)
    app.add_servant(NAME, Loud())
    task = asyncio.create_task(app.serve(grace=1.0))
    await app.started()
    try:
        async with Communicator() as client:
            yield app, client
    finally:
        app.shutdown("the test is over")
        await task


async def admin(app: Application, client: Communicator, line: str) -> str:
    where = app.endpoint("AdminObj")
    return await client.proxy(AdminFProxy, f"AdminObj@{where}").notify(line)


async def test_setloglevel_shows_debug_lines(tmp_path: Path) -> None:
    path = tmp_path / "Demo" / "HelloServer" / "Demo.HelloServer.log"
    async with running(tmp_path) as (app, client):
        greeter = client.proxy(GreeterProxy, f"{NAME}@{app.endpoint(NAME)}")
        await greeter.rest()
        assert "resting" not in path.read_text()
        answer = await admin(app, client, "tars.setloglevel DEBUG")
        assert answer == "set log level [DEBUG] ok"
        await greeter.rest()
        assert path.read_text().count("|DEBUG|resting\n") == 1
        answer = await admin(app, client, "tars.setloglevel LOUD")
        assert answer.startswith("tars.setloglevel failed: expected a log level of")


async def test_lines_of_dyed_calls_are_copied(tmp_path: Path) -> None:
    dyed = tmp_path / "tars_dyeing" / "dyeing.log"
    async with running(tmp_path) as (app, client):
        await admin(app, client, "tars.setloglevel DEBUG")
        greeter = client.proxy(GreeterProxy, f"{NAME}@{app.endpoint(NAME)}")
        await greeter.rest()
        assert not dyed.exists()
        await greeter.rest(options=CallOptions(dyeing="key"))
        (line,) = dyed.read_text().splitlines()
        assert line.startswith("Demo.HelloServer|")
        assert line.endswith("|DEBUG|resting")


async def test_json_lines_name_the_call(tmp_path: Path) -> None:
    path = tmp_path / "Demo" / "HelloServer" / "Demo.HelloServer.log"
    async with running(tmp_path, log_format="json", log_level="DEBUG") as (app, client):
        greeter = client.proxy(GreeterProxy, f"{NAME}@{app.endpoint(NAME)}")
        await greeter.rest()
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    (line,) = [each for each in lines if each["msg"] == "resting"]
    assert line["call"] == f"{NAME}.rest"
    assert line["request_id"] > 0
    assert line["logger"] == "test.greeter"


@pytest.mark.parametrize(
    "words", ["", "local", "everywhere|a|true", "local|a|perhaps", "local|a|true extra"]
)
async def test_enabledaylog_says_what_it_expects(tmp_path: Path, words: str) -> None:
    async with running(tmp_path) as (app, client):
        answer = await admin(app, client, f"tars.enabledaylog {words}")
        assert "expected {remote|local}|[name]|{true|false}, got" in answer


async def test_enabledaylog_turns_a_daily_log_off(tmp_path: Path) -> None:
    async with running(tmp_path) as (app, client):
        access = app.logs.daily("access")
        access.info("one")
        await admin(app, client, "tars.enabledaylog local|access|false")
        access.info("two")
        await admin(app, client, "tars.enabledaylog local|access|true")
        access.info("three")
        (path,) = (tmp_path / "Demo" / "HelloServer").glob("*_access_*.log")
        lines = [line.split("|")[1] for line in path.read_text().splitlines()]
        assert lines == ["one", "three"]
