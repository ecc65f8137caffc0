"""Group commit: changes and heartbeats that wait join one transaction.

A batch holds at most one change of a server, and two batches that are written side by side have no
node in common, so that the order of two changes of one server is the order of their commits.
Heartbeats of a batch share one future.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from tars_registry.model import Key
from tars_registry.storage.rows import Done
from tars_registry.table.changes import Change

__all__ = ["Batch", "Pending", "Queue"]

LARGEST = 400
SMALLEST = 100
"""Changes of one transaction: enough to share its cost, few enough to be done in 0.2 s. Between
them half of what waits, so that the servers of one half are answered while the other is written.
"""

CROWD = 100
"""Changes that must wait before they are written beside another batch."""

BEAT_SECONDS = 0.3
"""How long a heartbeat waits for its commit before it is acknowledged from memory."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A change that waits for its commit."""

    change: Change
    future: asyncio.Future[Done]

    @property
    def key(self) -> Key:
        """The server that changes."""
        return self.change.key

    def settle(self, result: Done | Exception) -> None:
        """Tell whoever waits, if somebody still does."""
        if self.future.done():
            return
        if isinstance(result, Done):
            self.future.set_result(result)
        else:
            self.future.set_exception(result)
            self.future.exception()  # marks it as seen: whoever waited may be gone


@dataclass(slots=True)
class Batch:
    """What one transaction writes."""

    changes: list[Pending] = field(default_factory=list[Pending])
    nodes: set[str] = field(default_factory=set[str])
    leases: set[int] = field(default_factory=set[int])
    since: float | None = None
    """When the first of its heartbeats came."""
    beaten: asyncio.Future[None] | None = None
    waiting: int = 0
    """How many wait for ``beaten``."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        return not (self.changes or self.nodes or self.leases)


class Queue:
    """What waits to be written. Lives on the event loop."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._changes: deque[Pending] = deque()
        self._beats = Batch()
        self._in_flight: set[str] = set()
        """The nodes of changes that are written now."""
        self.beats_from_memory = 0
        """Heartbeats whose wait for their commit ended before it."""

    def __len__(self) -> int:
        return len(self._changes)

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return not self._changes and self._beats.is_empty

    @property
    def is_crowded(self) -> bool:
        """Whether more changes wait than the next batch should take."""
        return len(self._changes) >= CROWD

    def change(self, pending: Pending) -> None:
        """Let a change wait."""
        self._changes.append(pending)

    def beat(self, node: str, lease_id: int | None) -> None:
        """Let a heartbeat wait."""
        beats = self._beats
        if beats.since is None:
            beats.since = self._clock()
        beats.nodes.add(node)
        if lease_id is not None:
            beats.leases.add(lease_id)

    def beaten(self) -> asyncio.Future[None]:
        """Done when the heartbeats that wait are committed, or have waited long enough."""
        beats = self._beats
        if beats.beaten is None:
            loop = asyncio.get_running_loop()
            beats.beaten = loop.create_future()
            loop.call_later(BEAT_SECONDS, self.end_wait, beats, False)
        if beats.beaten.done():
            self.beats_from_memory += 1
        else:
            beats.waiting += 1
        return beats.beaten

    def end_wait(self, batch: Batch, committed: bool) -> None:
        """Tell those who wait for a batch's heartbeats, if that did not happen yet."""
        if batch.beaten is not None and not batch.beaten.done():
            batch.beaten.set_result(None)
            if not committed:
                self.beats_from_memory += batch.waiting

    def keep(self, batch: Batch) -> None:
        """Take a failed batch's heartbeats back: they are written when the database is there."""
        self._beats.nodes |= batch.nodes
        self._beats.leases |= batch.leases
        self._beats.since = batch.since or self._beats.since

    def beats_failed(self) -> None:
        """Let nobody wait for heartbeats while the database is away."""
        self.end_wait(self._beats, committed=False)
        self._beats.beaten, self._beats.waiting = None, 0

    def take(self, *, beats: bool = True) -> Batch:
        """The next batch: changes up to the first that must wait for another, and all ``beats``.

        Tell `ended` when it is over. It is empty when all that waits must wait for another batch.
        """
        batch = Batch()
        if beats:
            batch, self._beats = self._beats, batch
        count = min(LARGEST, max(SMALLEST, len(self._changes) // 2))
        keys: set[Key] = set()
        while self._changes and len(keys) < count:
            key = self._changes[0].key
            if key in keys or key.node in self._in_flight:
                break
            keys.add(key)
            batch.changes.append(self._changes.popleft())
        self._in_flight.update(key.node for key in keys)
        return batch

    def ended(self, batch: Batch) -> None:
        """A batch that was taken is over, whether it was written or not."""
        self._in_flight.difference_update(each.key.node for each in batch.changes)

    def take_changes(self) -> list[Pending]:
        """All changes that wait, to refuse them."""
        waiting = list(self._changes)
        self._changes.clear()
        return waiting
