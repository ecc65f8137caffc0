"""The platform's services: what a running server tells them, and what it does without them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from Demo import GreeterProxy, Greeting
from greeter import NAME, Greeter
from tars_runtime import rpc
from tars_runtime.application import Application
from tars_runtime.communicator import Communicator
from tars_runtime.config import ClientConfig, ServerConfig
from tars_runtime.errors import ConfigError, UsageError
from tars_runtime.interfaces.tars import (
    AdminFProxy,
    ConfigInfo,
    ConfigLoadConfigByInfoReply,
    ConfigServant,
    LogInfo,
    LogServant,
    NotifyServant,
    ReportInfo,
    ServerFServant,
    ServerInfo,
)
from tars_runtime.platform.heartbeat import Progress
from tars_runtime.platform.remoteconfig import plain_name


class Node(ServerFServant):
    """An agent that writes down what it hears."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []
        self.beat = asyncio.Event()

    async def keepAlive(self, serverInfo: ServerInfo) -> int:
        assert serverInfo.serverName == "HelloServer"
        assert serverInfo.pid > 0
        self.heard.append(("alive", serverInfo.adapter))
        self.beat.set()
        return 0

    async def keepActiving(self, serverInfo: ServerInfo) -> int:
        self.heard.append(("activating", serverInfo.adapter))
        return 0

    async def reportVersion(self, app: str, serverName: str, version: str) -> int:
        self.heard.append(("version", f"{app}.{serverName}"))
        return 0

    async def getLatestKeepAliveTime(self) -> int:
        return int(time.time())


class Desk(NotifyServant):
    """A notification service that keeps what it is told."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.infos: list[ReportInfo] = []
        self.stopped = asyncio.Event()

    async def reportNotifyInfo(self, info: ReportInfo) -> None:
        self.infos.append(info)
        self.texts.append(info.sMessage)
        if info.sMessage == "stop":
            self.stopped.set()


class Files(ConfigServant):
    """A configuration service with the files of a test."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.asked: list[ConfigInfo] = []

    async def loadConfigByInfo(
        self, configInfo: ConfigInfo
    ) -> ConfigLoadConfigByInfoReply:
        self.asked.append(configInfo)
        if configInfo.filename == "broken":
            return ConfigLoadConfigByInfoReply(-1, "no database")
        return ConfigLoadConfigByInfoReply(0, self.texts.get(configInfo.filename, ""))

    ListConfig = loadConfig = loadConfigByHost = checkConfig = None  # type: ignore[assignment]  # not asked here
    ListConfigByInfo = checkConfigByInfo = ListAllConfigByInfo = None  # type: ignore[assignment]  # not asked here


class Lines(LogServant):
    """A log service that keeps its lines by file."""

    def __init__(self) -> None:
        self.lines: dict[str, list[str]] = {}
        self.infos: list[LogInfo] = []
        self.got = asyncio.Event()

    async def logger(
        self, app: str, server: str, file: str, format: str, buffer: list[str]
    ) -> None:
        raise AssertionError("loggerbyInfo is asked")

    async def loggerbyInfo(self, info: LogInfo, buffer: list[str]) -> None:
        self.infos.append(info)
        self.lines.setdefault(info.sFilename, []).extend(buffer)
        self.got.set()


SERVICES = {
    "node": ("tars.tarsnode.ServerObj", Node),
    "notify": ("tars.tarsnotify.NotifyObj", Desk),
    "config": ("tars.tarsconfig.ConfigObj", Files),
    "log": ("tars.tarslog.LogObj", Lines),
}


class World:
    """A platform on loopback, and a server beside it."""

    def __init__(self) -> None:
        self.node, self.desk, self.files, self.lines = Node(), Desk(), Files(), Lines()
        self.client = Communicator()
        self.app = Application()

    async def admin(self, line: str) -> str:
        where = self.app.endpoint("AdminObj")
        return await self.client.proxy(AdminFProxy, f"AdminObj@{where}").notify(line)


@asynccontextmanager
async def platform(world: World) -> AsyncIterator[dict[str, str]]:
    """Serve the four services; gives the settings that name them."""
    app = Application(ServerConfig(app="tars", server="platform"))
    served = {"node": world.node, "notify": world.desk}
    served |= {"config": world.files, "log": world.lines}
    for key, (name, _) in SERVICES.items():
        app.add_adapter(key, "tcp -h 127.0.0.1 -p 0 -t 60000", servant=name)
        app.add_servant(name, served[key])
    task = asyncio.create_task(app.serve(grace=1.0))
    await app.started()
    yield {key: f"{name}@{app.endpoint(name)}" for key, (name, _) in SERVICES.items()}
    app.shutdown()
    await task


@asynccontextmanager
async def running(
    tmp_path: Path, prepare: Callable[[Application], Any] = lambda _: None, **more: Any
) -> AsyncIterator[World]:
    world = World()
    async with AsyncExitStack() as stack:
        settings = await stack.enter_async_context(platform(world))
        await stack.enter_async_context(world.client)
        made = {**settings, "basepath": str(tmp_path), **more}
        app = world.app = Application(
            ServerConfig(
                app="Demo",
                server="HelloServer",
                local="tcp -h 127.0.0.1 -p 0 -t 60000",
                node_name="here",
                **made,
            ),
            client=ClientConfig(call_timeout=2.0),
        )
        app.add_adapter("GreeterAdapter", "tcp -h 127.0.0.1 -p 0", servant=NAME)
        app.add_servant(NAME, Greeter())
        prepare(app)
        task = asyncio.create_task(app.serve(grace=1.0))
        await app.started()
        try:
            yield world
        finally:
            app.shutdown()
            await task


async def test_a_server_tells_that_it_starts_lives_and_stops(tmp_path: Path) -> None:
    def prepare(app: Application) -> None:
        app.on_start(lambda: asyncio.sleep(0.1))

    async with running(tmp_path, prepare, heartbeat_interval=0.05) as world:
        for _ in range(2):
            world.node.beat.clear()
            await asyncio.wait_for(world.node.beat.wait(), 5)
        heard = world.node.heard
        assert heard[0] == ("activating", "")
        assert heard[1] == ("version", "Demo.HelloServer")
        assert heard[2:4] == [("alive", "GreeterAdapter"), ("alive", "AdminAdapter")]
        assert world.desk.texts == ["restart"]
        assert world.desk.infos[0].sNodeName == "here"
        world.app.shutdown()
        await asyncio.wait_for(world.desk.stopped.wait(), 5)
        beats = len(world.node.heard)
    assert len(world.node.heard) == beats


async def test_a_server_that_stops_sends_no_heartbeat_while_it_finishes(
    tmp_path: Path,
) -> None:
    async with running(tmp_path, heartbeat_interval=0.02) as world:
        await asyncio.wait_for(world.node.beat.wait(), 5)
        where = f"{NAME}@{world.app.endpoint(NAME)}"
        greeter = world.client.proxy(GreeterProxy, where)
        resting = asyncio.create_task(greeter.rest())
        servant = world.app.servants[NAME]
        assert isinstance(servant, Greeter)
        await servant.resting.wait()
        world.app.shutdown()
        await asyncio.sleep(0.05)
        beats = len(world.node.heard)
        await asyncio.sleep(0.1)  # what is measured
        assert len(world.node.heard) == beats
        servant.wake.set()
        await resting


@pytest.mark.parametrize("failing", ["flag", "check", "raising"])
async def test_an_ill_server_sends_no_heartbeat(tmp_path: Path, failing: str) -> None:
    ill = asyncio.Event()

    def prepare(app: Application) -> None:
        if failing == "flag":
            app.healthy = False
            app.health_check(lambda: ill.set() or True)
            return

        @app.health_check
        async def check() -> bool:
            ill.set()
            if failing == "raising":
                raise ValueError("no disk")
            return False

    async with running(tmp_path, prepare, heartbeat_interval=0.02) as world:
        if failing == "flag":
            await asyncio.sleep(0.1)
            assert not ill.is_set()
        else:
            await asyncio.wait_for(ill.wait(), 5)
            await asyncio.sleep(0.05)
        assert not [each for each in world.node.heard if each[0] == "alive"]


def test_an_adapter_that_gets_nowhere_is_stuck() -> None:
    progress = Progress(since=0.0)
    assert not progress.is_stuck(waiting=3, ended=0, now=1, limit=10)
    assert not progress.is_stuck(waiting=3, ended=0, now=11, limit=10)
    assert progress.is_stuck(waiting=3, ended=0, now=11.1, limit=10)
    assert not progress.is_stuck(waiting=2, ended=1, now=12, limit=10)
    assert not progress.is_stuck(waiting=0, ended=1, now=90, limit=10)


async def test_a_failed_start_is_told(tmp_path: Path) -> None:
    world = World()
    async with platform(world) as settings:
        app = Application(ServerConfig(app="Demo", server="X", **settings))
        with pytest.raises(ConfigError):
            await app.serve()
        assert world.desk.texts[0].startswith("exit: expected at least one adapter")


async def test_notices_have_levels_and_commands_are_told(tmp_path: Path) -> None:
    async with running(tmp_path) as world:
        await world.app.platform.notices.settle()
        await world.app.notify("disk nearly full", "warn")
        assert (world.desk.infos[-1].eType, world.desk.infos[-1].eLevel) == (1, 1)
        with pytest.raises(UsageError, match="expected a level of normal, warn, error"):
            await world.app.notify("x", "loud")
        await world.admin("tars.viewversion now")
        await world.app.platform.notices.settle()
        assert world.desk.texts[-1] == "AdminServant::notify:tars.viewversion now"


async def test_a_notice_that_no_utf8_can_carry_hurts_nobody(tmp_path: Path) -> None:
    async with running(tmp_path) as world:
        await world.app.notify("cannot read caf\udce9.txt", "warn")
        await world.app.notify("another", "warn")
        assert "another" in world.desk.texts


async def test_nothing_of_the_platform_is_needed(
    tmp_path: Path, closed_port: int
) -> None:
    """Services that are down cost a stop half a second at most, and a call nothing."""
    gone = f"tars.x.Obj@tcp -h 127.0.0.1 -p {closed_port} -t 1000"
    async with running(
        tmp_path, node=gone, notify="tars.tarsnotify.NotifyObj", log=gone
    ) as world:
        greeter = world.client.proxy(GreeterProxy, f"{NAME}@{world.app.endpoint(NAME)}")
        assert (await greeter.greet(Greeting(name="Ann"))).ret == 3
        world.app.logs.daily().info("lost")
        begun = time.monotonic()
    assert time.monotonic() - begun < 3


async def test_answers_that_are_none_disturb_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the node's agent, the notice desk, the log service and the configuration service."""
    nonsense = rpc.Ready(None, b"\x0e\x0e")
    beats = asyncio.Semaphore(0)

    async def answer(*_: object) -> Any:
        return nonsense

    async def beaten(*_: object) -> Any:
        beats.release()
        return nonsense

    for kind, method in (
        (Node, "keepActiving"),
        (Node, "reportVersion"),
        (Desk, "reportNotifyInfo"),
        (Files, "loadConfigByInfo"),
        (Lines, "loggerbyInfo"),
    ):
        monkeypatch.setattr(kind, method, answer)
    monkeypatch.setattr(Node, "keepAlive", beaten)
    (tmp_path / "app.yaml").write_text("as it was")
    async with running(tmp_path, heartbeat_interval=0.01) as world:
        for _ in range(3):
            await asyncio.wait_for(beats.acquire(), 5)
        world.app.logs.daily().info("lost")
        assert await world.app.remote_config.load("app.yaml") == "as it was"


async def test_a_remote_file_is_loaded_kept_and_rotated(tmp_path: Path) -> None:
    async with running(tmp_path) as world:
        told: list[str] = []
        files, load = world.files, world.app.remote_config.load
        world.app.remote_config.on_change("app.yaml")(told.append)
        for number in range(7):
            files.texts["app.yaml"] = f"text {number}"
            assert await load("app.yaml") == f"text {number}"
            assert await load("app.yaml") == f"text {number}"
        assert files.asked[0].host == "here"
        kept = texts(tmp_path)
        assert kept == {"app.yaml": "text 6"} | {
            f"app.yaml.{n}.bak": f"text {6 - n}" for n in range(1, 6)
        }
        assert told == []

        files.texts["app.yaml"] = "text 7"
        assert await world.admin("tars.loadconfig app.yaml") == "app.yaml was loaded"
        assert await world.admin("tars.loadconfig app.yaml") == "app.yaml is unchanged"
        assert told == ["text 7"]


def texts(folder: Path) -> dict[str, str]:
    """The files of a configuration, by name."""
    return {each.name: each.read_text() for each in folder.glob("app.yaml*")}


@pytest.mark.parametrize("name", ["gone", "broken"])
async def test_the_kept_file_stands_in(tmp_path: Path, name: str) -> None:
    async with running(tmp_path) as world:
        with pytest.raises(ConfigError, match="there is no earlier copy in"):
            await world.app.remote_config.load(name)
        (tmp_path / name).write_text("as it was")
        assert await world.app.remote_config.load(name) == "as it was"
        assert (tmp_path / name).read_text() == "as it was"


@pytest.mark.parametrize(
    "name", ["../x", "/etc/passwd", ".bashrc", "a\\b", "a\0b", "", "x" * 201, "a\tb"]
)
def test_a_path_is_no_name(name: str) -> None:
    with pytest.raises(UsageError, match="expected a plain file name"):
        plain_name(name)


@pytest.mark.parametrize("words", ["", "../../x", "a b"])
async def test_loadconfig_refuses_what_is_no_name(tmp_path: Path, words: str) -> None:
    async with running(tmp_path) as world:
        answer = await world.admin(f"tars.loadconfig {words}")
        assert answer.startswith("tars.loadconfig failed: expected")
        assert world.files.asked == []


async def test_daily_lines_go_to_the_log_service(tmp_path: Path) -> None:
    async with running(tmp_path) as world:
        world.app.logs.daily("access").info("Ann")
        await asyncio.wait_for(world.lines.got.wait(), 5)
        world.app.logs.daily("access").info("Bo")
        await world.admin("tars.enabledaylog remote|access|false")
        world.app.logs.daily("access").info("nobody")
    assert [each.split("|")[1] for each in world.lines.lines["access"]] == [
        "Ann\n",
        "Bo\n",
    ]
    assert world.lines.infos[0].sFormat == "%Y%m%d"


async def test_how_many_lines_the_log_service_took_is_a_property(
    tmp_path: Path,
) -> None:
    async with running(tmp_path) as world:
        world.app.logs.daily("access").info("Ann")
        world.app.logs.daily("access").info("Bo")
        await asyncio.wait_for(world.lines.got.wait(), 5)
        rows: dict[Any, Any] = {}
        async with asyncio.timeout(5):
            while not rows:  # the answer to the batch is on its way
                await asyncio.sleep(0.01)
                rows = world.app.properties.take()
    sent = {head.propertyName: body.vInfo[0].value for head, body in rows.items()}
    name = f"{world.app.name}.access_log_send"
    assert sent == {f"{name}_succ": "2", f"{name}_fail": "0"}
