"""Answers that are kept: by whom they may be shared, until when, and how many there can be."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from tars_registry.lookup import answers as kept
from tars_registry.lookup import groups as remembered
from tars_registry.lookup.answers import Answers, Place
from tars_registry.lookup.catalog import Catalog
from tars_registry.lookup.groups import Groups
from tars_registry.model import ACTIVE, Adapter, GroupRule, Server
from tars_registry.servants.push import Subscriptions
from tars_registry.servants.query import Query
from tars_runtime import codec
from tars_runtime.application import Application
from tars_runtime.interfaces.tars import QueryFServant
from tars_runtime.protocol import Request, send_request
from tars_runtime.protocol.packets import READ_RESPONSE

QUERY = "tars.tarsregistry.QueryObj"
NAMES = ("Demo.A.Obj", "Demo.B.Obj")
GROUP = "findObjectByIdInSameGroup"
HERE = Place("10.0.0.1")
NEAR = GroupRule(group_id=1, group_name="near", allow_ip_rule="10.0.0.*")
FAR = GroupRule(group_id=2, group_name="far", allow_ip_rule="10.9.0.*")
OURS = GroupRule(group_id=3, group_name="ours", allow_ip_rule="127.0.0.1")


def put(
    catalog: Catalog, name: str, node: str, *, present_state: str = ACTIVE
) -> set[str]:
    """One server of an object on a node."""
    number = int(node.rpartition(".")[2]) + 100 * NAMES.index(name)
    application, server, _ = name.split(".")
    owner = {"application": application, "server_name": server, "node_name": node}
    adapter = Adapter(
        id=number,
        adapter_name=f"{name}Adapter",
        servant=name,
        endpoint=f"tcp -h {node} -p 1 -t 3000",
        **owner,
    )
    row = Server(id=number, present_state=present_state, enable_group="Y", **owner)
    return catalog.put(row, [adapter])


@pytest.fixture
def catalog() -> Catalog:
    made = Catalog()
    for name in NAMES:
        for node in ("10.0.0.1", "10.9.0.2"):
            put(made, name, node)
    return made


class Clients:
    """Clients of one registry, each with a connection of its own."""

    def __init__(
        self, catalog: Catalog, answers: Answers, query: Query, port: int
    ) -> None:
        self.catalog, self.answers, self.query = catalog, answers, query
        self.port = port
        self.lines: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def connect(self) -> int:
        self.lines.append(await asyncio.open_connection("127.0.0.1", self.port))
        return len(self.lines) - 1

    async def ask(
        self, line: int, function: str, *arguments: str, **context: str
    ) -> list[str]:
        """The hosts to call."""
        method = next(each for each in QueryFServant.__tars__ if each.name == function)
        body = codec.arguments(*method.takes).build(arguments)
        reader, writer = self.lines[line]
        request = Request(
            request_id=7, servant=QUERY, function=function, body=body, context=context
        )
        writer.write(send_request(request))
        head = await reader.readexactly(4)
        packet = await reader.readexactly(struct.unpack(">I", head)[0] - 4)
        found = method.result.parse(READ_RESPONSE.parse(packet).body)
        active = found if isinstance(found, list) else found.activeEp
        return [each.host for each in active]


@pytest_asyncio.fixture
async def clients(catalog: Catalog) -> AsyncIterator[Clients]:
    answers = Answers(catalog)
    query = Query(catalog, answers, Subscriptions(), None)  # type: ignore[arg-type]  # no locks here
    application = Application()
    application.add_adapter("Query", "tcp -h 127.0.0.1 -p 0 -t 60000")
    application.add_servant(QUERY, query, adapter="Query")
    serving = asyncio.create_task(application.serve())
    await application.started()
    made = Clients(catalog, answers, query, application.endpoint(QUERY).port)
    for _ in range(2):
        await made.connect()
    yield made
    for _, writer in made.lines:
        writer.close()
        await writer.wait_closed()
    application.shutdown()
    await serving


async def test_an_answer_is_made_once_for_all_and_counted_each_time(
    clients: Clients,
) -> None:
    for line in (0, 1, 0, 1):
        assert await clients.ask(line, GROUP, NAMES[0]) == ["10.0.0.1", "10.9.0.2"]
    assert clients.answers.made == 1
    assert clients.query.counts[GROUP] == 4


async def test_a_change_is_answered_at_once_and_makes_one_answer_anew(
    clients: Clients,
) -> None:
    for name in NAMES:
        await clients.ask(0, GROUP, name)
    changed = put(clients.catalog, NAMES[0], "10.0.0.1", present_state="inactive")
    clients.answers.forget(changed)
    for line in (0, 1):
        assert await clients.ask(line, GROUP, NAMES[0]) == ["10.9.0.2"]
        assert await clients.ask(line, GROUP, NAMES[1]) == ["10.0.0.1", "10.9.0.2"]
    assert clients.answers.made == 3


async def test_an_object_that_goes_and_comes_back_is_answered_as_it_is(
    clients: Clients,
) -> None:
    keys = [each for each in clients.catalog.servers if each.server == "a"]
    await clients.ask(0, GROUP, NAMES[0])
    for each in keys:
        clients.answers.forget(clients.catalog.remove(each))
    assert await clients.ask(0, GROUP, NAMES[0]) == []
    clients.answers.forget(put(clients.catalog, NAMES[0], "10.0.0.1"))
    assert await clients.ask(0, GROUP, NAMES[0]) == ["10.0.0.1"]


async def test_groups_that_come_later_count_at_once(clients: Clients) -> None:
    """Callers that do not say where they are are never given what others were."""
    for line in (0, 1):
        await clients.ask(line, GROUP, NAMES[0])
        assert len(await clients.ask(line, GROUP, NAMES[0], node_name="10.9.0.7")) == 2
    groups = Groups.of([NEAR, FAR, OURS], [])
    clients.answers.forget(clients.catalog.set_groups(groups))
    for line in (0, 1, 0, 1):
        assert await clients.ask(line, GROUP, NAMES[0], node_name="10.0.0.7") == [
            "10.0.0.1"
        ]
        assert await clients.ask(line, GROUP, NAMES[0], node_name="10.9.0.7") == [
            "10.9.0.2"
        ]
        assert len(await clients.ask(line, GROUP, NAMES[0])) == 2, "no node of group 3"


def test_what_depends_on_the_connection_is_not_known_by_the_request(
    catalog: Catalog,
) -> None:
    answers = Answers(catalog)
    unsaid = Place("10.0.0.1", is_told=False)
    assert answers.in_group(NAMES[0], unsaid).lasting, "there are no groups"
    answers.forget(catalog.set_groups(Groups.of([NEAR, FAR], [])))
    for ask in (answers.in_group, answers.all):
        assert not ask(NAMES[0], unsaid).lasting
        assert ask(NAMES[0], HERE).lasting
    assert not answers.in_set(NAMES[0], "a.b.c", unsaid).lasting
    assert answers.in_set(NAMES[0], "a.b.c", HERE).lasting
    assert answers.by_id(NAMES[0]).lasting
    assert answers.any(NAMES[0]).lasting


def test_unknown_objects_share_their_answers(catalog: Catalog) -> None:
    answers = Answers(catalog)
    first = answers.in_group("Nobody.Knows.0", HERE)
    for number in range(1000):
        assert answers.in_group(f"Nobody.Knows.{number}", HERE) is first
    assert answers.made == 1
    assert not first.lasting, "the next moment it may be known"


def test_a_station_that_comes_later_is_known_to_unknown_objects_too(
    catalog: Catalog,
) -> None:
    answers = Answers(catalog)
    assert answers.in_station("Nobody.Knows.It", "north").value.ret == -1
    groups = Groups(stations={"north": frozenset({1})})
    answers.forget(catalog.set_groups(groups))
    assert answers.in_station("Nobody.Knows.It", "north").value.ret == 0


def test_sets_and_stations_of_callers_do_not_fill_the_memory(catalog: Catalog) -> None:
    answers = Answers(catalog)
    first = answers.in_set(NAMES[0], "a.b.0", HERE)
    assert answers.in_set(NAMES[0], "a.b.0", HERE) is first
    for number in range(1, kept.PER_OBJECT + 1):
        answers.in_set(NAMES[0], f"a.b.{number}", HERE)
    assert first.body is None, "forgotten here, so known nowhere"
    again = answers.in_set(NAMES[0], "a.b.0", HERE)
    assert again is not first
    assert again.body


@pytest.mark.parametrize("length", [kept.LONGEST, kept.LONGEST + 1])
def test_long_sets_and_stations_are_answered_and_not_kept(
    catalog: Catalog, length: int
) -> None:
    answers = Answers(catalog)
    text = "x" * length
    is_kept = length <= kept.LONGEST
    for ask in (
        lambda: answers.in_station(NAMES[0], text),
        lambda: answers.in_set(NAMES[0], text, HERE),
    ):
        assert ask().body
        assert (ask() is ask()) is is_kept
        assert ask().lasting is is_kept


def test_addresses_that_callers_make_up_are_not_remembered() -> None:
    groups = Groups.of([NEAR], [])
    assert groups.of_address("10.0.0." + "0" * 1000) == 1
    assert not groups._asked
    assert groups.of_address("10.0.0.7") == 1
    assert list(groups._asked) == ["10.0.0.7"]
    longest = "0000:0000:0000:0000:0000:ffff:255.255.255.255%eth0"
    assert len(longest) <= remembered.LONGEST
