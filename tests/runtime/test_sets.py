"""Sets: which callers a server in one takes, and what clients of one tell."""

from __future__ import annotations

import asyncio

import pytest
from Demo import GreeterProxy, Greeting
from greeter import NAME, Greeter
from tars_runtime.application import Application
from tars_runtime.application.setcheck import set_check
from tars_runtime.communicator import Communicator
from tars_runtime.config import ServerConfig
from tars_runtime.errors import ServerError
from tars_runtime.protocol import Request, Status


@pytest.mark.parametrize(
    ("caller", "may"),
    [
        ("gray.sz.1", True),
        ("gray.sz.2", True),
        ("gray.sz.*", True),
        ("gray.bj.1", False),
        ("blue.bj.1", True),
        ("", False),
        ("gray.sz", False),
    ],
)
def test_another_area_of_the_same_name_is_refused(caller: str, may: bool) -> None:
    allows = set_check(ServerConfig(set_name="gray.sz.1"))
    assert allows is not None
    assert allows(Request(status={Status.SET_NAME: caller})) is may


def test_without_a_set_or_with_checkset_off_nobody_is_asked() -> None:
    assert set_check(ServerConfig()) is None
    assert set_check(ServerConfig(set_name="gray.sz.1", check_set=False)) is None


async def test_a_client_tells_its_set_and_a_server_asks_for_it() -> None:
    app = Application(ServerConfig(app="Demo", server="X", set_name="gray.sz.1"))
    app.add_adapter("A", "tcp -h 127.0.0.1 -p 0 -t 60000", servant=NAME)
    app.add_servant(NAME, Greeter())
    running = asyncio.create_task(app.serve(grace=0.5))
    await app.started()
    name = f"{NAME}@{app.endpoint(NAME)}"
    async with Communicator(set_name="gray.sz.2") as client:
        greeter = client.proxy(GreeterProxy, name)
        assert (await greeter.greet(Greeting(name="Ann"))).ret == 3
        for other in ("gray.bj.1", ""):
            with pytest.raises(ServerError) as caught:
                await client.proxy(GreeterProxy, name, set_name=other).rest()
            assert caught.value.code == -11
    app.shutdown()
    await running
