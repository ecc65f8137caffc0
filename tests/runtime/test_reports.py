"""Statistics and properties: the rows that C++ dashboards read, and a report that never hurts."""

from __future__ import annotations

import asyncio
import http.client
import sys
from contextlib import closing
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest
from Demo import GreeterProxy, Greeting
from greeter import NAME, Greeter
from pair import until
from tars_runtime import testing
from tars_runtime.application import Application
from tars_runtime.communicator import Communicator
from tars_runtime.config import ClientConfig, ServerConfig
from tars_runtime.errors import CallTimeout, ServerError, UsageError
from tars_runtime.interfaces.tars import (
    StatFServant,
    StatMicMsgBody,
    StatMicMsgHead,
)
from tars_runtime.net.endpoint import Endpoint
from tars_runtime.protocol import Request, send_request
from tars_runtime.report.batches import batches
from tars_runtime.report.property import (
    Avg,
    Count,
    Distr,
    Max,
    Min,
    Property,
    PropertyTable,
    Sum,
)
from tars_runtime.report.reporter import Reporter
from tars_runtime.report.rows import client_rows
from tars_runtime.report.stat import BOUNDS, StatTable

STAT = "tars.tarsstat.StatObj"
PROPERTY = "tars.tarsproperty.PropertyObj"


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


def test_reports_are_cut_by_rows() -> None:
    rows = {StatMicMsgHead(interfaceName=f"f{n}"): StatMicMsgBody() for n in range(100)}
    assert [len(each) for each in batches(rows, most_rows=40)] == [40, 40, 20]
    assert [len(each) for each in batches(rows)] == [100]


def test_reports_are_cut_by_the_bytes_that_a_datagram_may_have() -> None:
    rows: dict[StatMicMsgHead, StatMicMsgBody] = {}
    for n in range(1, 101):
        head = StatMicMsgHead(masterName="m" * n, interfaceName=f"f{n}")
        rows[head] = counted(*[(0, 2.0 + n)] * n)
    packets = list(batches(rows, most_bytes=1400))
    assert {head: row for packet in packets for head, row in packet.items()} == rows
    sizes = [len(packet_of(packet)) for packet in packets]
    assert max(sizes) <= 1400
    assert min(sizes[:-1]) > 1000, "and no more packets than need be"
    long = {StatMicMsgHead(masterName="m" * 2000): StatMicMsgBody(), **rows}
    assert len(next(batches(long, most_bytes=1400))) == 1


def packet_of(rows: dict[StatMicMsgHead, StatMicMsgBody]) -> bytes:
    """What goes out for some rows."""
    (method,) = (m for m in StatFServant.__tars__ if m.name == "reportMicMsg")
    body = method.arguments.build((rows, True))
    request = Request(
        servant=STAT, function=method.name, body=body, request_id=2**31 - 1
    )
    return send_request(request)


async def test_a_udp_service_that_the_registry_names_gets_datagrams_that_fit() -> None:
    platform = testing.StatSink()
    udp = "udp -h 127.0.0.1 -p 0"
    services = testing.serving({STAT: platform, PROPERTY: platform}, endpoint=udp)
    async with services as (app, _), testing.serving({NAME: Greeter()}) as (served, _):
        where = app.endpoint(STAT)
        registry = testing.FakeRegistry({STAT: [where], PROPERTY: [where]})
        reporting = {"stat": STAT, "property": PROPERTY, "module_name": "X.Y"}
        async with Communicator(locator=registry, **reporting) as client:
            greeter = client.proxy(GreeterProxy, f"{NAME}@{served.endpoint(NAME)}")
            await greeter.greet(Greeting())
            (observe,) = client.observers
            for number in range(30):
                name = f"Demo.{'S' * 60}{number}.Obj"
                observe(name, "greet", served.endpoint(NAME), 0, 0.01)
                client.reports.properties.property(f"p{number}{'x' * 60}", Sum())
        counters = app.adapters[0].dispatcher.counters
        assert len(platform.rows) == 31
        assert len(platform.properties) == 30
        assert counters.requests > 6, "many datagrams"


async def test_a_caller_without_a_name_is_counted_as_its_program() -> None:
    platform = testing.StatSink()
    async with testing.serving({STAT: platform, NAME: Greeter()}) as (app, _):
        stat = f"{STAT}@{app.endpoint(STAT)}"
        async with Communicator(stat=stat) as client:
            greeter = client.proxy(GreeterProxy, f"{NAME}@{app.endpoint(NAME)}")
            await greeter.greet(Greeting())
    ((_, head, _),) = platform.rows
    caller, _, version = head.masterName.partition("@")
    assert caller == Path(sys.argv[0]).stem
    assert version == head.tarsVersion != ""


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


def test_no_sample_of_many_threads_is_lost() -> None:
    each = Property("n", [Sum()])

    def report() -> None:
        for number in range(5000):
            each.report(number)

    threads = [Thread(target=report) for _ in range(4)]
    for thread in threads:
        thread.start()
    taken = [int(each.take()[0].value) for _ in range(50)]
    for thread in threads:
        thread.join()
    assert sum(taken) + int(each.take()[0].value) == 4 * sum(range(5000))


def test_a_property_may_begin_while_others_are_reported() -> None:
    table = PropertyTable("Demo.Server", "")

    class Begins(Sum):
        def take(self) -> str | None:
            table.property("another", Sum())
            return super().take()

    table.property("first", Begins()).report(1)
    assert [head.propertyName for head in table.take()] == ["first"]
    assert {head.propertyName for head in table.take()} == {"first", "another"}


def test_many_different_times_are_summed_up_on_the_way() -> None:
    row = counted(*[(0, (n + 0.5) / 1000) for n in range(5000)])
    assert (row.count, row.totalRspTime) == (5000, sum(range(5000)))
    assert (row.minRspTime, row.maxRspTime) == (1, 4999)
    assert list(row.intervalCount.values()) == [
        5, 5, 40, 50, 100, 300, 500, 1000, 1000
    ]  # fmt: skip


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
    platform = testing.StatSink()
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


async def test_http_requests_are_counted_by_route_as_go_does_it() -> None:
    async def web(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        if scope["path"].startswith("/users/"):
            scope["route"] = SimpleNamespace(path="/users/{id}")
        status = {"/users/13": 404, "/broken": 500}.get(scope["path"], 200)
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body"})

    def fetch(port: int, *paths: str) -> None:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as to:
            for path in paths:
                to.request("GET", path)
                to.getresponse().read()

    platform, web_obj = testing.StatSink(), "Demo.Hello.WebObj"
    async with testing.serving({STAT: platform}) as (services, _):
        client = ClientConfig(stat=f"{STAT}@{services.endpoint(STAT)}")
        app = Application(ServerConfig(app="Demo", server="Hello"), client=client)
        endpoint = "tcp -h 127.0.0.1 -p 0 -t 60000"
        app.add_adapter("Web", endpoint, servant=web_obj, protocol="not_tars")
        app.mount_asgi(web_obj, web)
        told: list[str] = []
        app.http_observers.append(lambda _, route, *__: told.append(route))
        app.http_observers.append(lambda *_: 1 / 0)  # hurts nobody
        running = asyncio.create_task(app.serve(grace=0.5))
        await app.started()
        port = app.endpoint(web_obj).port
        paths = ("/users/12", "/users/13", "/static/a.css", "/static/b.css", "/broken")
        await asyncio.to_thread(fetch, port, *paths)
        app.shutdown()
        await running
    assert told == ["/users/{id}", "/users/{id}", "/static", "/static", "/"]
    rows = {head.interfaceName: (head, row) for _, head, row in platform.rows}
    assert {name: (row.count, row.execCount) for name, (_, row) in rows.items()} == {
        "/users/{id}": (1, 1),
        "/static": (2, 0),
        "/": (0, 1),
    }
    head = rows["/static"][0]
    assert (head.masterName, head.slaveName) == ("http_client", "Demo.Hello")
    assert (head.masterIp, head.slaveIp) == ("127.0.0.1", "127.0.0.1")
    assert head.slavePort == port
    assert not any(is_client for is_client, _, _ in platform.rows)


async def test_adapters_report_themselves_under_the_names_of_cpp() -> None:
    platform, servant = testing.StatSink(), Greeter()
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


async def test_services_that_nobody_can_find_are_no_reason_not_to_serve(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """As with the platform's template, and no registry to ask."""
    client = ClientConfig(stat=STAT, property=PROPERTY)
    app = Application(ServerConfig(app="Demo", server="Hello"), client=client)
    app.add_adapter("A", "tcp -h 127.0.0.1 -p 0 -t 60000", servant=NAME)
    app.add_servant(NAME, Greeter())
    running = asyncio.create_task(app.serve(grace=0.5))
    starting = asyncio.create_task(app.started())
    await asyncio.wait([running, starting], return_when=asyncio.FIRST_COMPLETED)
    assert not running.done()
    async with Communicator() as caller:
        greeter = caller.proxy(GreeterProxy, f"{NAME}@{app.endpoint(NAME)}")
        assert (await greeter.greet(Greeting(name="Ann"))).ret == 3
    app.shutdown()
    await running
    for name in (STAT, PROPERTY):
        assert f"{name} gets no reports: set the locator" in caplog.text


async def test_a_platform_that_is_down_hurts_nobody(
    caplog: pytest.LogCaptureFixture, closed_port: int
) -> None:
    async with testing.serving({NAME: Greeter()}) as (app, _):
        stat = f"{STAT}@tcp -h 127.0.0.1 -p {closed_port}"
        async with Communicator(stat=stat, module_name="X.Y") as client:
            greeter = client.proxy(GreeterProxy, f"{NAME}@{app.endpoint(NAME)}")
            assert (await greeter.greet(Greeting(name="Ann"))).ret == 3
    assert "a report was dropped" in caplog.text
