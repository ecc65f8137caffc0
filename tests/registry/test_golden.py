"""The answers of a C++ registry, byte for byte, over a socket; and the differences that we want."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio
from tars_registry.lookup import finds
from tars_registry.lookup.answers import Answers
from tars_registry.servants.push import Subscriptions
from tars_registry.servants.query import Query
from tars_runtime import codec
from tars_runtime.application import Application
from tars_runtime.interfaces.tars import EndpointF, QueryFServant
from tars_runtime.protocol import ClientWire, Response, Version, send_request
from tars_runtime.protocol.bodies import BODIES
from tars_runtime.protocol.packets import READ_REQUEST, READ_RESPONSE

from tests.registry import golden

OBJECT = "tars.tarsregistry.QueryObj"

WANTED = {
    "NO_FLOW": {
        "object": "Gold.StateServer.Obj",
        "moved": "10.1.0.16",
        "functions": {
            "findObjectById",
            "findObjectById4All",
            "findObjectByIdInSameGroup",
            "findObjectByIdInSameSet",
        },
        "why": "a server that is deployed without traffic gets none: it is inactive here",
    },
}
"""Each difference from the C++ registry that we want; everything else is equal."""


class NoLocks:
    """No call here takes a lock."""


@pytest_asyncio.fixture
async def connection() -> (
    AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]
):
    catalog = golden.catalog()
    query = Query(catalog, Answers(catalog), Subscriptions(), NoLocks())  # type: ignore[arg-type]  # see NoLocks
    application = Application()
    application.add_adapter("Query", "tcp -h 127.0.0.1 -p 0 -t 60000")
    application.add_servant(OBJECT, query, adapter="Query")
    serving = asyncio.create_task(application.serve())
    await application.started()
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", application.endpoint(OBJECT).port
    )
    yield reader, writer
    writer.close()
    await writer.wait_closed()
    application.shutdown()
    await serving


async def ask(
    connection: tuple[asyncio.StreamReader, asyncio.StreamWriter], request: bytes
) -> bytes:
    reader, writer = connection
    writer.write(request)
    head = await reader.readexactly(4)
    return head + await reader.readexactly(struct.unpack(">I", head)[0] - 4)


def is_wanted(call: golden.Call) -> bool:
    return any(
        call.arguments[0] == each["object"] and call.function in each["functions"]
        for each in WANTED.values()
    )


def test_the_recording_is_whole() -> None:
    calls = list(golden.calls())
    assert len(calls) == 304
    assert sum(is_wanted(each) for each in calls) == 4


async def test_every_answer_is_the_cpp_registrys_byte_for_byte(
    connection: tuple[asyncio.StreamReader, asyncio.StreamWriter],
) -> None:
    for call in golden.calls():
        if not is_wanted(call):
            assert await ask(connection, call.request) == call.reply, str(call)


async def test_a_server_without_flow_is_inactive_and_that_is_all_that_differs(
    connection: tuple[asyncio.StreamReader, asyncio.StreamWriter],
) -> None:
    moved = WANTED["NO_FLOW"]["moved"]
    for call in filter(is_wanted, golden.calls()):
        assert moved in hosts(lists(call.reply, call.function)[0])
        active, inactive = lists(await ask(connection, call.request), call.function)
        then_active, then_inactive = lists(call.reply, call.function)
        assert hosts(active) == [
            each for each in hosts(then_active) if each != moved
        ], str(call)
        if call.function != "findObjectById":
            assert set(hosts(inactive)) == {*hosts(then_inactive), moved}


@pytest.mark.parametrize("version", [Version.TUP2, Version.TUP3, Version.JSON])
async def test_other_versions_give_the_same_lists(
    connection: tuple[asyncio.StreamReader, asyncio.StreamWriter], version: Version
) -> None:
    """Bytes that were made once are TARS; JSON and TUP are written from the values."""
    body = BODIES[version]
    for call in golden.calls():
        if is_wanted(call):
            continue
        method = next(
            each for each in QueryFServant.__tars__ if each.name == call.function
        )
        asked = READ_REQUEST.parse(call.request[4:])
        arguments = body.write_arguments(method, method.arguments.parse(asked.body))
        request = replace(asked, version=version, body=arguments)
        frame = await ask(connection, send_request(request))
        (answer,) = ClientWire().receive_data(frame)
        assert isinstance(answer, Response)
        assert answer.ret == 0, str(call)
        recorded = method.result.parse(READ_RESPONSE.parse(call.reply[4:]).body)
        assert body.read_result(method, answer.body) == recorded, str(call)


def lists(frame: bytes, function: str) -> tuple[list[EndpointF], list[EndpointF]]:
    """The two lists of a reply."""
    method = next(each for each in Query.__tars__ if each.name == function)
    body = codec.result(method.gives).parse(READ_RESPONSE.parse(frame[4:]).body)
    return (body, []) if isinstance(body, list) else (body.activeEp, body.inactiveEp)


def hosts(endpoints: list[EndpointF]) -> list[str]:
    return [each.host for each in endpoints]


def test_one_change_drops_the_answers_of_its_object_alone() -> None:
    catalog = golden.catalog()
    answers = Answers(catalog)
    before = answers.any("Gold.StateServer.Obj"), answers.any("Gold.GroupServer.Obj")
    key = catalog.servers[next(iter(catalog.servers))].key
    answers.forget(catalog.remove(key))
    made = answers.made
    assert answers.any("Gold.GroupServer.Obj") is before[1]
    assert answers.made == made
    assert answers.any("Gold.StateServer.Obj") is not before[0]


def test_every_answer_names_the_rule_that_decided_it() -> None:
    catalog = golden.catalog()
    rules = {
        finds.in_group(
            catalog.entries("Gold.GroupServer.Obj"),
            catalog.groups,
            catalog.groups.of_address(address),
        ).rule
        for address in ("10.4.1.5", "192.0.2.200", "10.4.3.3", "127.0.0.1")
    }
    assert rules == {
        "the caller's group 1",
        "all nodes: the caller is in no group",
        "the groups of priority list 1",
        "the groups of priority list 7",
    }
