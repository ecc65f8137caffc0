"""UDP and TLS between real peers, with certificates that are made for the test."""

from __future__ import annotations

import pytest

from tests.interop import matrix
from tests.interop.conftest import Findings, Trust, available
from tests.interop.peers import OBJECT, free_port

pytestmark = pytest.mark.interop

DATAGRAMS = (
    "ping",
    "void",
    "extremes",
    "plenty",
    "outs",
    "unknown-function",
    "one-way",
    "context",
    "time-out",
)
"""Checks whose packets fit a datagram of 4 KiB, and of which a few may be lost."""

STREAMS = ("ping", "plenty", "outs", "one-way", "megabyte", "thousand")


def ends(language: str, role: str) -> tuple[str, str]:
    """Who calls, and who serves."""
    return (language, "python") if role == "client" else ("python", language)


def at(transport: str, port: int) -> str:
    return f"{OBJECT}@{transport} -h 127.0.0.1 -p {port} -t 60000"


@pytest.mark.parametrize(("language", "role"), matrix.cells("udp"))
def test_calls_over_udp(language: str, role: str, findings: Findings) -> None:
    client, server = ends(language, role)
    port = free_port()
    options = ("--transport", "udp")
    with (
        findings.of("udp", language, role),
        available(server).serving(port, options=options),
    ):
        said = available(client).call(at("udp", port), checks=DATAGRAMS)
        assert said == dict.fromkeys(DATAGRAMS, "ok")


@pytest.mark.parametrize(("language", "role"), matrix.cells("ssl"))
def test_calls_over_tls(
    language: str, role: str, trust: Trust, findings: Findings
) -> None:
    client, server = ends(language, role)
    port = free_port()
    options = ("--transport", "ssl", "--tls", str(trust.known))
    with (
        findings.of("ssl", language, role),
        available(server).serving(port, options=options),
    ):
        call, target = available(client).call, at("ssl", port)
        said = call(target, checks=STREAMS, tls=str(trust.known))
        assert said == dict.fromkeys(STREAMS, "ok")
        refused = call(target, checks=("void",), tls=str(trust.stranger))
        assert "certificate" in refused["void"], refused


@pytest.mark.parametrize(("language", "role"), matrix.cells("mutual-ssl"))
def test_clients_show_certificates_too(
    language: str, role: str, trust: Trust, findings: Findings
) -> None:
    client, server = ends(language, role)
    port = free_port()
    options = ("--transport", "ssl", "--tls", str(trust.known), "--verify", "1")
    with (
        findings.of("mutual-ssl", language, role),
        available(server).serving(port, options=options),
    ):
        call, target = available(client).call, at("ssl", port)
        said = call(target, checks=STREAMS, tls=str(trust.known))
        assert said == dict.fromkeys(STREAMS, "ok")
        refused = call(target, checks=("void",), tls=str(trust.impostor))
        assert refused["void"] != "ok"


@pytest.mark.parametrize("language", matrix.clients("ssl", limited=True))
def test_clients_without_tls_get_no_answer(language: str, trust: Trust) -> None:
    port = free_port()
    options = ("--transport", "ssl", "--tls", str(trust.known))
    with available("python").serving(port, options=options):
        said = available(language).call(at("ssl", port), checks=("void",))
    assert said.get("void") != "ok"
