"""Which port ``${random_port}`` becomes: one that is free, and that no other tarscli chose.

A choice is held as the abstract Unix socket name ``\\0tars2py-port-N``: every container of one
network namespace sees it, whatever it mounts, and it is gone with its holder. The search
starts at a random place, so that successive pods on one address rarely share ports.
"""

from __future__ import annotations

import random
import socket
from collections.abc import Iterator
from pathlib import Path

from tars_runtime.errors import ConfigError
from tars_runtime.net.endpoint import Endpoint

__all__ = ["Ports", "ephemeral_range", "reservation_name"]

_EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")


def reservation_name(port: int) -> str:
    """The abstract socket name that stands for ``port``."""
    return f"\0tars2py-port-{port}"


def ephemeral_range() -> range:
    """The ports that the kernel gives to outgoing connections."""
    try:
        low, high = _EPHEMERAL.read_text().split()
    except (OSError, ValueError):
        return range(32768, 61000)
    return range(int(low), int(high) + 1)


class Ports:
    """Chooses ports from ``low`` to ``high`` and holds them until `release`."""

    def __init__(self, low: int, high: int, seed: str = "") -> None:
        if low > high:
            raise ConfigError(
                f"TARS_RAND_PORT_MIN={low} is above TARS_RAND_PORT_MAX={high}; swap them"
            )
        self._range = range(low, high + 1)
        self._random = random.Random(seed or None)
        self._held: dict[int, socket.socket] = {}

    def take(self, endpoint: Endpoint) -> int:
        """A port on which ``endpoint`` can listen, now held; raises `ConfigError`."""
        address = _resolved(endpoint)
        for port in self._candidates():
            if port not in self._held and self._hold(port):
                if _is_free(endpoint, address, port):
                    return port
                self._held.pop(port).close()
        raise ConfigError(
            f"no port from {self._range[0]} to {self._range[-1]} is free for "
            f"{endpoint.transport} on {endpoint.host}; "
            "check that the address is local, or widen TARS_RAND_PORT_MIN and _MAX"
        )

    def hold(self, port: int) -> bool:
        """Hold a port that was chosen elsewhere; whether that worked."""
        return port in self._held or self._hold(port)

    def release(self) -> None:
        """Hold nothing any more."""
        for each in self._held.values():
            each.close()
        self._held.clear()

    def _candidates(self) -> Iterator[int]:
        ephemeral = ephemeral_range()
        outside = [port for port in self._range if port not in ephemeral]
        usable = outside or list(self._range)
        start = self._random.randrange(len(usable))
        yield from usable[start:]
        yield from usable[:start]

    def _hold(self, port: int) -> bool:
        holder = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            holder.bind(reservation_name(port))
        except OSError:
            holder.close()
            return False
        self._held[port] = holder
        return True


def _resolved(endpoint: Endpoint) -> tuple[socket.AddressFamily, str]:
    try:
        found = socket.getaddrinfo(
            endpoint.host or "0.0.0.0", None, flags=socket.AI_PASSIVE
        )
    except OSError as error:
        raise ConfigError(
            f"the host {endpoint.host!r} of an endpoint cannot be resolved: {error.strerror}; "
            "write an address of this machine"
        ) from error
    family, _, _, _, address = found[0]
    return family, str(address[0])


def _is_free(
    endpoint: Endpoint, address: tuple[socket.AddressFamily, str], port: int
) -> bool:
    family, host = address
    kind = socket.SOCK_DGRAM if endpoint.transport == "udp" else socket.SOCK_STREAM
    with socket.socket(family, kind) as probe:
        try:
            probe.bind((host, port))
            if kind is socket.SOCK_STREAM:
                probe.listen(1)
        except OSError:
            return False
    return True
