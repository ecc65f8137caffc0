"""Which address a listener takes: bound at once, so that a taken port is noticed before all else.

A bound socket takes no connections yet; that is for the listener, when the server is ready.
"""

from __future__ import annotations

import errno
import socket
from contextlib import suppress
from typing import Final, Protocol

from tars_runtime.errors import ConnectError
from tars_runtime.net.endpoint import Endpoint
from tars_runtime.protocol import Code

__all__ = ["bind", "cannot_listen", "mark"]

NOT_HERE: Final = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
"""The address, or its family, is not this machine's."""


def bind(endpoint: Endpoint, *, reuse_port: bool = False) -> list[socket.socket]:
    """Sockets bound to all addresses of the endpoint's host, to the first one for UDP.

    With port 0 the system chooses one, the same for all. Raises `ConnectError`.
    """
    kind = socket.SOCK_DGRAM if endpoint.transport == "udp" else socket.SOCK_STREAM
    made: list[socket.socket] = []
    absent: OSError | None = None
    try:
        for family, address in _addresses(endpoint, kind):
            port = made[0].getsockname()[1] if made else endpoint.port
            try:
                place = (address[0], port, *address[2:])
                made.append(_bound(family, kind, place, reuse_port))
                mark(made[-1], endpoint)
            except OSError as error:
                if error.errno not in NOT_HERE:
                    raise
                absent = error  # such as ::1 for localhost, on a machine without IPv6
        if absent is not None and not made:
            raise absent
    except OSError as error:
        for each in made:
            each.close()
        raise cannot_listen(endpoint, error) from error
    return made


class Markable(Protocol):
    """A socket, or what an event loop shows of one."""

    @property
    def family(self) -> int: ...
    def setsockopt(self, level: int, option: int, value: int, /) -> None: ...


def mark(made: Markable, endpoint: Endpoint) -> None:
    """Let what is sent carry the endpoint's ``-q``: IPv4's type of service, IPv6's traffic class.

    Connections that a socket accepts are marked as it is. A mark is a wish: a system that does
    not grant it is no reason to refuse service.
    """
    if not endpoint.qos:
        return
    with suppress(OSError):
        if made.family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, endpoint.qos)
        else:
            made.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, endpoint.qos)


def cannot_listen(endpoint: Endpoint, error: OSError) -> ConnectError:
    """The error of a port that cannot be had."""
    return ConnectError(
        Code.CONNECT,
        f"expected to listen on {endpoint.address}, got: "
        f"{error.strerror or error} - is the port taken, the address this machine's?",
    )


def _addresses(
    endpoint: Endpoint, kind: socket.SocketKind
) -> list[tuple[int, tuple[str, ...]]]:
    host = endpoint.bind or endpoint.host or "0.0.0.0"
    found = socket.getaddrinfo(host, endpoint.port, type=kind, flags=socket.AI_PASSIVE)
    addresses = list(dict.fromkeys((each[0], each[4]) for each in found))
    return addresses[:1] if kind is socket.SOCK_DGRAM else addresses  # type: ignore[return-value]  # IPv4's and IPv6's


def _bound(
    family: int, kind: socket.SocketKind, address: tuple[object, ...], reuse_port: bool
) -> socket.socket:
    made = socket.socket(family, kind)
    try:
        if kind is socket.SOCK_STREAM:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if reuse_port:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind(address)
    except OSError:
        made.close()
        raise
    return made
