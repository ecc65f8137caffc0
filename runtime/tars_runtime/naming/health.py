"""When an endpoint is left out, and when it is tried again.

Only transport failures count: a call that was not answered in time, a connection that broke or
was refused, an overloaded server (-6, -9). What a servant answers is its own matter. The rules
also work at one call a second: a count of failures in a row *and* the time that they span, or a
share of the calls within a window.

A server that sends its clients away (``_reconnect_``) is left out, too: TarsGo's leaves its port
open while it stops, so that a new connection is made and never served.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

__all__ = ["Health", "HealthPolicy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthPolicy:
    """The limits; times in seconds."""

    consecutive: int = 5
    """So many failures in a row, ..."""
    span: float = 5.0
    """... this long apart, put an endpoint out."""
    window: float = 60.0
    """Within this time ..."""
    least: int = 2
    """... at least so many failures ..."""
    ratio: float = 0.5
    """... that are at least this share of the calls put an endpoint out."""
    probe: float = 30.0
    """One call tries an endpoint that is out, every so often."""


DEFAULT: Final = HealthPolicy()


class Health:
    """How one endpoint fares. ``now`` is any clock's time in seconds, always the same one's."""

    __slots__ = (
        "_failures",
        "_first_failure",
        "_in_row",
        "_left_at",
        "_policy",
        "_window_end",
        "calls",
        "is_out",
        "probe_at",
    )

    def __init__(self, policy: HealthPolicy = DEFAULT) -> None:
        self._policy = policy
        self.is_out = False
        self.probe_at = 0.0
        """When an endpoint that is out may be tried again."""
        self.calls = 0
        """Calls in the present window."""
        self._failures = 0
        self._in_row = 0
        self._first_failure = 0.0
        self._window_end = 0.0
        self._left_at = -math.inf

    def succeeded(self, now: float) -> bool:
        """A call that began at ``now`` was answered; true when this brought the endpoint back."""
        if now >= self._window_end:
            self._open_window(now)
        self.calls += 1
        self._in_row = 0
        if not self.is_out or now <= self._left_at:
            return False
        self.is_out = False
        self._open_window(now)
        return True

    def failed(self, now: float) -> bool:
        """A call failed in transport; true when this put the endpoint out."""
        policy = self._policy
        if now >= self._window_end:
            self._open_window(now)
        self.calls += 1
        self._failures += 1
        self._in_row += 1
        if self._in_row == 1:
            self._first_failure = now
        if self.is_out:
            self.probe_at = now + policy.probe
            return False
        in_row = (
            self._in_row >= policy.consecutive
            and now - self._first_failure >= policy.span
        )
        share = (
            self._failures >= policy.least
            and self._failures >= self.calls * policy.ratio
        )
        return (in_row or share) and self._put_out(now)

    def unreachable(self, now: float) -> bool:
        """Connecting failed; true when this put the endpoint out."""
        if self.is_out:
            self.probe_at = now + self._policy.probe
            return False
        return self._put_out(now)

    def leaving(self, now: float) -> bool:
        """The server sent its clients away; true when this put the endpoint out.

        It goes on answering what it was asked before: only a call that begins later can bring it
        back.
        """
        self._left_at = now
        return self.unreachable(now)

    def invited(self, now: float) -> None:
        """The registry lists the endpoint anew: if it is out, the next call may try it."""
        self.probe_at = min(self.probe_at, now)

    def take_probe(self, now: float) -> bool:
        """Whether a call may try this endpoint although it is out; at most one may at a time."""
        if not self.is_out or now < self.probe_at:
            return False
        self.probe_at = now + self._policy.probe
        return True

    def _open_window(self, now: float) -> None:
        self._window_end = now + self._policy.window
        self._failures = self.calls = 0

    def _put_out(self, now: float) -> bool:
        self.is_out = True
        self.probe_at = now + self._policy.probe
        return True
