"""Servers that stop and ask their clients to take another connection.

A client that was given both addresses goes on with the other one, and no call fails.
"""

from __future__ import annotations

import pytest

from tests.interop import matrix
from tests.interop.conftest import Findings, available
from tests.interop.peers import OBJECT, end, free_port
from tests.interop.watching import watching

pytestmark = pytest.mark.interop

SERVERS = [
    language
    for language, role in matrix.cells("reconnect")
    if role == "server" or language == "python"
]


@pytest.mark.parametrize(("language", "role"), matrix.cells("in-flight"))
def test_a_call_in_flight_is_answered(
    language: str, role: str, findings: Findings
) -> None:
    client, server = (language, "python") if role == "client" else ("python", language)
    port = free_port()
    target = f"{OBJECT}@tcp -h 127.0.0.1 -p {port} -t 60000"
    with (
        findings.of("in-flight", language, role),
        available(server).serving(port) as process,
    ):
        with available(client).lasting(target) as said:
            end(process)
        assert said == ["lasting ok"]


@pytest.mark.parametrize("language", ["node", "java"])
def test_servers_that_end_at_once(language: str) -> None:
    assert ("in-flight", language, "server") in matrix.LIMITS
    port = free_port()
    with available(language).serving(port) as process:
        target = f"{OBJECT}@tcp -h 127.0.0.1 -p {port} -t 60000"
        with available("python").lasting(target) as said:
            end(process)
    assert "ConnectError" in said[0]


def failures_while_one_leaves(language: str) -> list[str]:
    """What our client's calls to two servers met while one of them stopped."""
    server, ports = available(language), (free_port(), free_port())
    places = ":".join(f"tcp -h 127.0.0.1 -p {port} -t 60000" for port in ports)
    with (
        server.serving(ports[0], name="one") as one,
        server.serving(ports[1], name="two"),
        watching(available("python"), f"{OBJECT}@{places}") as watch,
    ):
        watch.until("one", "two")
        end(one)
        watch.until("two")
        return watch.failures


@pytest.mark.parametrize("language", SERVERS)
def test_our_client_moves_away(language: str, findings: Findings) -> None:
    """A server of TarsGo's reads no more from connections that were silent for 0.1 s once it stops,
    before it has told its clients: on a slow machine that may cost a call, so that it gets three
    chances."""
    role = "client" if language == "python" else "server"
    with findings.of("reconnect", language, role):
        for _ in range(3 if language == "go" else 1):
            failures = failures_while_one_leaves(language)
            if not failures:
                return
        assert failures == []
