"""The program as it is run: its ready line, what it serves, its stop, its only process."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from tars_runtime.communicator import Communicator
from tars_runtime.errors import ServerError
from tars_runtime.interfaces.tars import (
    GetMetricsAdaptersReq,
    RegisterMetricsReq,
    keepAliveReq,
    onPrestopReq,
)

from tests.registry.program import OBJECT, Client, Process, environment, run


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
    assert registry.end() == 0
    again = Process(registry.folder)
    try:
        assert len(again.get("/servers")) == 1, "one row of its own, not two"
    finally:
        again.close()


def test_a_second_process_on_one_file_is_refused(registry: Process) -> None:
    done = run("serve", "--port", "0", "--db", str(registry.folder / "r.db"))
    assert done.returncode == 2
    assert (
        f"another tarsregistry uses it (process {registry.process.pid})" in done.stderr
    )
