"""What a listener bears of its connections: the limits, and who breaks them. No clock, no I/O."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final, Protocol

from tars_runtime.net.access import AccessList
from tars_runtime.protocol import MAX_FRAME

__all__ = ["Connection", "Limits", "is_dripping", "is_idle", "is_slow", "pause"]

SWEEP: Final = 5.0
"""Seconds between looks at idle and slow connections, at most."""
SHORTEST: Final = 0.05
SLOW_CHECKS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What connections of a listener may cost. Times are seconds, sizes bytes."""

    connections: int = 1024
    idle_timeout: float = 0.0
    max_frame: int = MAX_FRAME
    unfinished: int = 256 * 1024 * 1024
    """Bytes of requests whose end has not come, of all connections together."""
    request_timeout: float = 120.0
    """How long a request may take to arrive."""
    backlog_limit: int = 100 * 1024 * 1024
    backlog_least: int = 1024
    access: AccessList = field(default_factory=AccessList)


class Connection(Protocol):
    """What the listener knows of a connection, whatever it speaks."""

    peer: tuple[str, int]
    inflight: int
    last_active: float
    received: int
    sent: int
    taken: int
    slow_checks: int
    unfinished_since: float

    @property
    def backlog(self) -> int:
        """Bytes that the peer has not taken yet."""

    def close(self) -> None:
        """Close once what was written has left."""

    def abort(self) -> None:
        """Close at once."""


def pause(limits: Limits) -> float:
    """Seconds until the next look: short limits are looked at more often."""
    times = (limits.idle_timeout, limits.request_timeout)
    shortest = min((limit for limit in times if limit > 0), default=math.inf)
    return min(SWEEP, max(SHORTEST, shortest / 4))


def is_slow(connection: Connection, limits: Limits) -> bool:
    """As in the C++ runtime: far behind, and taking next to nothing in three looks in a row."""
    backlog = connection.backlog
    taken = connection.sent - backlog
    stuck = taken - connection.taken <= limits.backlog_least
    connection.taken = taken
    far_behind = backlog > limits.backlog_limit
    connection.slow_checks = connection.slow_checks + 1 if far_behind and stuck else 0
    return connection.slow_checks >= SLOW_CHECKS


def is_dripping(connection: Connection, limits: Limits, now: float) -> bool:
    """A request has begun long ago and does not end."""
    limit, since = limits.request_timeout, connection.unfinished_since
    return limit > 0 and since > 0 and now - since > limit


def is_idle(connection: Connection, limits: Limits, now: float) -> bool:
    """Nothing came, nothing went, and nobody is owed an answer."""
    limit = limits.idle_timeout
    if limit <= 0 or connection.inflight:
        return False
    return now - connection.last_active > limit
