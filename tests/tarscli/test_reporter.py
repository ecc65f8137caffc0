"""The one writer: newest state only, in order, and what a silent registry does to it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tars_runtime.errors import CallTimeout, NoEndpoint
from tars_runtime.interfaces import tars
from tarscli.files import write_atomic
from tarscli.info import ServerInfo
from tarscli.layout import Layout
from tarscli.meta import Adapter, ServerMeta
from tarscli.registry_client import RegistryClient, endpoint_text, locator_of
from tarscli.states import Word
from tarscli.supervisor.reporter import Reporter, retry_delay

from tests.tarscli.fake_registry import NOTIFY, REGISTRY, FakeRegistry


class Client:
    """A registry client whose calls hang until they are let go."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.fails: list[Exception] = []
        self.known = True
        self.info = SimpleNamespace(server=SimpleNamespace(metrics_port=0))

    async def _call(self, text: str) -> None:
        self.calls.append(text)
        await self.gate.wait()
        if self.fails:
            raise self.fails.pop(0)

    async def on_startup(self, word: str, version: str, disable_flow: bool) -> None:
        await self._call(f"onStartup {word}")

    async def keep_alive(self, word: str) -> bool:
        await self._call(f"keepAlive {word}")
        return self.known

    async def on_prestop(self) -> None:
        await self._call("onPrestop")


def reporter(client: Any) -> Reporter:
    return Reporter(
        client=client,
        interval=30.0,
        version="",
        disable_flow=False,
        on_registered=lambda: None,
        on_acknowledged=lambda word: None,
        say=lambda level, text: None,
    )


async def until(condition: Any) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


async def test_only_the_newest_state_is_sent() -> None:
    client = Client()
    sender = reporter(client)
    client.gate.clear()
    sender.register()
    task = asyncio.create_task(sender.run())
    await until(lambda: client.calls)
    for word in (Word.ACTIVE, Word.INACTIVE, Word.ACTIVE):
        sender.report(word)
    client.gate.set()
    await until(lambda: len(client.calls) == 2)
    await asyncio.sleep(0.05)
    assert client.calls == ["onStartup activating", "keepAlive active"]
    task.cancel()


async def test_an_active_in_flight_cannot_overtake_deactivating() -> None:
    client = Client()
    sender = reporter(client)
    sender.register()
    task = asyncio.create_task(sender.run())
    await until(lambda: "keepAlive activating" in client.calls)
    client.gate.clear()
    sender.report(Word.ACTIVE)
    await until(lambda: "keepAlive active" in client.calls)
    leaving = asyncio.create_task(sender.deactivate())
    await asyncio.sleep(0.05)
    assert client.calls[-1] == "keepAlive active"
    client.gate.set()
    await leaving
    sender.report(Word.ACTIVE)
    await asyncio.sleep(0.05)
    assert client.calls[-1] == "keepAlive deactivating"
    task.cancel()


async def test_after_an_unanswered_call_deactivating_is_sent_twice() -> None:
    client = Client()
    sender = reporter(client)
    sender.register()
    task = asyncio.create_task(sender.run())
    await until(lambda: "keepAlive activating" in client.calls)
    client.fails.append(CallTimeout(-7))
    sender.report(Word.ACTIVE)
    await until(lambda: "keepAlive active" in client.calls)
    await asyncio.sleep(0.01)
    await sender.deactivate()
    assert client.calls[-2:] == ["keepAlive deactivating"] * 2
    task.cancel()


async def test_an_unknown_server_is_registered_again_unless_it_leaves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tarscli.supervisor.reporter._LOST_JITTER", 0.0)
    client = Client()
    client.known = False
    sender = reporter(client)
    sender.word = Word.ACTIVE
    sender.register()
    task = asyncio.create_task(sender.run())
    await until(lambda: client.calls.count("onStartup active") >= 2)
    await sender.deactivate()
    await asyncio.sleep(0.05)
    assert client.calls[-1] == "keepAlive deactivating"
    task.cancel()


def test_retries_double_to_half_a_minute() -> None:
    assert [retry_delay(n, 0.5) for n in (1, 2, 3, 7, 50)] == [
        0.5,
        1.0,
        2.0,
        30.0,
        30.0,
    ]
    assert retry_delay(1, 0.0) == 0.375
    assert retry_delay(1, 1.0) == 0.625


# The client itself.


def info_of(registry: FakeRegistry) -> ServerInfo:
    server = ServerMeta(
        application="Demo",
        server="HelloServer",
        locator=registry.locator,
        adapters=(Adapter(object="HelloObj", endpoint="tcp -h 127.0.0.1 -p 1 -t 2"),),
    )
    return ServerInfo(server, "127.0.0.1", "/tars")


def test_endpoints_keep_their_transport() -> None:
    for number, transport in ((0, "udp"), (1, "tcp"), (2, "ssl")):
        row = tars.EndpointF(host="h", port=5, timeout=6, istcp=number)
        assert endpoint_text(row) == f"{transport} -h h -p 5 -t 6"


def test_a_locator_without_endpoints_is_refused() -> None:
    with pytest.raises(Exception, match=r"expected tars\.tarsregistry\.QueryObj@tcp"):
        locator_of("tars.tarsregistry.QueryObj")


async def test_messages_carry_their_level_and_their_node(
    tmp_path: Path, registry: FakeRegistry
) -> None:
    client = RegistryClient(info_of(registry), Layout(tmp_path), {})
    await client.report("all is well", tars.NOTIFYLEVEL.NOTIFYNORMAL)
    await client.close()
    ((_, name, notice, _),) = registry.calls
    assert name == "reportNotifyInfo"
    assert notice.eLevel == tars.NOTIFYLEVEL.NOTIFYNORMAL
    assert (notice.sApp, notice.sServer, notice.sNodeName) == (
        "Demo",
        "HelloServer",
        "127.0.0.1",
    )
    assert notice.eType == tars.ReportType.REPORT


async def test_a_young_address_is_used_without_asking_and_an_old_one_only_in_an_outage(
    tmp_path: Path, registry: FakeRegistry
) -> None:
    import os
    import time

    cache = Layout(tmp_path).cache(REGISTRY)
    cache.parent.mkdir()
    write_atomic(cache, f"{REGISTRY}@tcp -h 127.0.0.1 -p {registry.port} -t 1000")
    registry.table[REGISTRY] = []
    client = RegistryClient(info_of(registry), Layout(tmp_path), {})
    assert await client.keep_alive("active")
    await client.close()
    os.utime(cache, (time.time() - 60, time.time() - 60))
    client = RegistryClient(info_of(registry), Layout(tmp_path), {})
    with pytest.raises(NoEndpoint, match=f"no active endpoint of {REGISTRY}"):
        await client.keep_alive("active")
    await client.close()
    assert NOTIFY in registry.table
