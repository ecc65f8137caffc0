"""What happens by itself: the lease clock, polls, sweeps of silent servers, collection."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from tars_runtime.errors import ConfigError

from tars_registry.core.memory import Memory
from tars_registry.model import Key
from tars_registry.refusals import Unavailable
from tars_registry.storage import alter
from tars_registry.storage.poll import Delta
from tars_registry.storage.rows import Stored
from tars_registry.storage.store import Store
from tars_registry.table import decisions
from tars_registry.table.changes import Deregister, Expire
from tars_registry.table.leases import DAY, Lease, too_many

__all__ = ["TICK", "Keeper"]

log = logging.getLogger(__name__)

T = TypeVar("T")

TICK: Final = 1.0
"""Seconds between looks at what others changed; lease time has this resolution."""

SWEEP_TICKS: Final = 3
COLLECT_TICKS: Final = 600

ASLEEP_SECONDS: Final = 5.0
"""A longer gap between two ticks means that this process was stopped, not merely busy."""

AT_ONCE: Final = 500
"""Servers taken from a poll before others get a turn."""


class Keeper:
    """Runs once a tick. Only rows that registered with us expire or are collected."""

    def __init__(
        self,
        memory: Memory,
        store: Store,
        *,
        keep_seconds: int = DAY,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.counts: Counter[str] = Counter()
        self.held_back = 0
        """Servers that the last sweep should have expired, and did not, for they were too many."""
        self.poll_seconds = 0.0
        self.last_poll: float | None = None
        self._memory = memory
        self._store = store
        self._keep_seconds = keep_seconds
        self._clock = clock
        self._was_away = False

    async def run(self) -> None:
        """Tick until cancelled."""
        ticks = 0
        while True:
            await asyncio.sleep(TICK)
            ticks += 1
            try:
                await self._turn(ticks)
            except Unavailable as error:
                log.debug("a tick without the database: %s", error)
            except ConfigError as error:
                log.error("the database is back, but cannot be used: %s", error)
            except Exception:
                self.counts["faults"] += 1
                log.exception("a tick failed; the next one tries again")

    async def _turn(self, ticks: int) -> None:
        rested = self.tick()
        await self.poll()
        if rested and ticks % SWEEP_TICKS == 0:
            await self.sweep()
        if ticks % COLLECT_TICKS == 0:
            await self.collect()

    def tick(self) -> bool:
        """Move the lease clock; false when this process was asleep: beats may be waiting then."""
        clock = self._memory.clock
        clock.tick(self._clock())
        asleep = clock.gap > ASLEEP_SECONDS
        if asleep:
            self.counts["pauses"] += 1
        return not asleep

    async def poll(self) -> None:
        """Take what others changed; raises `Unavailable`."""
        started = self._clock()
        self._memory.begin_poll()
        try:
            delta = await self._store.poll()
        except Unavailable:
            self._was_away = True
            raise
        if self._store.outage_since is not None:  # it can be read, not be written to
            self._was_away = True
        elif self._was_away:
            self._was_away = False
            self._memory.leases.renew_all(self._memory.clock.elapsed)
        await self._take(delta)
        self._memory.picture_taken = None
        self.last_poll = self._clock()
        self.poll_seconds = self.last_poll - started

    async def sweep(self) -> int:
        """Expire servers whose lease ran out; returns how many did."""
        self.counts["sweeps"] += 1
        now = self._memory.clock.elapsed
        changes = [
            change
            for lease in self._memory.leases.due(now)
            if (change := self._expiry(lease, now)) is not None
        ]
        if too_many(changes, len(self._memory.leases)):
            if not self.held_back:
                log.error(
                    "%d of %d servers fell silent at once: taken for a fault of ours, none is "
                    "made inactive; close their flow with 'tarsregistry drain' if they are gone",
                    len(changes),
                    len(self._memory.leases),
                )
            self.held_back = len(changes)
            return 0
        self.held_back = 0
        expired = await asyncio.gather(*(self._expire(each) for each in changes))
        return sum(expired)

    async def collect(self) -> int:
        """Remove rows of ours that have been out of service for a day; returns how many.

        A day of the database's clock, which may jump, and a lease of ours, which does not.
        """
        dialect = self._store.database.dialect
        old = await self._store.read(
            lambda one: alter.collectable(one, dialect, self._keep_seconds)
        )
        keys = [key for key in old if self._is_silent(key)]
        for key in keys:
            log.info("removing %s: silent for %d s", key, self._keep_seconds)
            await self._store.submit(Deregister(key=key, silent_for=self._keep_seconds))
        nodes = await self._store.write(
            lambda one: alter.forget_nodes(one, dialect, self._keep_seconds)
        )
        self.counts["collected"] += len(keys)
        self.counts["nodes_collected"] += nodes
        return len(keys)

    def _is_silent(self, key: Key) -> bool:
        lease = self._memory.leases.get(key)
        return lease is None or lease.is_due(self._memory.clock.elapsed)

    async def _take(self, delta: Delta) -> None:
        self._memory.take_places(delta)
        keys = set(delta.servers)
        if delta.complete:
            keys |= self._memory.catalog.servers.keys()
        if self._memory.picture_taken is None:
            keys -= await self._write_back(self._lost(delta, keys))
        stale: list[Key] = []
        for some in _parts(sorted(keys)):
            stale += self._memory.take(delta, some)
            await asyncio.sleep(0)
        if stale:
            self._store.look_again(stale)

    def _lost(self, delta: Delta, keys: set[Key]) -> set[Key]:
        """Servers of ours that the database has no more, if they are too many to be meant.

        A fail-over, a restored backup or an empty volume loses rows; an operator deletes a few.
        """
        gone = {
            key
            for key in keys
            if delta.servers.get(key, Stored()).server is None
            and self._memory.leases.get(key) is not None
            and key not in self._memory.written
        }
        return gone if too_many(gone, len(self._memory.leases)) else set()

    async def _write_back(self, lost: set[Key]) -> set[Key]:
        """Give the database back what it lost; returns what memory keeps."""
        if not lost:
            return lost
        log.error("the database lost %d servers that live: written back", len(lost))
        self.counts["written_back"] += len(lost)
        catalog = self._memory.catalog
        await asyncio.gather(
            *(
                self._store.submit(
                    decisions.written_back(
                        catalog.servers[key], catalog.adapters[key], lease
                    )
                )
                for key in lost
                if (lease := self._memory.leases.get(key)) is not None
            )
        )
        return lost

    def _expiry(self, lease: Lease, now: float) -> Expire | None:
        return decisions.expiry(
            lease,
            self._memory.catalog.servers.get(lease.key),
            self._memory.leases.of_node(lease.key.node),
            now,
        )

    async def _expire(self, change: Expire) -> bool:
        """Expire one; when the database knows better, its lease starts anew."""
        done = await self._store.submit(change)
        if done.found:
            self.counts["expired"] += 1
            log.info("%s is silent: inactive now", change.key)
            return True
        self._memory.leases.beat(change.key, self._memory.clock.elapsed)
        return False


def _parts(keys: Sequence[T]) -> list[Sequence[T]]:
    return [keys[at : at + AT_ONCE] for at in range(0, len(keys), AT_ONCE)]
