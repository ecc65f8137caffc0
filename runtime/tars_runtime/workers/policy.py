"""When a worker that ended is started again: pure, with the time passed in.

The first restart is at once; a worker that ends again within `STEADY` seconds waits one second,
then two, then four, up to a minute. One that ends before all have served once ends the server:
its configuration or code cannot work.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["STEADY", "Slot", "pause"]

STEADY: Final = 10.0
"""Seconds after which a worker's end is no sequel of the last one."""
LONGEST: Final = 60.0


def pause(failures: int) -> float:
    """Seconds before the restart after so many ends in a row."""
    if failures <= 1:
        return 0.0
    return min(LONGEST, 2.0 ** (failures - 2))


@dataclass(slots=True)
class Slot:
    """The place of one worker; ``pid`` is 0 while there is none."""

    number: int
    pid: int = 0
    started: float = 0.0
    due: float = 0.0
    """When to start the next one, while there is none."""
    failures: int = 0
    has_served: bool = False
    """Whether the one that runs has come to serve."""

    def begin(self, pid: int, now: float) -> None:
        """A worker was started here."""
        self.pid, self.started, self.has_served = pid, now, False

    def end(self, now: float) -> float:
        """The worker here has ended; gives the seconds until the next."""
        steady = self.has_served and now - self.started >= STEADY
        self.failures = 1 if steady else self.failures + 1
        self.pid = 0
        self.due = now + pause(self.failures)
        return self.due - now

    def is_due(self, now: float) -> bool:
        """Whether the next worker may start now."""
        return self.pid == 0 and now >= self.due
