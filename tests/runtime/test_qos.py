"""``-q``: packets of both ends carry the endpoint's type of service."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from Demo import GreeterProxy, Greeting
from greeter import NAME, Greeter
from pair import connections
from tars_runtime import testing
from tars_runtime.net.endpoint import Endpoint
from tars_runtime.net.ports import bind, mark


def service_of(made: Any) -> int:
    if made.family == socket.AF_INET6:
        return int(made.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS))
    return int(made.getsockopt(socket.IPPROTO_IP, socket.IP_TOS))


@pytest.mark.parametrize("transport", ["tcp", "udp"])
async def test_both_ends_are_marked(transport: str) -> None:
    endpoint = f"{transport} -h 127.0.0.1 -p 0 -t 60000 -q 32"
    async with testing.serving({NAME: Greeter()}, endpoint=endpoint) as (app, client):
        greeter = client.proxy(GreeterProxy, NAME)
        assert (await greeter.greet(Greeting(name="Ann"))).ret == 3
        (ours,) = connections(client)
        assert service_of(ours._transport.get_extra_info("socket")) == 32
        listener = app.adapters[0].listener
        theirs = (
            listener._transport  # type: ignore[union-attr]
            if transport == "udp"
            else next(iter(listener.connections)).transport  # type: ignore[attr-defined]
        )
        assert service_of(theirs.get_extra_info("socket")) == 32


@pytest.mark.skipif(not socket.has_ipv6, reason="this Python knows no IPv6")
def test_ipv6_has_a_traffic_class() -> None:
    with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as made:
        mark(made, Endpoint("::1", 1, qos=32))
        assert service_of(made) == 32


def test_without_q_nothing_is_marked() -> None:
    (made,) = bind(Endpoint("127.0.0.1", 0))
    with made:
        assert service_of(made) == 0
