"""Which endpoint the next call takes: the balance over those that are well, and the probes."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

from tars_runtime.naming.balance import Ring, by_address, turns
from tars_runtime.naming.health import Health
from tars_runtime.net.endpoint import Endpoint

__all__ = ["Candidate", "Selector"]


class Candidate(Protocol):
    """What is chosen from: an endpoint and how it fares."""

    @property
    def endpoint(self) -> Endpoint: ...
    @property
    def health(self) -> Health: ...


C = TypeVar("C", bound=Candidate)


class Selector(Generic[C]):
    """Chooses among the candidates of one object."""

    def __init__(self, candidates: Sequence[C]) -> None:
        self.candidates = list(candidates)
        endpoints = [each.endpoint for each in self.candidates]
        self._turns = turns(endpoints)
        self._by_address = by_address(endpoints)
        self._endpoints = endpoints
        self._ring: Ring | None = None
        self._well: list[C] = []
        self._at = 0
        self._probe_at = math.inf
        self.refresh()
        if self._well:
            self._at = random.randrange(len(self._well))

    def refresh(self) -> None:
        """Look again at who is well; to be called when a candidate's state changed."""
        candidates = self.candidates
        self._well = [
            candidates[at] for at in self._turns if not candidates[at].health.is_out
        ]
        out = [each.health.probe_at for each in candidates if each.health.is_out]
        self._probe_at = min(out, default=math.inf)

    def next(self, now: float, spares: Selector[C] | None = None) -> C | None:
        """The next in turn; one that is out when it may be probed, or when all are out.

        When all are out, one of ``spares`` goes first.
        """
        if now >= self._probe_at:
            probe = self._probe(now)
            if probe is not None:
                return probe
        well = self._well
        if not well:
            if spares is not None and (spare := spares.next(now)) is not None:
                return spare
            return random.choice(self.candidates) if self.candidates else None
        at = self._at + 1
        if at >= len(well):
            at = 0
        self._at = at
        return well[at]

    def by_hash(self, now: float, code: int, consistent: bool) -> C | None:
        """The one that a hash code belongs to, or the next one that is well.

        A call that belongs to one that is out tries it when it may be probed.
        """
        if not self.candidates:
            return None
        if consistent:
            if self._ring is None:
                self._ring = Ring(self._endpoints)
            order = self._ring.walk(code)
        else:
            first = (code & 0xFFFFFFFF) % len(self.candidates)
            order = iter(self._by_address[first:] + self._by_address[:first])
        home = self.candidates[next(order)]
        if not home.health.is_out or home.health.take_probe(now):
            return home
        others = (self.candidates[at] for at in order)
        return next((each for each in others if not each.health.is_out), home)

    def other(self, than: C) -> C | None:
        """Another one that is well, for a retry."""
        others = [each for each in self._well if each is not than]
        return random.choice(others) if others else None

    def _probe(self, now: float) -> C | None:
        ready = [each for each in self.candidates if each.health.take_probe(now)]
        for other in ready[1:]:
            other.health.probe_at = now
        self.refresh()
        return ready[0] if ready else None
