"""Answers whose bytes are there before anybody asks, and requests that are known by their bytes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from weakref import ref

import pytest
from Demo import GreeterGreetReply, GreeterProxy, GreeterServant, Greeting
from greeter import NAME, Greeter
from pair import until
from tars_runtime import rpc, testing
from tars_runtime.application import Application
from tars_runtime.protocol import (
    ClientWire,
    PacketType,
    Request,
    Response,
    Version,
    send_request,
)
from tars_runtime.protocol.known import ENTRIES, LONGEST, Known

GREET = next(each for each in GreeterServant.__tars__ if each.name == "greet")


def made(text: str, *, lasting: bool = True, **more: Any) -> rpc.Ready:
    value = GreeterGreetReply(ret=len(text), text=text)
    return rpc.Ready(value, GREET.result.build(value), lasting=lasting, **more)


class Nobody:
    """Keeps no account."""

    def note_known(self, count: int, now: float) -> None:
        """So many were known."""

    def hold_known(self, change: int) -> None:
        """So many wait."""


class Prepared(Greeter):
    """Greets everybody with what was prepared, and counts how often it was asked."""

    def __init__(self, answer: rpc.Ready) -> None:
        super().__init__()
        self.answer = answer
        self.asked = 0

    async def greet(self, greeting: Greeting) -> Any:
        self.asked += 1
        if "echo" in rpc.current().context:
            rpc.current().reply_context["echo"] = "yes"
        return self.answer


def request(number: int, **other: Any) -> Request:
    plain = Request(
        request_id=number,
        servant=NAME,
        function="greet",
        body=GREET.arguments.build((Greeting(name="Ann"),)),
        timeout_ms=1000,
    )
    return replace(plain, **other)


class Line:
    """A connection of raw requests."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._reader, self.writer = reader, writer
        self._wire = ClientWire()
        self._came: list[Response] = []

    async def ask(self, *requests: Request) -> list[Response]:
        """Send all at once; their answers in the order in which they come."""
        self.writer.write(b"".join(map(send_request, requests)))
        return await self.take(len(requests))

    async def take(self, count: int) -> list[Response]:
        async with asyncio.timeout(10):
            while len(self._came) < count:
                data = await self._reader.read(2**16)
                assert data, "the server hung up"
                for event in self._wire.receive_data(data):
                    assert isinstance(event, Response)
                    self._came.append(event)
        taken, self._came = self._came[:count], self._came[count:]
        return taken


@asynccontextmanager
async def line_to(servant: Greeter, **options: Any) -> AsyncIterator[tuple[Any, Line]]:
    async with testing.serving({NAME: servant}, **options) as (app, _):
        where = app.endpoint(NAME)
        reader, writer = await asyncio.open_connection(where.host, where.port)
        try:
            yield app, Line(reader, writer)
        finally:
            writer.close()
            await writer.wait_closed()


def texts(answers: list[Response]) -> list[str]:
    return [GREET.result.parse(each.body).text for each in answers]


@pytest.mark.parametrize("size", [0, 1, 200, 40_000])
@pytest.mark.parametrize("number", [1, 127, 128, 32767, 32768, 2**31 - 1, -1])
async def test_a_known_answer_has_the_bytes_of_any_other(
    size: int, number: int
) -> None:
    """First asked of the method, then known: one after the other, byte for byte."""
    servant = Prepared(made("x" * size))
    async with line_to(servant) as (app, line):
        (first,) = await line.ask(request(number))
        (again,) = await line.ask(request(number))
        assert first == again
        assert texts([first]) == ["x" * size]
        assert servant.asked == 1
        counters = app.adapters[0].dispatcher.counters
        assert counters.requests == 2


async def test_an_answer_without_a_body_is_written_like_any_other() -> None:
    empty = rpc.Ready(None, b"", lasting=True)
    assert empty.body == b""
    frame = empty.frames.heads[0] + b"\x07" + empty.frames.tail
    (answer,) = ClientWire().receive_data(frame)
    assert isinstance(answer, Response)
    assert (answer.request_id, answer.body) == (7, b"")


async def test_it_is_asked_again_once_it_was_withdrawn() -> None:
    servant = Prepared(made("old"))
    async with line_to(servant) as (_, line):
        await line.ask(request(1))
        old, servant.answer = servant.answer, made("new")
        old.withdraw()
        assert texts(await line.ask(request(2))) == ["new"]
        assert texts(await line.ask(request(3), request(4))) == ["new", "new"]
        assert servant.asked == 2


async def test_a_withdrawn_answer_that_is_given_all_the_same_is_written_anew() -> None:
    servant = Prepared(made("late"))
    servant.answer.withdraw()
    async with line_to(servant) as (_, line):
        for number in (1, 2):
            assert texts(await line.ask(request(number))) == ["late"]
        assert servant.asked == 2


async def test_without_lasting_the_method_is_asked_each_time() -> None:
    servant = Prepared(made("now", lasting=False))
    async with line_to(servant) as (_, line):
        for number in (1, 2):
            assert texts(await line.ask(request(number))) == ["now"]
        assert servant.asked == 2


@pytest.mark.parametrize(
    "other",
    [
        {"context": {"who": "Bob"}},
        {"timeout_ms": 999},
        {"body": GREET.arguments.build((Greeting(name="Bob"),))},
        {"status": {"STATUS_SETNAME_VALUE": "a.b.c"}},
        {"message_type": 1},
    ],
    ids=lambda other: next(iter(other)),
)
async def test_another_request_is_no_equal_one(other: dict[str, Any]) -> None:
    servant = Prepared(made("plain"))
    async with line_to(servant) as (_, line):
        await line.ask(request(1))
        await line.ask(request(2, **other))
        assert servant.asked == 2
        await line.ask(request(3))
        assert servant.asked == 2


async def test_an_equal_context_is_part_of_an_equal_request() -> None:
    servant = Prepared(made("same"))
    async with line_to(servant) as (_, line):
        for number in (1, 2, 3):
            await line.ask(request(number, context={"node_name": "10.0.0.1"}))
        assert servant.asked == 1


async def test_what_was_sent_beside_an_answer_is_not_repeated_unasked() -> None:
    servant = Prepared(made("with a context"))
    async with line_to(servant) as (_, line):
        for number in (1, 2):
            (answer,) = await line.ask(request(number, context={"echo": ""}))
            assert answer.context == {"echo": "yes"}
        assert servant.asked == 2


async def test_one_way_calls_are_asked_and_not_answered() -> None:
    servant = Prepared(made("heard"))
    async with line_to(servant) as (_, line):
        await line.ask(request(1))
        one_way = request(0, packet_type=PacketType.ONE_WAY)
        line.writer.write(send_request(one_way))
        await until(lambda: servant.asked == 2)
        assert texts(await line.ask(request(2))) == ["heard"]
        assert servant.asked == 2


@pytest.mark.parametrize("version", [Version.TUP2, Version.TUP3, Version.JSON])
async def test_other_versions_are_written_from_the_value(version: Any) -> None:
    servant = Prepared(made("any version"))
    async with testing.serving({NAME: servant}) as (_, client):
        greeter = client.proxy(GreeterProxy, NAME)
        for options in (None, rpc.CallOptions(version=version)):
            reply = await greeter.greet(Greeting(), options=options)
            assert reply.text == "any version"


async def test_answers_keep_their_order_among_those_of_others() -> None:
    servant = Prepared(made("known"))
    async with line_to(servant) as (_, line):
        await line.ask(request(1))
        unknown = GREET.arguments.build((Greeting(name="new"),))
        mixed = [
            request(n, **({"body": unknown, "timeout_ms": n} if n % 5 == 0 else {}))
            for n in range(2, 60)
        ]
        answers = await line.ask(*mixed)
        assert [each.request_id for each in answers] == list(range(2, 60))


async def test_a_known_request_that_comes_in_two_parts_is_answered_once() -> None:
    servant = Prepared(made("whole"))
    async with line_to(servant) as (_, line):
        await line.ask(request(1))
        frame = send_request(request(2)) + send_request(request(3))
        for cut in (len(frame) // 2 - 3, len(frame) - 4):
            line.writer.write(frame[:cut])
            await line.writer.drain()
            await asyncio.sleep(0.01)
            line.writer.write(frame[cut:])
            assert [each.request_id for each in await line.take(2)] == [2, 3]


async def test_a_condition_is_asked_each_time_that_an_answer_is_given_again() -> None:
    said = [True, False, True]
    servant = Prepared(
        made("again", lasting=False).lasting_while(lambda _: said.pop(0))
    )
    async with line_to(servant) as (_, line):
        for calls in (1, 1, 2, 2):
            assert texts(await line.ask(request(1))) == ["again"]
            assert servant.asked == calls
    assert not said


async def test_a_condition_may_look_at_who_calls() -> None:
    callers: list[rpc.Caller] = []

    def again(caller: rpc.Caller) -> bool:
        callers.append(caller)
        return True

    async with line_to(Prepared(made("you").lasting_while(again))) as (app, line):
        await line.ask(request(1))
        await line.ask(request(2))
        assert callers == list(app.adapters[0].listener.connections)


async def test_a_condition_that_fails_does_no_harm(
    caplog: pytest.LogCaptureFixture,
) -> None:
    servant = Prepared(made("still").lasting_while(lambda _: 1 // 0 > 0))
    async with line_to(servant) as (_, line):
        for number in (1, 2):
            assert texts(await line.ask(request(number))) == ["still"]
    assert servant.asked == 2
    assert "its method is asked" in caplog.text


async def test_many_known_requests_wait_for_one_future() -> None:
    loop = asyncio.get_running_loop()
    written: list[asyncio.Future[None]] = [loop.create_future()]
    servant = Prepared(made("written").lasting_while(lambda _: written[-1]))
    async with line_to(servant) as (app, line):
        dispatcher = app.adapters[0].dispatcher
        await line.ask(request(1))
        line.writer.write(b"".join(send_request(request(n)) for n in range(2, 12)))
        await until(lambda: dispatcher.running == 10)
        (connection,) = app.adapters[0].listener.connections
        assert connection.inflight == 10, "so it is not idle"
        written.append(loop.create_future())
        line.writer.write(b"".join(send_request(request(n)) for n in range(12, 22)))
        await until(lambda: dispatcher.running == 20)
        written[1].set_result(None)
        assert [each.request_id for each in await line.take(10)] == [*range(12, 22)]
        written[0].set_result(None)
        assert [each.request_id for each in await line.take(10)] == [*range(2, 12)]
        assert (dispatcher.running, connection.inflight, servant.asked) == (0, 0, 1)
        assert dispatcher.counters.requests == 21


async def test_a_server_that_stops_waits_for_known_answers() -> None:
    written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    servant = Prepared(made("at last").lasting_while(lambda _: written))
    async with line_to(servant) as (app, line):
        await line.ask(request(1))
        line.writer.write(send_request(request(2)))
        await until(lambda: app.adapters[0].dispatcher.running == 1)
        app.shutdown()
        await asyncio.sleep(0.05)
        written.set_result(None)
        assert texts(await line.take(1)) == ["at last"]


@pytest.mark.parametrize("fail", ["cancel", "raise"])
async def test_a_future_that_fails_cuts_its_callers_off(fail: str) -> None:
    written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    servant = Prepared(made("never").lasting_while(lambda _: written))
    async with line_to(servant) as (app, line):
        await line.ask(request(1))
        line.writer.write(send_request(request(2)))
        await until(lambda: app.adapters[0].dispatcher.running == 1)
        if fail == "cancel":
            written.cancel()
        else:
            written.set_exception(OSError("the disk"))
        with pytest.raises((AssertionError, ConnectionResetError)):
            await line.take(1)
        assert app.adapters[0].dispatcher.running == 0


async def test_whoever_has_too_many_unanswered_is_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tars_runtime.net.server.HELD", 3)
    written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    servant = Prepared(made("many").lasting_while(lambda _: written))
    async with line_to(servant) as (app, line):
        await line.ask(request(1))
        dispatcher = app.adapters[0].dispatcher
        for number in range(2, 7):
            line.writer.write(send_request(request(number)))
            await until(lambda n=number: dispatcher.counters.requests == n)
        assert servant.asked == 2, "the first, and the one that came on four"
        written.set_result(None)
        assert {each.request_id for each in await line.take(5)} == {2, 3, 4, 5, 6}


async def test_interceptors_see_every_call() -> None:
    seen: list[str] = []

    async def watch(call: rpc.ServerCall, proceed: Any) -> Any:
        seen.append(call.method.name)
        return await proceed(call)

    app = Application(interceptors=[watch])
    app.add_adapter("A", "tcp -h 127.0.0.1 -p 0 -t 60000")
    app.add_servant(NAME, Prepared(made("watched")), adapter="A")
    serving = asyncio.create_task(app.serve())
    await app.started()
    where = app.endpoint(NAME)
    reader, writer = await asyncio.open_connection(where.host, where.port)
    line = Line(reader, writer)
    for number in (1, 2):
        assert texts(await line.ask(request(number))) == ["watched"]
    assert seen == ["greet", "greet"]
    writer.close()
    await writer.wait_closed()
    app.shutdown()
    await serving


async def test_who_does_not_read_does_not_make_the_server_hold_answers() -> None:
    """Small requests, large answers: what the peer does not take is not made."""
    servant = Prepared(made("x" * 30_000))
    async with line_to(servant) as (app, line):
        await line.ask(request(1))
        for number in range(2, 2002):
            line.writer.write(send_request(request(number)))
        (connection,) = app.adapters[0].listener.connections
        line.writer.transport.pause_reading()  # type: ignore[attr-defined]  # a transport that reads
        await asyncio.sleep(0.2)
        assert connection.backlog < 2**20
        line.writer.transport.resume_reading()  # type: ignore[attr-defined]  # a transport that reads
        answers = await line.take(2000)
        assert [each.request_id for each in answers] == list(range(2, 2002))


def test_what_peers_send_cannot_fill_the_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tars_runtime.protocol.known.ENTRIES", 10)
    monkeypatch.setattr("tars_runtime.protocol.known.PATIENCE", 80)
    known = Known(Nobody())
    answer = made("bounded")

    def is_known(timeout: int) -> bool:
        return (
            known.take(None, send_request(request(9, timeout_ms=timeout)), 0, 100)[2]
            == 1
        )

    for timeout in range(1, 90):
        known.learn(request(1, timeout_ms=timeout), answer)
        known.learn(request(1, timeout_ms=1), answer)
        assert len(known.answers) <= 10
    assert is_known(1)
    assert is_known(10)
    assert not is_known(89), "turned away"
    known.learn(request(1, timeout_ms=90), answer)
    assert is_known(90), "so many came that it began anew"
    assert len(known.answers) == 1
    assert ENTRIES * LONGEST <= 2**25, "bytes of requests that are kept at most"


def test_the_value_of_an_answer_is_let_go_also_while_its_request_is_remembered() -> (
    None
):
    """Callers that are gone never ask again: what they asked for would be kept for them."""

    class Value:
        """Large."""

    value = Value()
    gone = ref(value)
    known, answer = Known(Nobody()), rpc.Ready(value, b"", lasting=True)
    known.learn(request(1), answer)
    answer.withdraw()
    del value, answer
    assert len(known.answers) == 1
    assert gone() is None


@pytest.mark.parametrize(
    "other",
    [
        {"body": b"x" * (LONGEST + 1)},
        {"context": {"x": "y" * LONGEST}},
        {"status": {"a": "b"}},
        {"request_id": 0},
        {"version": 3},
    ],
    ids=str,
)
def test_long_and_uncommon_requests_are_not_remembered(other: dict[str, Any]) -> None:
    known = Known(Nobody())
    known.learn(request(1, **other), made("no"))
    assert not known.answers


def test_bytes_that_are_no_request_are_left_to_who_reads_them() -> None:
    known = Known(Nobody())
    known.learn(request(1), made("yes"))
    good = send_request(request(5))
    longer = (len(good) + 1).to_bytes(4, "big") + good[4:]  # its last byte is to come
    short = b"\0\0\0\x09" + good[4:9]
    for bad in (b"", b"\0", short, b"\xff" * 64, good[:-1], longer):
        assert known.take(None, bad, 0, 2**20) == ([], 0, 0)
        ((when, pieces),), at, count = known.take(None, good + bad, 0, 2**20)
        assert when is None
        assert (at, count) == (len(good), 1)
        (answer,) = ClientWire().receive_data(b"".join(pieces))
        assert isinstance(answer, Response)
        assert answer.request_id == 5
