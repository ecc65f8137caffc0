"""The program as it is run: its ready line, what it serves, its stop, its only process."""

from __future__ import annotations

import asyncio
import gc
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tars_registry.app.service import Service
from tars_registry.app.values import Settings
from tars_runtime.communicator import Communicator
from tars_runtime.errors import ServerError
from tars_runtime.interfaces.tars import (
    GetMetricsAdaptersReq,
    RegisterMetricsReq,
    keepAliveReq,
    onPrestopReq,
)
from tars_runtime.protocol import ClientWire, Reconnect, Response
from tars_runtime.protocol.envelope import names_of, write_request
from tars_runtime.rpc import CallOptions, ReplyInfo

from tests.registry.program import OBJECT, Client, Process, environment, run, startup


async def test_a_server_registers_is_resolved_beats_and_leaves(
    registry: Process,
) -> None:
    names = {"nodeName": "127.0.0.1", "application": "Demo", "server": "HelloServer"}
    async with Communicator() as communicator:
        client = Client(communicator, registry.port)
        await client.start(State="activating")
        assert await client.query.findObjectById(OBJECT) == []
        await client.registry.keepAlive(keepAliveReq(state="active", **names))
        assert [each.port for each in await client.query.findObjectById(OBJECT)] == [
            10000
        ]
        found = await client.query.findObjectNodeName(OBJECT)
        assert (found.ret, found.nodeName) == (0, ["127.0.0.1"])
        assert await client.query.registerChange({}, "me") == -1
        await client.registry.registerMetrics(
            RegisterMetricsReq(metricsPort=0, **names)
        )
        reply = await client.registry.getMetricsAdapters(GetMetricsAdaptersReq())
        assert reply.rsp[0].targets == ["127.0.0.1:9325"]
        await client.registry.onPrestop(onPrestopReq(**names))
        assert await client.query.findObjectById(OBJECT) == []


def test_tarscli_asks_in_json(registry: Process) -> None:
    asked = "tars.tarsregistry.Registry"
    for function, answer in (
        ("findObjectById", "tars_ret"),
        ("findObjectById4Any", "activeEp"),
        ("findObjectByIdInSameGroup", "activeEp"),
    ):
        done = subprocess.run(
            [
                *(sys.executable, "-m", "tarscli", "call"),
                f"tars.tarsregistry.QueryObj@tcp -h 127.0.0.1 -p {registry.port}",
                function,
                "--json",
                json.dumps({"id": asked}),
            ],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
            env=environment(),
        )
        assert done.returncode == 0, done.stderr
        (found,) = json.loads(done.stdout)[answer]
        assert (found["host"], found["port"]) == ("127.0.0.1", registry.port)


async def test_a_value_that_does_not_fit_is_answered_with_its_reason(
    registry: Process,
) -> None:
    async with Communicator() as communicator:
        client = Client(communicator, registry.port)
        with pytest.raises(
            ServerError, match="at most 50 characters, got 51 - at nodeName"
        ) as caught:
            await client.start("n" * 51)
        assert caught.value.code == 1


async def test_the_registry_registers_itself_and_leaves_lookups_before_it_ends(
    registry: Process,
) -> None:
    async with Communicator() as communicator:
        client = Client(communicator, registry.port)
        own = await client.query.findObjectById("tars.tarsregistry.Registry")
        assert [each.port for each in own] == [registry.port]
        assert own[0].timeout == 120_000, "idle clients are not cut"
    assert registry.end() == 0
    again = Process(registry.folder)
    try:
        assert len(again.get("/servers")) == 1, "one row of its own, not two"
    finally:
        again.close()


@pytest.mark.parametrize(
    "flags", [(), ("--host", "0.0.0.0", "--node", "127.0.0.1")], ids=["local", "open"]
)
def test_the_registry_needs_nobodys_leave_to_register_itself(
    tmp_path: Path, flags: tuple[str, ...]
) -> None:
    with Process(tmp_path, "--access", "require", *flags) as registry:
        (own,) = registry.get("/servers")
        assert own["present_state"] == "active"
        assert "refusals_total{" not in registry.get("/metrics")
        assert registry.end() == 0
    assert "require" not in (tmp_path / "log").read_text()


async def test_at_its_end_it_tells_its_clients_to_connect_elsewhere(
    registry: Process,
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", registry.port)
    names = names_of("tars.tarsregistry.QueryObj", "tars_ping")
    assert names is not None
    writer.write(write_request(1, names, b"", 3000))
    await writer.drain()
    wire, events = ClientWire(), list[object]()
    registry.process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(20):
        while data := await reader.read(65536):
            events += wire.receive_data(data)
    writer.close()
    await writer.wait_closed()
    assert [type(each) for each in events] == [Response, Reconnect]
    assert await asyncio.to_thread(registry.process.wait, 20) == 0


def test_secrets_are_in_no_log(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("t0ken")
    token = "--token-file", str(tmp_path / "token")
    flags = "--log-level", "DEBUG", "--access", "require", *token
    with Process(tmp_path, *flags) as registry:
        secret = asyncio.run(secret_of_a_start(registry.port))
        assert registry.say("drain", "*", *token, "--yes", "9").code == 1
        assert registry.end() == 0
    log = (tmp_path / "log").read_text()
    assert "serves tars.tarsregistry.QueryObj" in log
    assert secret
    assert secret not in log
    assert "t0ken" not in log


async def secret_of_a_start(port: int) -> str:
    """Register at a registry; the secret that it answers with."""
    async with Communicator() as communicator:
        client = Client(communicator, port)
        beside = ReplyInfo()
        options = CallOptions(reply=beside)
        await client.registry.onStartup(startup(), options=options)
        return beside.context["secret"]


def test_a_second_process_on_one_file_is_refused(registry: Process) -> None:
    done = run("serve", "--port", "0", "--db", str(registry.folder / "r.db"))
    assert done.returncode == 2
    assert (
        f"another tarsregistry uses it (process {registry.process.pid})" in done.stderr
    )


async def test_the_collector_does_not_look_at_what_was_loaded(tmp_path: Path) -> None:
    """A full collection over 50,000 servers would hold every query up."""
    settings = Settings({"db": str(tmp_path / "r.db"), "port": "0"}, {})
    service = Service(settings)
    before = gc.get_freeze_count()
    try:
        await service.load()
        assert gc.get_freeze_count() > before
        assert gc.isenabled()
    finally:
        await service.close()
        gc.unfreeze()
