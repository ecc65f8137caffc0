"""Whose certificate a server may show: a chain that holds does not say who is at its end.

With ``tls-server-name`` OpenSSL checks that name, without ``ca`` it checks the host. What is left
is an authority of one's own, and endpoints that a registry gave, which are addresses: there the
certificate must carry the host or, as a DNS name, the server's own name, ``App.Server``.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["names_of", "shows"]


def names_of(certificate: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """The subject's alternative names, as `ssl.SSLSocket.getpeercert` gives them."""
    return tuple(certificate.get("subjectAltName", ()))


def shows(names: Iterable[tuple[str, str]], host: str, service: str) -> bool:
    """Whether one of the names is the host, or the service ``App.Server``."""
    address = _address(host)
    for kind, name in names:
        if kind == "IP Address" and address is not None and _address(name) == address:
            return True
        if kind == "DNS" and (_is(name, service) or (not address and _is(name, host))):
            return True
    return False


def _is(pattern: str, name: str) -> bool:
    """A DNS name equals another; ``*.example.org`` stands for one label in its first place."""
    pattern, name = pattern.lower().rstrip("."), name.lower().rstrip(".")
    if not pattern.startswith("*."):
        return bool(name) and pattern == name
    label, dot, rest = name.partition(".")
    return bool(label and dot) and "." in rest and rest == pattern[2:]


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text.strip().partition("%")[0])
    except ValueError:
        return None
