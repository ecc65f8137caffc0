"""Who may ask for what, in three modes: ``off``, ``report`` (count and allow), ``require``.

A server proves who it is with the secret that its ``onStartup`` was answered with; one that never
got it, by calling from the address that it registers. A token opens everything. Queries are never
refused: clients would drop the registry.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import logging
import secrets
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from tars_registry.lookup import endpoint as endpoints
from tars_registry.refusals import refused
from tars_registry.table.leases import Lease
from tars_registry.table.requests import Registration

__all__ = ["MODES", "RESERVED", "Access", "Caller", "digest", "new_secret"]

log = logging.getLogger(__name__)

MODES: Final = ("off", "report", "require")

RESERVED: Final = "tars"
"""The application of the platform's own servers."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: its address, and what it said in the call's context."""

    address: str
    context: Mapping[str, str] = field(default_factory=dict[str, str])
    own: bool = False
    """The registry itself, which needs nobody's leave."""

    @property
    def instance(self) -> str:
        """The process that calls: its pod's identity, a dot, what tells it apart; or empty."""
        return self.context.get("instance", "")[:128]


@dataclass(slots=True, kw_only=True)
class Access:
    """The rules. Refusals are counted by reason, and answered with it."""

    mode: str = "off"
    token: str = ""
    networks: tuple[Network, ...] = ()
    """Where endpoints may be besides the registering node itself."""
    trusted: tuple[Network, ...] = ()
    """Callers from here need neither token nor secret."""
    reserved: tuple[str, ...] = ()
    """Servers of application ``tars`` (``tars.tarsconfig``) that need no token."""
    loopback: bool = False
    """Whether endpoints may be on loopback: only when the registry is."""
    counts: Counter[str] = field(default_factory=Counter[str])

    def registration(
        self, caller: Caller, request: Registration, lease: Lease | None
    ) -> None:
        """Whether a server may register; raises `ServerError` with the reason."""
        self._enforce(caller, self._against_registration(caller, request, lease))

    def life(self, caller: Caller, lease: Lease | None, node: str) -> bool:
        """Whether a server may beat or deregister; raises `ServerError` with the reason.

        False when that would be refused, and is reported instead.
        """
        if self.mode == "off":
            return True
        return self._enforce(caller, self._against_life(caller, lease, node))

    def administration(self, caller: Caller) -> None:
        """Whether a caller may change what is not its own; raises `ServerError`."""
        if not self._is_trusted(caller):
            got = "another" if caller.context.get("token") else "none"
            reason = f"expected the registry's token, got {got}: give --token-file FILE"
            self._enforce(caller, iter([("token", reason)]))

    def _enforce(self, caller: Caller, reasons: Iterator[tuple[str, str]]) -> bool:
        """Refuse or report for each reason; true when there is none."""
        if self.mode == "off" or caller.own:
            return True
        right = True
        for kind, reason in reasons:
            self.counts[kind] += 1
            log.warning("%s: %s %s", self.mode, caller.address, reason)
            if self.mode == "require":
                raise refused(reason)
            right = False
        return right

    def _against_registration(
        self, caller: Caller, request: Registration, lease: Lease | None
    ) -> Iterator[tuple[str, str]]:
        prefix = f"{request.application}.{request.server}."
        for adapter in request.adapters:
            if not adapter.servant.startswith(prefix):
                yield "servant", f"servant {adapter.servant!r} does not start with {prefix!r}"
            if reason := self._against_host(adapter.endpoint, request.node):
                yield "endpoint", reason
        if self._is_trusted(caller):
            return
        name = f"{request.application}.{request.server}"
        if request.application == RESERVED and name not in self.reserved:
            yield "reserved", f"{name} is the platform's: a token is needed"
        yield from self._against_life(caller, lease, request.node)

    def _against_life(
        self, caller: Caller, lease: Lease | None, node: str
    ) -> Iterator[tuple[str, str]]:
        if self._is_trusted(caller) or _same_address(caller.address, node):
            return
        if lease is None or not lease.secret:
            yield "address", f"node {node!r} is not the address that calls"
        elif not _has_secret(caller, lease):
            yield "secret", f"the secret of {lease.key} is another"

    def _is_trusted(self, caller: Caller) -> bool:
        return self._has_token(caller) or _inside(caller.address, self.trusted)

    def _has_token(self, caller: Caller) -> bool:
        given = caller.context.get("token", "")
        return bool(self.token) and hmac.compare_digest(
            given.encode(), self.token.encode()
        )

    def _against_host(self, text: str, node: str) -> str:
        """Why clients must not be sent to this endpoint, or nothing."""
        parsed = endpoints.parse(text)
        host = parsed.host if parsed is not None else ""
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return (
                ""
                if host == node
                else f"endpoint host {host!r} is not the node {node!r}"
            )
        if address.is_loopback:
            return "" if self.loopback else f"endpoint host {host} is loopback"
        if address.is_unspecified or address.is_link_local or address.is_multicast:
            return f"endpoint host {host} cannot be called"
        if _same_address(host, node) or _inside(host, self.networks):
            return ""
        return f"endpoint host {host} is neither the node {node!r} nor in an allowed network"


def new_secret() -> str:
    """A secret for one life of one server."""
    return secrets.token_urlsafe(18)


def digest(secret: str) -> str:
    """What is stored of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _has_secret(caller: Caller, lease: Lease) -> bool:
    given = caller.context.get("secret", "")
    return bool(lease.secret) and hmac.compare_digest(
        digest(given).encode(), lease.secret.encode()
    )


def _same_address(one: str, other: str) -> bool:
    try:
        return ipaddress.ip_address(one) == ipaddress.ip_address(other)
    except ValueError:
        return one == other


def _inside(host: str, networks: tuple[Network, ...]) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return any(address in network for network in networks)
