"""Who may run now, who waits, who is refused: the queue of an adapter.

As in the C++ runtime, requests are refused with -9 once four fifths of the queue's capacity
wait; unlike there, every refused caller is told. A request that waited longer than the queue's
time-out, or than its caller does, is answered -6 and never run.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

__all__ = ["Lane", "Queue", "waited_too_long"]

J = TypeVar("J")


@dataclass(slots=True)
class Lane(Generic[J]):
    """Jobs of one kind: ``limit`` run at once, the others wait in order."""

    limit: int
    running: int = 0
    waiting: deque[J] = field(default_factory=deque)

    def take(self) -> Iterator[J]:
        """The jobs that may run now that others have ended."""
        while self.waiting and self.running < self.limit:
            yield self.waiting.popleft()


@dataclass(frozen=True, slots=True)
class Queue:
    """The limits of waiting. ``timeout`` is in seconds."""

    capacity: int
    timeout: float

    def is_full(self, waiting: int) -> bool:
        """Whether one more may not wait."""
        return waiting * 5 >= self.capacity * 4


def waited_too_long(waited: float, queue_timeout: float, call_timeout: float) -> bool:
    """Whether a request is past its time; a ``call_timeout`` of 0 was not stated."""
    if waited > queue_timeout:
        return True
    return 0 < call_timeout < waited
