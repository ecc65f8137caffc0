"""A heartbeat that says what the last one said: when it changes nothing, and how it is noted.

Nearly all heartbeats are of this kind. Once one was looked at, the next equal ones are known by
their bytes, for as long as the server, its lease and the database are as they were.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from tars_runtime import rpc

from tars_registry.core.memory import Memory
from tars_registry.model import Server
from tars_registry.storage.store import Store
from tars_registry.table.leases import Lease

__all__ = ["HEARTBEATS", "Heard", "Steady"]

HEARTBEATS: Final = "heartbeats"
"""The name under which they are counted."""


@dataclass(slots=True, eq=False)
class Steady:
    """One server's heartbeats while nothing changes."""

    memory: Memory
    store: Store
    counts: Counter[str]
    server: Server
    lease: Lease
    address: str
    """Where they come from: whoever else says the same must be looked at."""
    length: float | None
    """The lease's length that the heartbeat asks for."""
    memory_acks: bool
    seen: int = -1
    """How many changes memory had taken when server and lease were last compared."""

    def again(self, caller: rpc.Caller) -> bool | asyncio.Future[None]:
        """Note the next sign of life; false when something changed, so that it must be looked at.

        Gives when it is written, or true when nobody waits for that.
        """
        memory, store = self.memory, self.store
        if memory.changes != self.seen and not self._are_the_same():
            return False
        if caller.peer[0] != self.address or store.outage_since is not None:
            return False
        self.counts[HEARTBEATS] += 1
        row = memory.leases.heard(self.lease, memory.clock.elapsed, self.length)
        store.beat(self.server.node_name, row)
        return self.memory_acks or store.beaten()

    def _are_the_same(self) -> bool:
        """Whether server and lease are those that were looked at.

        A row that changed is another object, and so is a lease of another life.
        """
        memory, key = self.memory, self.lease.key
        same = (
            memory.leases.get(key) is self.lease
            and memory.catalog.servers.get(key) is self.server
        )
        if same:
            self.seen = memory.changes
        return same


class Heard(NamedTuple):
    """What becomes of a heartbeat."""

    context: Mapping[str, str]
    """What to answer in the call's context."""
    written: asyncio.Future[None] | None = None
    """When it is written, with many others; ``None``: there is nothing to wait for."""
    again: Callable[[rpc.Caller], bool | asyncio.Future[None]] | None = None
    """Does the same for the next equal one; ``None``: look at that, too."""
