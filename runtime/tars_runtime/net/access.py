"""Who may connect: the allow and deny lists of an adapter.

Items are addresses, patterns with ``*`` (``10.0.*``) or networks (``10.0.0.0/8``), parted by
``;``, ``,`` or blanks. As in the C++ runtime a peer on neither list may connect only while the
allow list is empty.
"""

from __future__ import annotations

import fnmatch
import ipaddress
import re
from collections.abc import Callable
from typing import TypeAlias

from tars_runtime.errors import UsageError

__all__ = ["AccessList"]

Test: TypeAlias = Callable[[str], bool]
ORDERS = ("allow,deny", "deny,allow")


class AccessList:
    """``AccessList("10.0.*", deny="10.0.0.7").allows("10.0.0.7")`` is true: allow comes first."""

    __slots__ = ("_allow", "_deny", "_deny_first", "is_open")

    def __init__(
        self, allow: str = "", deny: str = "", order: str = "allow,deny"
    ) -> None:
        order = order.replace(" ", "") or ORDERS[0]
        if order not in ORDERS:
            raise UsageError(
                f"expected {' or '.join(ORDERS)} for the order of lists, got {order!r}"
            )
        self._allow = _tests(allow)
        self._deny = _tests(deny)
        self._deny_first = order == "deny,allow"
        self.is_open = not self._allow and not self._deny
        """Nobody is refused."""

    def allows(self, address: str) -> bool:
        """Whether a peer with this address may connect."""
        if self.is_open:
            return True
        allowed = any(test(address) for test in self._allow)
        denied = any(test(address) for test in self._deny)
        if self._deny_first and denied:
            return False
        if allowed:
            return True
        return not denied and not self._allow


def _tests(text: str) -> tuple[Test, ...]:
    return tuple(_test(item) for item in re.split(r"[;,\s]+", text) if item)


def _test(item: str) -> Test:
    if "/" in item:
        try:
            network = ipaddress.ip_network(item, strict=False)
        except ValueError as error:
            raise UsageError(
                f"expected an address, a pattern or a network, got {item!r}: {error}"
            ) from None
        return lambda address: _within(address, network)
    if "*" in item:
        pattern = re.compile(fnmatch.translate(item))
        return lambda address: pattern.match(address) is not None
    return lambda address: address == item


def _within(
    address: str, network: ipaddress.IPv4Network | ipaddress.IPv6Network
) -> bool:
    try:
        return ipaddress.ip_address(address.partition("%")[0]) in network
    except ValueError:
        return False
