"""Endpoints that are not TCP, as the registry tells them to clients."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.interop import matrix
from tests.interop.conftest import Findings, Trust, available
from tests.interop.peers import OBJECT, free_port
from tests.interop.registry.conftest import Registry

pytestmark = pytest.mark.interop

NODE = "127.0.0.1"
Register = Callable[..., None]


@pytest.mark.parametrize("language", matrix.clients("udp"))
def test_datagrams(
    language: str, registry: Registry, registered: Register, findings: Findings
) -> None:
    port, options = free_port(), ("--transport", "udp")
    with (
        findings.of("udp", language, "client"),
        available("python").serving(port, options=options),
    ):
        registered(NODE, port, transport="udp")
        call = available(language).call
        said = call(OBJECT, checks=("outs",), locator=registry.locator)
        assert said == {"outs": "ok"}


@pytest.mark.parametrize("language", matrix.clients("ssl"))
def test_tls(
    language: str,
    registry: Registry,
    registered: Register,
    trust: Trust,
    findings: Findings,
) -> None:
    port = free_port()
    options = ("--transport", "ssl", "--tls", str(trust.known))
    with (
        findings.of("ssl", language, "client"),
        available("python").serving(port, options=options),
    ):
        registered(NODE, port, transport="ssl")
        said = available(language).call(
            OBJECT, checks=("outs",), locator=registry.locator, tls=str(trust.known)
        )
        assert said == {"outs": "ok"}
