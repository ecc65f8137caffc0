"""Which address this pod has: ``POD_IP``, else ``POD_IPS``, else the kernel's choice."""

from __future__ import annotations

import socket
from collections.abc import Mapping

from tars_runtime.errors import ConfigError

__all__ = ["family_of", "is_local", "local_address"]

_ADVICE = "set POD_IP to the pod's address (fieldRef: status.podIP)"
_FAR = (
    (socket.AF_INET, "10.0.0.1"),
    (socket.AF_INET6, "2001:db8::1"),
)
"""Where the kernel is asked for a route to; no packet is sent."""


def local_address(pod_ip: str, environment: Mapping[str, str]) -> str:
    """The address to listen on and to be registered with, IPv4 first.

    Raises `ConfigError` when what is given is no address, or nothing can be found.
    """
    given = pod_ip or _first(environment.get("POD_IPS", ""))
    if not given:
        return _of_kernel()
    family = family_of(given)
    if family is None:
        raise ConfigError(
            f"POD_IP={given}: expected an IPv4 or IPv6 address; {_ADVICE}"
        )
    if given in ("0.0.0.0", "::"):
        raise ConfigError(
            f"POD_IP={given}: expected an address that clients can reach; {_ADVICE}"
        )
    return given


def family_of(address: str) -> socket.AddressFamily | None:
    """The family of a numeric address, or `None`."""
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, address)
        except OSError:
            continue
        return family
    return None


def is_local(address: str) -> bool:
    """Whether a socket of this machine (or network namespace) can have ``address``."""
    family = family_of(address)
    if family is None:
        return False
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True


def _first(addresses: str) -> str:
    """Of a dual-stack pod's list the IPv4 address, which every TARS client can dial."""
    each = [address.strip() for address in addresses.split(",") if address.strip()]
    return next((one for one in each if ":" not in one), each[0] if each else "")


def _of_kernel() -> str:
    for family, far in _FAR:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect((far, 9))
            except OSError:
                continue
            address = str(probe.getsockname()[0])
            if address not in ("0.0.0.0", "::"):
                return address
    raise ConfigError(
        f"POD_IP is not set and this machine has no route to ask; {_ADVICE}"
    )
