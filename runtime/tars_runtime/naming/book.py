"""What is known of an object's endpoints, and when to ask again. No clock, no I/O.

A list is refreshed when it is older than the interval; a failed question is asked again after
two seconds, after more than three failures in a row after thirty. An empty answer is no reason
to forget a good list: it is kept, and asked for again after ten seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tars_runtime.net.endpoint import Endpoint

__all__ = ["Book", "Listing"]

RETRY: Final = 2.0
RETRY_LATER: Final = 30.0
PATIENCE: Final = 3
EMPTY_RETRY: Final = 10.0


@dataclass(frozen=True, slots=True)
class Listing:
    """A registry's answer."""

    active: tuple[Endpoint, ...] = ()
    inactive: tuple[Endpoint, ...] = ()


@dataclass(slots=True)
class Book:
    """The last good listing of one object; times are seconds on the caller's clock."""

    interval: float
    listing: Listing | None = None
    due_at: float = 0.0
    failures: int = 0

    def is_due(self, now: float) -> bool:
        """Whether to ask the registry."""
        return now >= self.due_at

    @property
    def is_known(self) -> bool:
        """Whether there is a list to call by."""
        return self.listing is not None and bool(self.listing.active)

    def answered(self, listing: Listing, now: float, jitter: float = 0.0) -> bool:
        """Take an answer in; true when the active endpoints changed.

        ``jitter``, from 0 to 1, spreads the next question over a tenth of the interval.
        """
        self.failures = 0
        if not listing.active:
            self.due_at = now + EMPTY_RETRY
            if not self.is_known:
                self.listing = listing
            return False
        self.due_at = now + self.interval * (1 - 0.1 * jitter)
        before, self.listing = self.listing, listing
        return before is None or _described(before) != _described(listing)

    def failed(self, now: float) -> None:
        """Asking failed."""
        self.failures += 1
        self.due_at = now + (RETRY_LATER if self.failures > PATIENCE else RETRY)


def _described(listing: Listing) -> list[str]:
    """Endpoints with their weights, which comparing endpoints leaves out."""
    return sorted(str(each) for each in listing.active)
