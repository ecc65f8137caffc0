"""Group commit: changes and heartbeats that wait join one transaction.

A batch holds at most one change of a server, so that the order of two changes of one server is
the order of their batches. Heartbeats of a batch share one future.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field

from tars_registry.model import Key
from tars_registry.storage.rows import Done
from tars_registry.table.changes import Change

__all__ = ["Batch", "Pending", "Queue"]

LARGEST = 400
"""Changes of one transaction: enough to share its cost, few enough to be done in 0.2 s."""


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
    beaten: asyncio.Future[bool] | None = None

    def settle_beats(self, *, committed: bool) -> None:
        """Tell those who wait for their heartbeats."""
        if self.beaten is not None and not self.beaten.done():
            self.beaten.set_result(committed)
        self.beaten = None


class Queue:
    """What waits to be written. Lives on the event loop."""

    def __init__(self) -> None:
        self._changes: deque[Pending] = deque()
        self._beats = Batch()

    def __len__(self) -> int:
        return len(self._changes)

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return not self._changes and not self._beats.nodes and not self._beats.leases

    def change(self, pending: Pending) -> None:
        """Let a change wait."""
        self._changes.append(pending)

    def beat(self, node: str, lease_id: int | None) -> asyncio.Future[bool]:
        """Let a heartbeat wait; the future tells whether it was committed."""
        beats = self._beats
        beats.nodes.add(node)
        if lease_id is not None:
            beats.leases.add(lease_id)
        if beats.beaten is None:
            loop = asyncio.get_running_loop()
            beats.beaten = loop.create_future()
            loop.call_later(BEAT_SECONDS, _give_up, beats.beaten)
        return beats.beaten

    def keep(self, batch: Batch) -> None:
        """Take a failed batch's heartbeats back: they are written when the database is there."""
        self._beats.nodes |= batch.nodes
        self._beats.leases |= batch.leases

    def beats_failed(self) -> None:
        """Let nobody wait for heartbeats while the database is away."""
        self._beats.settle_beats(committed=False)

    def take(self) -> Batch:
        """The next batch: all heartbeats, and changes up to the second one of any server."""
        batch, self._beats = self._beats, Batch()
        keys: set[Key] = set()
        while self._changes and len(batch.changes) < LARGEST:
            if self._changes[0].key in keys:
                break
            pending = self._changes.popleft()
            keys.add(pending.key)
            batch.changes.append(pending)
        return batch

    def take_changes(self) -> list[Pending]:
        """All changes that wait, to refuse them."""
        waiting = list(self._changes)
        self._changes.clear()
        return waiting


def _give_up(beaten: asyncio.Future[bool]) -> None:
    if not beaten.done():
        beaten.set_result(False)
