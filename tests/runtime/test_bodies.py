"""TUP and JSON calls: both roles, and what other servers answered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from Demo import GreeterProxy, Greeting, Mood, Place
from greeter import NAME, Greeter
from tars_runtime import codec, rpc, testing
from tars_runtime.codec import tup
from tars_runtime.errors import DecodeError, ServerError
from tars_runtime.net.client import connect
from tars_runtime.protocol import ClientWire, Request, Response
from tars_runtime.protocol.bodies import BODIES

CAPTURES = json.loads((Path(__file__).parent / "captures.json").read_text())
GREET, COUNT, REST = Greeter.__tars__
VERSIONS = [2, 3, 5]


@pytest.mark.parametrize("version", VERSIONS)
async def test_calls_of_every_version(version: Any) -> None:
    servant = Greeter()
    servant.wake.set()
    options = rpc.CallOptions(version=version)
    async with testing.serving({NAME: servant}) as (_, client):
        greeter = client.proxy(GreeterProxy, NAME)
        greeting = Greeting(
            name="Ann",
            mood=Mood.MERRY,
            labels={"a": "b"},
            places=[Place(city="x")],
            seal=b"\x00\xff",
        )
        reply = await greeter.greet(greeting, options=options)
        assert (reply.ret, reply.text) == (3, "hello Ann")
        assert reply.seen == greeting.places
        assert await greeter.count(7, options=options) == {7: 2**40}
        await greeter.rest(options=options)
        with pytest.raises(ServerError) as caught:
            await greeter.greet(Greeting(name="code"), options=options)
        assert (caught.value.code, caught.value.text) == (77, "not today")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("method", [GREET, COUNT, REST], ids=lambda m: m.name)
def test_damaged_bodies_are_decode_errors(version: int, method: Any) -> None:
    body = BODIES[version]
    arguments: Any = {"greet": (Greeting(name="A"),), "count": (1,), "rest": ()}
    data = body.write_arguments(method, arguments[method.name])
    assert body.read_arguments(method, data) == arguments[method.name]
    for cut in range(len(data)):
        try:
            body.read_arguments(method, data[:cut])
        except DecodeError:
            continue


async def test_a_version_that_is_none_is_told() -> None:
    async with testing.serving({NAME: Greeter()}) as (app, _):
        connection = await connect(app.endpoint(NAME))
        for version in (0, 4, 6, 99, -1):
            request = Request(version=version, servant=NAME, function="rest")
            _, answer = connection.request(request, 1e12)
            response = await answer
            assert response.ret == -1
            assert "version" in response.text
        connection.close()


def test_results_of_other_servers_are_read() -> None:
    """``int testInt(int a, out int doubled)`` of TarsCpp, TarsGo and Node."""
    reply = [c for c in CAPTURES if c["case"] == "v3 testInt"]
    assert len(reply) == 3
    for capture in reply:
        (answer,) = ClientWire().receive_data(bytes.fromhex(capture["reply_hex"]))
        assert isinstance(answer, Response)
        values = tup.unpack(answer.body)
        assert tup.get_result(values, codec.INT) == 42
        assert tup.get(values, "doubled", codec.INT) == 82


async def test_json_needs_its_parameters() -> None:
    async with testing.serving({NAME: Greeter()}) as (app, _):
        connection = await connect(app.endpoint(NAME))
        for body in (b"{}", b"[", b"", b"[" * 100_000, b'{"mood": "x"}', b"\xff"):
            request = Request(version=5, servant=NAME, function="count", body=body)
            _, answer = connection.request(request, 1e12)
            assert (await answer).ret == -1
        request = Request(
            version=5, servant=NAME, function="count", body=b'{"mood": 1}'
        )
        _, answer = connection.request(request, 1e12)
        assert json.loads((await answer).body) == {"tars_ret": {"1": 2**40}}
        connection.close()
