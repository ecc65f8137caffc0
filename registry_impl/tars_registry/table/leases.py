"""Who lives: one lease per server and node, on a clock that a frozen process cannot jump.

Lease time is the sum of the gaps between ticks, each counted as two ticks at most. When the
process was stopped (a paused machine, ``SIGSTOP``), its own sleep is not held against servers
whose heartbeats wait in the socket buffers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sized
from dataclasses import dataclass
from typing import Final

from tars_registry.model import Key

__all__ = [
    "DAY",
    "DEFAULT_LENGTH",
    "OWN_LENGTH",
    "TOLD_EVERY",
    "Lease",
    "LeaseClock",
    "Leases",
    "lease_length",
    "too_many",
]

DEFAULT_LENGTH: Final = 250.0
"""Seconds for a server that does not say how often it reports (the C++ ``nodeTimeout``)."""

OWN_LENGTH: Final = 30.0
"""Seconds for the registry's own row, so that a dead replica leaves lookups quickly."""

REPORTS_MISSED: Final = 3
"""How many of its own reporting intervals a server may miss."""

SHORTEST: Final = 15.0
"""No lease is shorter: a blocked second must not withdraw a server."""

DAY: Final = 86400
"""Seconds that the rows of a dead server are kept, and since when `clean` takes a node for dead."""

TOLD_EVERY: Final = 0.5
"""The share of its length after which the row of a lease that is alone on its node is told."""

PRESERVED_SHARE: Final = 0.2
PRESERVED_ABOVE: Final = 10
"""A sweep of more than a fifth of all leases, and more than ten, is taken for a fault of ours."""

_OWN: Final = ("tars", "tarsregistry")


class LeaseClock:
    """Lease time in seconds from an arbitrary start; `tick` moves it."""

    def __init__(self, tick: float, now: float) -> None:
        self.tick_length = tick
        self.elapsed = 0.0
        self.gap = 0.0
        """Real time between the last two ticks."""
        self._last = now

    def tick(self, now: float) -> float:
        """Count the time since the last tick, two ticks of it at most; returns lease time."""
        self.gap = max(0.0, now - self._last)
        self._last = now
        self.elapsed += min(self.gap, 2 * self.tick_length)
        return self.elapsed


@dataclass(slots=True, kw_only=True)
class Lease:
    """The life of one server on one node that registered with us; `Leases` alone changes it."""

    id: int
    key: Key
    instance: str = ""
    secret: str = ""
    length: float = DEFAULT_LENGTH
    beat: float = 0.0
    """Lease time of the last sign of life."""
    told: float | None = None
    """Lease time of the sign of life that its own row tells, as far as this registry knows."""
    heard: bool = False
    """Whether this registry heard of it; others may know more than its own row tells."""

    def is_due(self, now: float) -> bool:
        """Whether the lease ran out."""
        return now - self.beat >= self.length


class Leases:
    """All leases, by server and by node."""

    def __init__(self) -> None:
        self._by_key: dict[Key, Lease] = {}
        self._by_node: dict[str, tuple[Key, ...]] = {}

    def __len__(self) -> int:
        return len(self._by_key)

    def __iter__(self) -> Iterator[Lease]:
        return iter(self._by_key.values())

    def get(self, key: Key) -> Lease | None:
        """The lease of a server, or ``None`` when it is not ours."""
        return self._by_key.get(key)

    def by_key(self) -> dict[Key, Lease]:
        """All leases, in a dictionary of their own."""
        return dict(self._by_key)

    def of_node(self, node: str) -> list[Lease]:
        """The leases of a node, whose name is folded."""
        return [self._by_key[key] for key in self._by_node.get(node, ())]

    def put(self, lease: Lease) -> None:
        """Store a lease, or replace the one of its key."""
        self._by_key[lease.key] = lease
        others = self._by_node.get(lease.key.node, ())
        if lease.key not in others:
            self._by_node[lease.key.node] = (*others, lease.key)

    def beat(self, key: Key, now: float, length: float | None = None) -> None:
        """Note a sign of life; a new length replaces the old one."""
        lease = self._by_key.get(key)
        if lease is not None:
            lease.beat = now
            if length is not None:
                lease.length = length

    def heard(self, lease: Lease, now: float, length: float | None) -> int | None:
        """Note a sign of life of a lease that is known; gives which row to write it to."""
        lease.beat = now
        if length is not None:
            lease.length = length
        return self.row_to_write(lease, now)

    def row_to_write(self, lease: Lease, now: float) -> int | None:
        """Which row a sign of life is written to, besides its node's; ``None`` for no other.

        A server alone on its node lives by what is written of the node: its own row is told twice
        in a lease's length. Where several share a node, each row is told of each sign.
        """
        alone = len(self._by_node[lease.key.node]) == 1
        told = lease.told
        lease.heard = True
        if alone and told is not None and now - told < lease.length * TOLD_EVERY:
            return None
        lease.told = now
        return lease.id

    def drop(self, key: Key) -> None:
        """Forget a lease."""
        if self._by_key.pop(key, None) is not None:
            left = tuple(each for each in self._by_node.pop(key.node) if each != key)
            if left:
                self._by_node[key.node] = left

    def renew_all(self, now: float) -> None:
        """Start every lease anew: after a start or a database outage nobody is late yet."""
        for lease in self._by_key.values():
            lease.beat = now

    def due(self, now: float) -> list[Lease]:
        """The leases that ran out."""
        return [lease for lease in self._by_key.values() if lease.is_due(now)]


def lease_length(key: Key, report_ms: int | None) -> float:
    """How long a server may be silent, in seconds, given the interval that it reports in."""
    if key[:2] == _OWN:
        return OWN_LENGTH
    if report_ms is None or report_ms <= 0:
        return DEFAULT_LENGTH
    return max(SHORTEST, REPORTS_MISSED * report_ms / 1000)


def too_many(due: Sized, total: int) -> bool:
    """Whether a sweep would expire so many that our own ears are the likelier fault."""
    count = len(due)
    return count > PRESERVED_ABOVE and count > PRESERVED_SHARE * total
