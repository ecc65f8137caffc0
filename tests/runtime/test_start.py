"""The order of a start: settings and ports first, then hooks, then connections."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from typing import Any

import pytest
from Demo import GreeterProxy, Greeting
from greeter import NAME, Greeter
from tars_runtime.application import Application
from tars_runtime.communicator import Communicator
from tars_runtime.config import ServerConfig
from tars_runtime.errors import ConfigError, ConnectError, UsageError
from tars_runtime.net.endpoint import Endpoint
from tars_runtime.net.ports import bind


def server(port: int = 0, transport: str = "tcp", **settings: Any) -> Application:
    app = Application(ServerConfig(app="Demo", server="HelloServer"))
    endpoint = f"{transport} -h 127.0.0.1 -p {port} -t 60000"
    app.add_adapter("GreeterAdapter", endpoint, servant=NAME, **settings)
    app.add_servant(NAME, Greeter())
    return app


@pytest.mark.parametrize("transport", ["tcp", "udp"])
async def test_a_taken_port_is_told_before_any_hook(transport: str) -> None:
    (taken,) = bind(Endpoint("127.0.0.1", 0, "udp" if transport == "udp" else "tcp"))
    if transport == "tcp":
        taken.listen()
    app = server(taken.getsockname()[1], transport)
    ran: list[str] = []
    app.on_start(lambda: ran.append("hook"))
    with pytest.raises(ConnectError, match="is the port taken"):
        await app.serve()
    assert ran == []
    taken.close()


async def test_a_wrong_setting_is_told_before_any_hook() -> None:
    app = server()
    app.config = ServerConfig(app="Demo", server="X", local="tcp -h 10.0.0.1 -p 1")
    ran: list[str] = []
    app.on_start(lambda: ran.append("hook"))
    with pytest.raises(ConfigError, match="on loopback"):
        await app.serve()
    assert ran == []


async def test_nobody_is_let_in_before_the_hooks_are_done() -> None:
    app = server()
    refused: list[bool] = []

    async def knock() -> None:
        host, port = app.adapters[0].listener.address
        try:
            await asyncio.open_connection(host, port)
        except ConnectionRefusedError:
            refused.append(True)

    app.on_start(knock)
    serving = asyncio.create_task(app.serve(grace=0.5))
    await app.started()
    assert refused == [True]
    async with Communicator() as client:
        greeter = client.proxy(GreeterProxy, f"{NAME}@{app.endpoint(NAME)}")
        assert (await greeter.greet(Greeting(name="Ann"))).text == "hello Ann"
    app.shutdown()
    await serving


async def test_a_failed_hook_gives_the_port_back() -> None:
    app = server()
    seen: list[int] = []

    def fail() -> None:
        seen.append(app.adapters[0].listener.address[1])
        raise ValueError("no database")

    app.on_start(fail)
    with pytest.raises(ValueError, match="no database"):
        await app.serve(grace=0.5)
    with socket.create_server(("127.0.0.1", seen[0])):
        pass


async def test_run_on_a_running_loop_is_told_what_to_do() -> None:
    with pytest.raises(UsageError, match=r"await serve\(\) there"):
        Application().run()


def test_signals_are_the_programs_own_after_run() -> None:
    code = """
import asyncio, os, signal
from tars_runtime.application import Application
from tars_runtime.rpc import Servant

app = Application()
app.add_adapter("A", "tcp -h 127.0.0.1 -p 0", servant="A.B.CObj")
app.add_servant("A.B.CObj", Servant())
app.on_start(lambda: os.kill(os.getpid(), signal.SIGTERM))
app.run()
print(signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT).__name__)
try:
    os.kill(os.getpid(), signal.SIGINT)
    signal.pause()
except KeyboardInterrupt:
    print("interrupted")
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.stdout.splitlines()[-2:] == [
        "0 default_int_handler",
        "interrupted",
    ], done.stderr


def test_a_setting_that_is_none_is_told() -> None:
    with pytest.raises(
        UsageError, match=r"expected settings of AdapterConfig: .*thread"
    ):
        Application().add_adapter("A", "tcp -h 127.0.0.1 -p 0", thread=4)


async def test_an_observer_that_a_hook_adds_is_told() -> None:
    app = server()
    codes: list[int] = []

    @app.on_start
    def watch() -> None:
        app.observers.append(lambda _, code, __: codes.append(code))

    serving = asyncio.create_task(app.serve(grace=0.5))
    await app.started()
    async with Communicator() as client:
        greeter = client.proxy(GreeterProxy, f"{NAME}@{app.endpoint(NAME)}")
        await greeter.greet(Greeting(name="Ann"))
    assert codes == [0]
    app.shutdown()
    await serving


def test_all_addresses_of_a_name_get_one_port() -> None:
    sockets = bind(Endpoint("localhost", 0))
    assert len({each.getsockname()[1] for each in sockets}) == 1
    for each in sockets:
        each.close()
