"""The pages over HTTP: health, metrics, targets, JSON; and requests that are none."""

from __future__ import annotations

import asyncio
import re
import socket
import time
import urllib.error
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tars_registry.http.exposition import exposition
from tars_registry.http.metrics import families
from tars_registry.http.pages import Site
from tars_registry.http.server import HttpServer, Page
from tars_registry.lookup.answers import Answers
from tars_registry.model import ACTIVE, Adapter, Server
from tars_registry.servants.metrics import metrics_targets
from tars_registry.servants.push import Subscriptions
from tars_registry.storage.location import locate
from tars_runtime.communicator import Communicator
from tars_runtime.interfaces.tars import RegisterMetricsReq

from tests.registry.program import Client, Process
from tests.registry.rig import Rig

MANY = 500


@pytest.fixture
async def rig_of_many(tmp_path: Path, open_rig: Callable[..., Rig]) -> Rig:
    """A registry that knows many servers."""
    rig = open_rig(locate("", str(tmp_path / "r.db"), {}))
    for each in range(MANY):
        names: dict[str, Any] = {
            "application": "Demo",
            "server_name": "S",
            "node_name": f"10.0.{each // 250}.{each % 250}",
        }
        server = Server(id=each, present_state=ACTIVE, metrics_port=9, **names)
        adapter = Adapter(
            id=each, adapter_name="A", servant="Demo.S.O", endpoint="tcp -p 1", **names
        )
        rig.memory.catalog.put(server, [adapter])
    return rig


def test_the_pages(shared: Process) -> None:
    assert shared.get("/healthz") == "ok\n"
    assert shared.get("/readyz") == "ready\n"
    metrics = shared.get("/metrics")
    assert "# TYPE tarsregistry_heartbeats_total counter" in metrics
    assert 'tarsregistry_servers{state="active"} 1' in metrics
    told = set(re.findall(r"^# TYPE tarsregistry_(\w+)", metrics, re.M))
    assert told >= {
        *("registrations_total", "heartbeats_total", "queries_total"),
        *("servers", "adapters", "leases", "expired_total", "collected_total"),
        *("commits_total", "commit_seconds_total", "database_outages_total"),
        *("database_up", "refusals_total", "subscribers"),
    }
    assert shared.get("/servers?application=tars")[0]["server_name"] == "tarsregistry"
    assert shared.get("/objects") == [
        {"object": "tars.tarsregistry.Registry", "active": 1, "inactive": 0}
    ]
    found = shared.get("/resolve?object=tars.tarsregistry.Registry&node=10.0.0.1")
    assert found["rule"] == "all nodes: the caller is in no group"
    assert shared.get("/sd/prometheus") == []


@pytest.mark.parametrize(
    ("path", "code"),
    [("/nothing", 404), ("/resolve", 400), ("/servers?colour=red", 400)],
)
def test_pages_that_are_not_there(shared: Process, path: str, code: int) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        shared.get(path)
    assert caught.value.code == code
    caught.value.close()


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        pytest.param(b"POST /metrics HTTP/1.1\r\n\r\n", b"405", id="not GET"),
        pytest.param(b"nonsense\r\n\r\n", b"400", id="no HTTP"),
        pytest.param(
            b"GET / HTTP/1.1\r\nA: " + b"a" * 20000 + b"\r\n\r\n",
            b"400",
            id="too large",
        ),
    ],
)
def test_odd_requests_are_refused(
    shared: Process, request_: bytes, status: bytes
) -> None:
    with socket.create_connection(("127.0.0.1", shared.http), timeout=5) as connection:
        connection.sendall(request_)
        assert connection.recv(100).split()[1] == status


async def test_only_live_servers_are_targets_unless_all_are_wanted(
    shared: Process,
) -> None:
    async with Communicator() as communicator:
        client = Client(communicator, shared.port)
        for node, state in (("127.0.0.2", "active"), ("127.0.0.3", "activating")):
            await client.start(node, State=state)
            await client.registry.registerMetrics(
                RegisterMetricsReq(
                    nodeName=node,
                    application="Demo",
                    server="HelloServer",
                    metricsPort=9,
                )
            )
    get = shared.get
    live, every = await asyncio.gather(
        asyncio.to_thread(get, "/sd/prometheus"),
        asyncio.to_thread(get, "/sd/prometheus?all=1"),
    )
    assert live[0]["targets"] == ["127.0.0.2:9"]
    assert every[0]["targets"] == ["127.0.0.2:9", "127.0.0.3:9"]


async def test_it_is_not_ready_before_it_has_read_the_tables(
    tmp_path: Path, open_rig: Callable[..., Rig]
) -> None:
    rig = open_rig(locate("", str(tmp_path / "r.db"), {}))
    site = Site(rig.memory, lambda: iter(()))
    before = await site("/readyz", {})
    await rig.load()
    after = await site("/readyz", {})
    assert before is not None
    assert after is not None
    assert (before.status, after.status) == (503, 200)


async def test_how_far_a_replica_may_be_behind_is_told(
    tmp_path: Path, open_rig: Callable[..., Rig]
) -> None:
    rig = open_rig(locate("", str(tmp_path / "r.db"), {}))
    await rig.load()
    rig.keeper.last_poll = time.monotonic() - 42
    told = families(
        rig.registrar, rig.keeper, Answers(rig.memory.catalog), Subscriptions(), {}
    )
    assert re.search(r"^tarsregistry_lag_seconds 4[23]", exposition(told), re.M)


def test_targets_with_an_ipv6_address_are_in_brackets() -> None:
    servers = [
        Server(id=at, application="A", server_name="S", node_name=node, metrics_port=9)
        for at, node in enumerate(("fd00::1", "10.0.0.1"))
    ]
    (group,) = metrics_targets(servers)
    assert group.targets == ["[fd00::1]:9", "10.0.0.1:9"]


@pytest.mark.parametrize("path", ["/servers", "/sd/prometheus"])
async def test_whoever_reads_a_long_page_keeps_nobody_waiting(
    rig_of_many: Rig, path: str
) -> None:
    site = Site(rig_of_many.memory, lambda: iter(()))
    page = asyncio.create_task(site(path, {"all": "1"} if "sd" in path else {}))
    turns = 0
    while not page.done():
        await asyncio.sleep(0)
        turns += 1
    made = page.result()
    assert made is not None
    assert made.body.count("10.0.") >= MANY
    assert turns > 1, "others had their turns while it was made"


async def test_who_is_being_answered_at_the_end_still_is() -> None:
    asked, finish = asyncio.Event(), asyncio.Event()

    async def slow(path: str, query: dict[str, str]) -> Page:
        del path, query
        asked.set()
        await finish.wait()
        return Page("done\n")

    server = HttpServer(slow)
    port = await server.listen("127.0.0.1", 0)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\n\r\n")
    await asked.wait()
    closing = asyncio.create_task(server.close())
    await asyncio.sleep(0)
    assert not closing.done()
    finish.set()
    assert (await reader.read()).endswith(b"done\n")
    await closing
    writer.close()


async def test_who_says_nothing_does_not_hold_up_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tars_registry.http.server.FAREWELL", 0.05)
    connected = asyncio.Event()

    class Watched(HttpServer):
        async def _serve(
            self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
        ) -> None:
            connected.set()
            await super()._serve(reader, writer)

    server = Watched(lambda path, query: asyncio.sleep(0))
    port = await server.listen("127.0.0.1", 0)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await connected.wait()
    await asyncio.wait_for(server.close(), 5)
    writer.write(b"GET / HTTP/1.1\r\n\r\n")
    assert b"404" in await reader.read(), "the late answer of a loop that goes on"
    writer.close()
