"""Statistics and properties: the rows that C++ dashboards read, and a report that never hurts."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

import pytest
from Demo import GreeterProxy, Greeting
from greeter import NAME, Greeter
from pair import until
from tars_runtime import rpc, testing
from tars_runtime.application import Application
from tars_runtime.communicator import Communicator
from tars_runtime.config import ClientConfig, ServerConfig
from tars_runtime.errors import CallTimeout, ServerError, UsageError
from tars_runtime.interfaces.tars import (
    PropertyFServant,
    StatFServant,
    StatMicMsgBody,
    StatMicMsgHead,
    StatPropMsgBody,
    StatPropMsgHead,
)
from tars_runtime.net.endpoint import Endpoint
from tars_runtime.report.property import Avg, Count, Distr, Max, Min, PropertyTable, Sum
from tars_runtime.report.reporter import Reporter
from tars_runtime.report.rows import client_rows
from tars_runtime.report.stat import BOUNDS, StatTable, batches

STAT = "tars.tarsstat.StatObj"
PROPERTY = "tars.tarsproperty.PropertyObj"


class Platform(rpc.Servant):
    """A statistics service that keeps what it gets."""

    __tars__: ClassVar[tuple[rpc.Method[Any], ...]] = (
        *StatFServant.__tars__,
        *PropertyFServant.__tars__,
    )

    def __init__(self) -> None:
        self.rows: list[tuple[bool, StatMicMsgHead, StatMicMsgBody]] = []
        self.properties: dict[str, dict[str, str]] = {}

    async def reportMicMsg(
        self, msg: dict[StatMicMsgHead, StatMicMsgBody], bFromClient: bool
    ) -> int:
        self.rows += [(bFromClient, head, body) for head, body in msg.items()]
        return 0

    async def reportSampleMsg(self, msg: Any) -> int:
        return 0

    async def reportPropMsg(
        self, statmsg: dict[StatPropMsgHead, StatPropMsgBody]
    ) -> int:
        for head, body in statmsg.items():
            values = {each.policy: each.value for each in body.vInfo}
            self.properties[f"{head.moduleName} {head.propertyName}"] = values
        return 0


HEAD = StatMicMsgHead(masterName="a", slaveName="b", interfaceName="c")


def counted(*calls: tuple[int, float]) -> StatMicMsgBody:
    table = StatTable()
    for code, seconds in calls:
        table.add(("key",), HEAD, code, seconds)
    (row,) = table.take().values()
    assert table.take() == {}
    return row


def test_exactly_one_counter_grows() -> None:
    row = counted((0, 0.001), (-7, 3.0), (-99, 0.5), (5, 0.1), (0, 0.002))
    assert (row.count, row.timeoutCount, row.execCount) == (2, 1, 2)


def test_times_are_those_of_successes() -> None:
    row = counted((0, 0.0), (0, 0.007), (0, 0.2), (-7, 9.0))
    assert (row.totalRspTime, row.maxRspTime, row.minRspTime) == (207, 200, 7)


@pytest.mark.parametrize(
    ("milliseconds", "bound"),
    [(0, 5), (4, 5), (5, 10), (199, 200), (200, 500), (2999, 3000), (3000, None)],
)
def test_a_call_counts_at_the_first_bound_above_it(
    milliseconds: int, bound: int | None
) -> None:
    row = counted((0, (milliseconds + 0.5) / 1000))
    assert list(row.intervalCount) == list(BOUNDS)
    assert [at for at, n in row.intervalCount.items() if n] == (
        [bound] if bound else []
    )


def test_reports_are_cut_by_rows_and_bytes() -> None:
    rows = {StatMicMsgHead(interfaceName=f"f{n}"): StatMicMsgBody() for n in range(100)}
    assert [len(b) for b in batches(rows, most_rows=40, most_bytes=None)] == [
        40,
        40,
        20,
    ]
    small = list(batches(rows, most_rows=500, most_bytes=1400))
    assert sum(map(len, small)) == 100
    assert max(map(len, small)) < 12


def test_rows_name_sets_and_leave_out_the_platform() -> None:
    table = StatTable()
    observe = client_rows(table, "Demo.Client", "gray.sz.1", "0.1.0")
    endpoint = Endpoint("10.0.0.1", 80, set_name="gray.sz.2")
    observe("Demo.Server.Obj", "f" * 200, endpoint, 0, 0.01)
    observe(STAT, "reportMicMsg", endpoint, 0, 0.01)
    observe("Demo.Server.Obj", "g", None, -10, 0.01)
    (head,) = table.take()
    assert head == StatMicMsgHead(
        masterName="Demo.Client.graysz1@0.1.0",
        slaveName="Demo.Server.graysz2",
        interfaceName="f" * 127,
        slaveIp="10.0.0.1",
        slavePort=80,
        slaveSetName="gray",
        slaveSetArea="sz",
        slaveSetID="2",
        tarsVersion="0.1.0",
    )


def test_policies() -> None:
    table = PropertyTable("Demo.Server", "")
    orders = table.property(
        "orders", Sum(), Avg(), Count(), Max(), Min(), Distr([10, 50])
    )
    for value in (0, 3, 10, 70):
        orders.report(value)
    assert table.property("orders") is orders
    ((head, body),) = table.take().items()
    assert (head.moduleName, head.propertyName, head.iPropertyVer) == (
        "Demo.Server",
        "orders",
        2,
    )
    assert {each.policy: each.value for each in body.vInfo} == {
        "Sum": "83",
        "Avg": "20.75",
        "Count": "4",
        "Max": "70",
        "Min": "3",
        "Distr": "10|2,50|1,max|1",
    }
    ((_, quiet),) = table.take().items()
    assert {each.policy: each.value for each in quiet.vInfo} == {
        "Sum": "0",
        "Count": "0",
    }
    with pytest.raises(UsageError):
        Distr([5, 5])
    with pytest.raises(UsageError, match="expected policies"):
        table.property("unknown")


def test_callers_without_end_make_no_table_without_end() -> None:
    table = StatTable(most=3)
    for number in range(5):
        head = StatMicMsgHead(masterIp=f"10.0.0.{number}")
        table.add((number,), head, 0, 0.001)
    assert table.knows((2,), 0, 0.001)
    assert not table.knows((3,), 0, 0.001)
    assert table.missed == 2
    rows = table.take()
    assert sorted(body.count for body in rows.values()) == [1, 1, 2]
    table.add((3,), StatMicMsgHead(), 0, 0.001)
    assert len(table.take()) == 1


def test_reports_go_on_when_the_loop_that_sent_them_has_ended() -> None:
    """As in a program, or a test suite, that calls `asyncio.run` more than once."""
    sent: list[str] = []

    async def report() -> None:
        sent.append("report")

    async def live() -> None:
        reporter.start()
        await asyncio.sleep(0.02)

    reporter = Reporter(0.001)
    reporter.add(report)
    asyncio.run(live())
    first = len(sent)
    asyncio.run(live())
    assert 0 < first < len(sent)


async def test_both_ends_report_over_the_wire() -> None:
    platform = Platform()
    async with testing.serving({STAT: platform, PROPERTY: platform}) as (services, _):
        at = services.endpoint(STAT)
        client = ClientConfig(
            stat=f"{STAT}@{at}", property=f"{PROPERTY}@{at}", module_name="Demo.Hello"
        )
        app = Application(ServerConfig(app="Demo", server="Hello"), client=client)
        app.add_adapter("A", "tcp -h 127.0.0.1 -p 0 -t 60000", servant=NAME)
        app.add_servant(NAME, Greeter())
        app.properties.property("orders", Sum()).report(3)
        running = asyncio.create_task(app.serve(grace=0.5))
        await app.started()
        async with Communicator(client) as caller:
            greeter = caller.proxy(GreeterProxy, f"{NAME}@{app.endpoint(NAME)}")
            for _ in range(3):
                await greeter.greet(Greeting())
            with pytest.raises(ServerError):
                await greeter.greet(Greeting(name="code"))
            with pytest.raises(CallTimeout):
                await greeter.rest(timeout=0.01)
        app.shutdown()
        await running
    clients = [(head, body) for is_client, head, body in platform.rows if is_client]
    servers = [(head, body) for is_client, head, body in platform.rows if not is_client]
    assert {
        (h.interfaceName, b.count, b.timeoutCount, b.execCount) for h, b in clients
    } == {
        ("greet", 3, 0, 1),
        ("rest", 0, 1, 0),
    }
    assert all(head.slaveName == "Demo.HelloServer" for head, _ in clients)
    greets = [body for head, body in servers if head.interfaceName == "greet"]
    assert [(body.count, body.execCount) for body in greets] == [(3, 1)]
    assert {head.masterName for head, _ in servers} == {"stat_from_server"}
    assert {head.masterIp for head, _ in servers} == {"127.0.0.1"}
    assert platform.properties["Demo.Hello orders"] == {"Sum": "3"}


async def test_adapters_report_themselves_under_the_names_of_cpp() -> None:
    platform, servant = Platform(), Greeter()
    async with testing.serving({PROPERTY: platform}) as (services, _):
        client = ClientConfig(property=f"{PROPERTY}@{services.endpoint(PROPERTY)}")
        app = Application(ServerConfig(app="Demo", server="Hello"), client=client)
        app.add_adapter(
            "A", "tcp -h 127.0.0.1 -p 0 -t 60000", servant=NAME, concurrency=1
        )
        app.add_servant(NAME, servant)
        running = asyncio.create_task(app.serve(grace=0.5))
        await app.started()
        async with Communicator() as caller:
            greeter = caller.proxy(GreeterProxy, f"{NAME}@{app.endpoint(NAME)}")
            first = asyncio.ensure_future(greeter.rest())
            await servant.resting.wait()
            second = asyncio.ensure_future(greeter.greet(Greeting()))
            await until(lambda: app.adapters[0].dispatcher.waiting == 1)
            await asyncio.sleep(0.03)  # what is measured
            servant.wake.set()
            await asyncio.gather(first, second)
        app.shutdown()
        await running
    told = platform.properties
    assert set(told) == {
        f"Demo.Hello A.{name}"
        for name in (
            "queue",
            "connectRate",
            "timeoutNum",
            "queueWaitTime",
            "servantHandleTime",
        )
    }
    assert told["Demo.Hello A.timeoutNum"] == {"Sum": "0"}
    assert told["Demo.Hello A.queueWaitTime"]["Count"] == "2"
    assert int(told["Demo.Hello A.queueWaitTime"]["Max"]) >= 30
    assert int(told["Demo.Hello A.servantHandleTime"]["Max"]) >= 30
    assert float(told["Demo.Hello A.queue"]["Avg"]) >= 0


async def test_a_platform_that_is_down_hurts_nobody(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with testing.serving({NAME: Greeter()}) as (app, _):
        stat = f"{STAT}@tcp -h 127.0.0.1 -p 1"
        async with Communicator(stat=stat, module_name="X.Y") as client:
            greeter = client.proxy(GreeterProxy, f"{NAME}@{app.endpoint(NAME)}")
            assert (await greeter.greet(Greeting(name="Ann"))).ret == 3
    assert "a report was dropped" in caplog.text
