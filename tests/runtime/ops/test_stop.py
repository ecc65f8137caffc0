"""The order of a stop: who is told what, what is finished, what is cut off, and when."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from Demo import GreeterProxy, Greeting
from greeter import NAME, Greeter
from tars_runtime import rpc, testing
from tars_runtime.application import Application
from tars_runtime.communicator import Communicator
from tars_runtime.config import ClientConfig, ServerConfig
from tars_runtime.errors import ConnectError
from tars_runtime.interfaces.tars import AdminFProxy, LogServant, NotifyServant
from tars_runtime.protocol import ClientWire, Reconnect, Request, Response, send_request
from tars_runtime.report.property import Sum

Seen = Response | Reconnect


class Peer:
    """A client that speaks bytes and sees everything."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._reader, self._writer = reader, writer
        self._wire = ClientWire()

    @classmethod
    async def to(cls, app: Application) -> Peer:
        where = app.endpoint(NAME)
        return cls(*await asyncio.open_connection(where.host, where.port))

    def ask(self, request_id: int, function: str = "tars_ping") -> None:
        request = Request(request_id=request_id, servant=NAME, function=function)
        self._writer.write(send_request(request))

    async def read(self) -> list[Seen]:
        """What comes with the next bytes; nothing at the end."""
        data = await asyncio.wait_for(self._reader.read(65536), 5)
        events = self._wire.receive_data(data)
        return [event for event in events if isinstance(event, Response | Reconnect)]

    async def rest(self) -> list[Seen]:
        """Everything until the server closes."""
        seen: list[Seen] = []
        while not self._reader.at_eof():
            seen += await self.read()
        self._writer.close()
        return seen


def ids(seen: list[Seen]) -> list[int]:
    """The request ids of good answers."""
    answers = [each for each in seen if isinstance(each, Response)]
    assert all(each.ret == 0 for each in answers)
    return [each.request_id for each in answers]


@asynccontextmanager
async def serving(
    grace: float = 2.0, app: Application | None = None
) -> AsyncIterator[tuple[Application, Greeter, asyncio.Task[None]]]:
    app = app or Application(ServerConfig(app="Demo", server="X"))
    servant = Greeter()
    app.add_adapter("A", "tcp -h 127.0.0.1 -p 0 -t 60000", servant=NAME)
    app.add_servant(NAME, servant)
    task = asyncio.create_task(app.serve(grace=grace))
    await app.started()
    try:
        yield app, servant, task
    finally:
        app.shutdown()
        await task


async def test_idle_clients_are_told_to_reconnect_and_then_closed() -> None:
    async with serving() as (app, _, task):
        peer = await Peer.to(app)
        peer.ask(1)
        assert ids(await peer.read()) == [1]
        app.shutdown()
        assert await peer.rest() == [Reconnect()]
        await task


async def test_who_waits_for_an_answer_is_told_after_it() -> None:
    async with serving() as (app, servant, _):
        peer = await Peer.to(app)
        peer.ask(1, "rest")
        await servant.resting.wait()
        app.shutdown()
        await asyncio.sleep(0.05)
        with pytest.raises(ConnectionRefusedError):
            await Peer.to(app)
        servant.wake.set()
        answer, farewell = await peer.rest()
        assert ids([answer]) == [1]
        assert farewell == Reconnect()
        assert (servant.rested, servant.cancelled) == (1, 0)


async def test_a_request_that_crosses_the_farewell_is_answered() -> None:
    async with serving() as (app, _, _):
        peer = await Peer.to(app)
        peer.ask(1)
        await peer.read()
        app.shutdown()
        assert await peer.read() == [Reconnect()]
        peer.ask(2)
        assert ids(await peer.rest()) == [2]


async def test_prestop_keeps_the_farewell_back_while_lists_name_us() -> None:
    app = Application(ServerConfig(local="tcp -h 127.0.0.1 -p 0 -t 60000"))
    async with serving(app=app) as (app, _, _):
        peer = await Peer.to(app)
        peer.ask(1)
        await peer.read()
        async with Communicator() as client:
            where = f"AdminObj@{app.endpoint('AdminObj')}"
            await client.proxy(AdminFProxy, where).notify("prestop")
        assert not app.healthy
        app.shutdown()
        assert await peer.rest() == []


@pytest.mark.parametrize(
    ("since", "may"), [(None, True), (100.0, False), (40.0, True), (41.0, False)]
)
def test_clients_are_sent_away_once_they_can_know_better(
    since: float | None, may: bool
) -> None:
    app = Application()
    app.leaving_since = since
    assert app.may_send_away(now=100.0, refresh=60.0) is may


async def test_what_outlasts_the_grace_is_cancelled_and_told() -> None:
    async with serving(grace=0.1) as (app, servant, task):
        peer = await Peer.to(app)
        peer.ask(1, "rest")
        await servant.resting.wait()
        begun = asyncio.get_running_loop().time()
        app.shutdown()
        answer = (await peer.rest())[0]
        await task
        assert isinstance(answer, Response)
        assert (answer.request_id, answer.ret) == (1, -99)
        assert servant.cancelled == 1
        assert asyncio.get_running_loop().time() - begun < 2


async def test_hooks_and_lifespan_end_last_and_may_still_call() -> None:
    order: list[str] = []
    async with serving() as (other, _, _):
        where = f"{NAME}@{other.endpoint(NAME)}"

        async def calls(word: str) -> None:
            greeter = app.communicator.proxy(GreeterProxy, where)
            assert (await greeter.greet(Greeting(name="Ann"))).ret == 3
            order.append(word)

        @asynccontextmanager
        async def lifespan(_: Application) -> AsyncIterator[None]:
            await calls("lifespan begins")
            yield
            with pytest.raises(ConnectionRefusedError):
                await Peer.to(app)
            await calls("lifespan ends")

        app = Application(lifespan=lifespan)
        app.on_start(lambda: calls("start hook"))
        app.on_stop(lambda: calls("stop hook"))
        async with serving(app=app):
            order.append("serving")
    assert order == [
        "lifespan begins",
        "start hook",
        "serving",
        "lifespan ends",
        "stop hook",
    ]


class Hanging(testing.StatSink):
    """Statistics, notices and logs that are taken and never answered."""

    __tars__ = (
        *testing.StatSink.__tars__,
        *NotifyServant.__tars__,
        *LogServant.__tars__,
    )

    async def hang(self, *_: object) -> int:
        await asyncio.Event().wait()
        return 0

    reportMicMsg = reportPropMsg = reportNotifyInfo = loggerbyInfo = logger = hang  # type: ignore[assignment]  # whatever is asked


async def test_services_that_hang_hold_up_no_stop(
    caplog: pytest.LogCaptureFixture,
) -> None:
    names = ("stat.StatObj", "property.PropertyObj", "notify.NotifyObj", "log.LogObj")
    objects = [f"tars.tars{name}" for name in names]
    hanging = Hanging()
    async with testing.serving(dict.fromkeys(objects, hanging)) as (platform, _):
        stat, prop, notify, log = (
            f"{each}@{platform.endpoint(each)}" for each in objects
        )
        app = Application(
            ServerConfig(app="Demo", server="X", notify=notify, log=log),
            client=ClientConfig(stat=stat, property=prop, call_timeout=60),
        )
        async with serving(app=app) as (app, _, task):
            for name in ("access", "orders"):
                app.logs.daily(name).info("a line")
            app.properties.property("orders", Sum())
            begun = asyncio.get_running_loop().time()
            app.shutdown()
            await task
            took = asyncio.get_running_loop().time() - begun
    assert took < 3, "half a second, not a minute"
    assert "the log service did not take the last lines in 0.5 s" in caplog.text
    assert "the last report was dropped: no answer in 0.5 s" in caplog.text


async def test_a_hook_that_fails_holds_up_no_other(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ran: list[str] = []

    def fail() -> None:
        raise ValueError("cannot")

    app = Application()
    app.on_stop(fail)
    app.on_stop(lambda: ran.append("second"))
    async with serving(app=app):
        pass
    assert ran == ["second"]
    assert "a stop hook failed" in caplog.text


async def test_our_client_survives_a_stop_without_losing_a_call() -> None:
    """Calls go on while one of two servers stops; none fails."""
    async with serving() as (one, _, _), serving() as (two, _, _):
        where = f"{NAME}@{one.endpoint(NAME)}:{two.endpoint(NAME)}"
        async with Communicator() as client:
            greeter = client.proxy(GreeterProxy, where)
            codes: list[int] = []

            async def call() -> None:
                for _ in range(300):
                    try:
                        codes.append((await greeter.greet(Greeting())).ret)
                    except (rpc.ServerError, ConnectError) as error:
                        codes.append(error.code)
                    await asyncio.sleep(0.001)

            calling = asyncio.create_task(call())
            await asyncio.sleep(0.1)
            one.shutdown()
            await calling
            assert codes == [0] * 300
