"""The database behind an asyncio face: threads write and read, and nobody else waits.

Changes are acknowledged after their commit. One lane, a thread with its connection, writes
everything; where the database has more of them, they help while a crowd of changes waits. While
the database cannot be reached, heartbeats are kept and changes are refused at once with an error
that invites another try.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

import sqlalchemy as sa

from tars_registry.model import Key
from tars_registry.refusals import Unavailable
from tars_registry.storage.batches import Batch, Pending, Queue
from tars_registry.storage.database import Database, reason
from tars_registry.storage.poll import Delta
from tars_registry.storage.reads import Everything
from tars_registry.storage.rows import Done, Stored
from tars_registry.table.changes import Change

__all__ = ["Store"]

T = TypeVar("T")

log = logging.getLogger(__name__)

RETRY_SECONDS: Final = 1.0
"""How long after a failure the database is left alone."""


class _Lane:
    """A thread that writes, by a connection of its own."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.thread = ThreadPoolExecutor(1, f"registry-writer-{number}")
        self.task: asyncio.Task[None] | None = None
        """Writes a batch now."""

    @property
    def is_first(self) -> bool:
        """Whether it writes whenever something waits, and heartbeats; the others help."""
        return self.number == 0


class Store:
    """One database, for the event loop's thread.

    ``committed`` is called with what was committed, before those who wait for it go on. Heartbeats
    alone wait ``linger`` seconds for others, which is of use when nobody waits for them.
    """

    def __init__(
        self,
        database: Database,
        *,
        committed: Callable[[Sequence[Done]], None],
        linger: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.database = database
        self.outage_since: float | None = None
        self.was_reached = False
        """Whether the database was there at least once."""
        self.outages = 0
        self.commits = 0
        self.commit_seconds = 0.0
        self.heartbeat_seconds = 0.0
        """How long the oldest heartbeat of the last commit had waited for it."""
        self.clock = clock
        self._committed = committed
        self._queue = Queue(clock)
        self._linger = linger
        self._lingering: asyncio.TimerHandle | None = None
        self._retry_at = 0.0
        self._is_unwritable = False
        """The outage is one of writing (a full disk, a demoted server): reading does not end it."""
        self._lanes = [_Lane(number) for number in range(database.dialect.lanes)]
        self._reader = ThreadPoolExecutor(1, "registry-reader")

    @property
    def waiting(self) -> int:
        """Changes that wait for their commit."""
        return len(self._queue)

    @property
    def outage_seconds(self) -> float | None:
        """How long the database has been away; ``None`` when it is there."""
        if self.outage_since is None:
            return None
        return self.clock() - self.outage_since

    def submit(self, change: Change) -> asyncio.Future[Done]:
        """Write a change; the future holds what was committed, or `Unavailable`."""
        future: asyncio.Future[Done] = asyncio.get_running_loop().create_future()
        if self._is_left_alone:
            future.set_exception(Unavailable("the database cannot be reached"))
        else:
            self._queue.change(Pending(change, future))
            self._kick()
        return future

    @property
    def beats_from_memory(self) -> int:
        """Heartbeats that waited for their commit, and were answered before it."""
        return self._queue.beats_from_memory

    def beaten(self) -> asyncio.Future[None]:
        """Done when what beat until now is committed, or 0.3 s later; shared, and never fails."""
        future = self._queue.beaten()
        if self._is_left_alone:
            self._queue.beats_failed()
        return future

    def beat(self, node: str, lease_id: int | None) -> None:
        """Note a heartbeat."""
        self._queue.beat(node, lease_id)
        if not self._is_left_alone:
            self._kick_soon()

    @property
    def _is_left_alone(self) -> bool:
        """Whether the database was away a moment ago."""
        return self.outage_since is not None and self.clock() < self._retry_at

    async def load(self) -> Everything:
        """Read everything; raises `Unavailable`, and `ConfigError` for unusable tables."""
        return await self._guarded(self._watcher, self.database.load)

    async def poll(self) -> Delta:
        """What others changed since the last poll; raises `Unavailable`."""
        return await self._guarded(self._watcher, self.database.look)

    async def read(self, work: Callable[[sa.Connection], T]) -> T:
        """Run a query; raises `Unavailable`."""
        return await self._guarded(self._reader, lambda: self.database.read(work))

    async def write(self, work: Callable[[sa.Connection], T]) -> T:
        """Run a transaction of its own; raises `Unavailable`."""
        return await self._guarded(
            self._lanes[0].thread, lambda: self.database.write(work), writes=True
        )

    async def of_keys(self, keys: Sequence[Key]) -> dict[Key, Stored]:
        """Read single servers; raises `Unavailable`."""
        return await self._guarded(self._reader, lambda: self.database.of_keys(keys))

    def look_again(self, keys: Iterable[Key]) -> None:
        """Have these read at the next poll, because what the last one read was out of date."""
        self.database.look_again(keys)

    async def close(self) -> None:
        """Write what waits, then close the connections."""
        if self._lingering is not None:
            self._kick()
        while writing := [each.task for each in self._lanes if each.task is not None]:
            await asyncio.wait(writing)
        loop = asyncio.get_running_loop()
        for lane in self._lanes:
            close = self.database.close_writer
            await loop.run_in_executor(lane.thread, close, lane.number)
            lane.thread.shutdown()
        await loop.run_in_executor(self._reader, self.database.close_reader)
        self._reader.shutdown()

    @property
    def _watcher(self) -> ThreadPoolExecutor:
        writes = self.database.watches_by_writing
        return self._lanes[0].thread if writes else self._reader

    async def _guarded(
        self, thread: ThreadPoolExecutor, work: Callable[[], T], *, writes: bool = False
    ) -> T:
        loop = asyncio.get_running_loop()
        try:
            result = await loop.run_in_executor(thread, work)
        except (sa.exc.DBAPIError, OSError) as error:
            self._lost(error, writes=writes)
            raise Unavailable(reason(error)) from error
        self._reached(writes=writes)
        return result

    def _kick_soon(self) -> None:
        """Write heartbeats: at once, or when enough time passed for others to join them."""
        if not self._linger:
            self._kick()
        elif self._lingering is None:
            loop = asyncio.get_running_loop()
            self._lingering = loop.call_later(self._linger, self._kick)

    def _kick(self) -> None:
        if self._lingering is not None:
            self._lingering.cancel()
            self._lingering = None
        self._wake_lanes()

    def _wake_lanes(self) -> None:
        for lane in self._lanes:
            if lane.task is None and self._is_work_for(lane):
                lane.task = asyncio.get_running_loop().create_task(self._work(lane))

    def _is_work_for(self, lane: _Lane) -> bool:
        if lane.is_first:
            return bool(self.waiting) or self._beats_are_due
        return self._queue.is_crowded

    async def _work(self, lane: _Lane) -> None:
        """Write batch after batch until none waits for this lane, or the database is away."""
        try:
            while self._is_work_for(lane):
                batch = self._queue.take(beats=lane.is_first)
                if batch.is_empty or not await self._write(lane, batch):
                    break
        finally:
            lane.task = None

    async def _write(self, lane: _Lane, batch: Batch) -> bool:
        """Write one batch, then have those look again that waited for it; false in an outage."""
        try:
            is_written = await self._write_batch(lane, batch)
        finally:
            self._queue.ended(batch)
        if is_written:
            self._wake_lanes()
        elif self.waiting or self._beats_are_due:
            asyncio.get_running_loop().call_later(RETRY_SECONDS, self._kick)
        return is_written

    @property
    def _beats_are_due(self) -> bool:
        return self._lingering is None and not self._queue.is_empty

    async def _write_batch(self, lane: _Lane, batch: Batch) -> bool:
        loop = asyncio.get_running_loop()
        started = self.clock()
        changes = [each.change for each in batch.changes]
        try:
            results = await loop.run_in_executor(
                lane.thread,
                self.database.write_batch,
                changes,
                batch.nodes,
                batch.leases,
                lane.number,
            )
        except (sa.exc.DBAPIError, OSError) as error:
            self._lost(error, writes=True)
            self._fail(batch, error)
            return False
        now = self.clock()
        self.commits += 1
        self.commit_seconds += now - started
        if batch.since is not None:
            self.heartbeat_seconds = now - batch.since
        self._reached(writes=True)
        self._committed([each for each in results if isinstance(each, Done)])
        for pending, result in zip(batch.changes, results, strict=True):
            pending.settle(result)
        self._queue.end_wait(batch, committed=True)
        return True

    def _fail(self, batch: Batch, error: Exception) -> None:
        self._queue.keep(batch)
        self._queue.end_wait(batch, committed=False)
        self._queue.beats_failed()
        for pending in batch.changes + self._queue.take_changes():
            pending.settle(Unavailable(reason(error)))

    def _lost(self, error: BaseException, *, writes: bool) -> None:
        self._is_unwritable |= writes
        self._retry_at = self.clock() + RETRY_SECONDS
        if self.outage_since is None:
            self.outages += 1
            self.outage_since = self.clock()
            if self.was_reached:
                name = self.database.name
                log.error(
                    "%s: lost: %s; queries go on from memory", name, reason(error)
                )

    def _reached(self, *, writes: bool) -> None:
        self.was_reached = True
        if self.outage_since is None or (self._is_unwritable and not writes):
            return
        seconds = self.clock() - self.outage_since
        log.warning("%s: back after %.1f s", self.database.name, seconds)
        self.outage_since = None
        if self._is_unwritable:
            self._is_unwritable = False
            self._look_elsewhere()

    def _look_elsewhere(self) -> None:
        """Read by a new connection: the old one may lead to a server that was demoted."""
        loop = asyncio.get_running_loop()
        loop.run_in_executor(self._reader, self.database.close_reader)
