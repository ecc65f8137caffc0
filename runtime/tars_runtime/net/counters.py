"""What an adapter counts of its requests."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Counters"]


@dataclass(slots=True)
class Counters:
    """What an adapter did since it started."""

    requests: int = 0
    failed: int = 0
    overloads: int = 0
    queue_timeouts: int = 0
    ended: int = 0
    """Requests that had to wait, or ran as a Task or in a thread, and are over."""
    dropped: int = 0
    """One-way requests among those refused: nobody could be told."""
