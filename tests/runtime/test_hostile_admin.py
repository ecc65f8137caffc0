"""What reaches the admin object, and what an operator or another runtime asks of it in vain."""

from __future__ import annotations

import pytest
from Demo import GreeterProxy
from greeter import NAME, Greeter
from tars_runtime import testing
from tars_runtime.application import Application
from tars_runtime.communicator import Communicator
from tars_runtime.config import AdapterConfig, ServerConfig
from tars_runtime.errors import ConfigError, ConnectError
from tars_runtime.interfaces.tars import AdminFProxy
from tars_runtime.net.endpoint import Endpoint
from victim import Victim

ADMIN_LINES = {
    "": "expected a command, got ''",
    " ": "expected a command, got ''",
    "tars.loadconfig": "failed: expected one file's name, got 0",
    "tars.loadconfig ../../etc/passwd": "failed: expected a plain file name",
    "tars.loadconfig /etc/passwd": "failed: expected a plain file name",
    "tars.loadconfig a b c": "failed: expected one file's name, got 3",
    "tars.setloglevel": "failed: expected one of NONE, ERROR",
    "tars.setloglevel LOUD": "failed: expected a log level of NONE, ERROR",
    "tars.setloglevel a b": "failed: expected one of NONE, ERROR",
    "tars.setdyeing": "no requests are dyed",
    "tars.setdyeing a": "failed: expected KEY OBJECT",
    "tars.enabledaylog": "failed: expected {remote|local}",
    "tars.enabledaylog ../x": "failed: expected {remote|local}",
    "tars.pprof 8080 3600": "no profiler is opened",
    "tars.viewstatus x y": "[server] Demo.HelloServer",
    "tars.connection \x00": "[adapter] GreeterAdapter",
    "__class__": "expected a command, got '__class__'",
    "x" * 100_000: "expected a command, got 'xxx",
}


@pytest.mark.parametrize(
    ("line", "told"), ADMIN_LINES.items(), ids=lambda text: text[:30] or "empty"
)
async def test_s8_s9_s11_admin_lines_are_answered_with_text(
    victim: Victim, line: str, told: str
) -> None:
    async with Communicator() as client:
        endpoint = victim.app.endpoint("AdminObj")
        admin = client.proxy(AdminFProxy, f"AdminObj@{endpoint}")
        answer = await admin.notify(line)
    assert told in answer
    assert "Traceback" not in answer
    assert len(answer) < 4096
    await victim.still_answers()


async def test_s8_a_command_that_fails_is_answered_with_text(victim: Victim) -> None:
    """As one that indexes arguments that are not there."""

    @victim.app.admin_command("first")
    def first(words: list[str]) -> str:
        return words[0]

    async with Communicator() as client:
        endpoint = victim.app.endpoint("AdminObj")
        admin = client.proxy(AdminFProxy, f"AdminObj@{endpoint}")
        assert await admin.notify("first") == "first failed: IndexError, see the log"
        assert await admin.notify("first word") == "word"
    await victim.still_answers()


@pytest.mark.parametrize("host", ["0.0.0.0", "*", "10.0.0.1", "example.org", "::"])
async def test_s10_an_admin_object_off_loopback_is_refused(host: str) -> None:
    app = Application(
        ServerConfig(app="Demo", server="X", local=f"tcp -h {host} -p 0"),
        adapters=[
            AdapterConfig(name="A", endpoint="tcp -h 127.0.0.1 -p 0", servant=NAME)
        ],
    )
    app.add_servant(NAME, Greeter())
    with pytest.raises(ConfigError, match="on loopback"):
        await app.serve()


async def test_s16_s17_the_handshake_of_cpp_is_not_spoken_and_says_so() -> None:
    endpoint = Endpoint.parse("tcp -h 127.0.0.1 -p 1 -e 1")
    async with Communicator(locator=testing.FakeRegistry({NAME: [endpoint]})) as client:
        with pytest.raises(ConnectError, match=r"handshake of -e 1 .* is not spoken"):
            await client.proxy(GreeterProxy, NAME).rest()
    app = Application(ServerConfig(app="Demo", server="HelloServer"))
    app.add_adapter("A", endpoint, servant=NAME)
    app.add_servant(NAME, Greeter())
    with pytest.raises(ConfigError, match="without -e 1 for A"):
        await app.serve()
