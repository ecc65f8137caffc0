"""Keep a snapshot of the last good table, and start from it while the database is away.

What is served from a snapshot is marked (`Memory.picture_taken`): queries are answered and
heartbeats are kept, changes get the error that invites another try. The first load of the
database takes its place.
"""

from __future__ import annotations

import asyncio
import logging
import time
from pathlib import Path
from typing import Final

from tars_registry.core.memory import Memory
from tars_registry.storage import snapshot
from tars_registry.storage.store import Store

__all__ = ["Snapshots", "origin"]

log = logging.getLogger(__name__)

EVERY_SECONDS: Final = 60.0
"""How old a snapshot may be when the database goes away."""


def origin(taken: int | None) -> str:
    """Where answers come from, in words."""
    if taken is None:
        return "from the database"
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(taken))
    return f"from the snapshot of {at}"


class Snapshots:
    """The snapshot of one database in one file."""

    def __init__(self, memory: Memory, store: Store, path: Path) -> None:
        self._memory = memory
        self._store = store
        self._path = path
        self._written = -1
        self._failed = False

    def restore(self) -> bool:
        """Fill memory from the snapshot; false when there is none of this database."""
        try:
            found = snapshot.read(self._path, self._store.database.name)
        except OSError as error:
            log.warning("snapshot %s: %s", self._path, error.strerror)
            return False
        if found is None:
            return False
        self._memory.load(found.everything)
        self._memory.picture_taken = found.taken
        return True

    async def run(self) -> None:
        """Write what changed once a minute, until cancelled."""
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            await self.save()

    async def save(self) -> bool:
        """Write what is known, if it is the database's and it changed; false when it is not."""
        memory, now = self._memory, self._memory.changes
        is_good = memory.loaded and memory.picture_taken is None
        if not is_good or self._store.outage_since is not None or now == self._written:
            return False
        name = self._store.database.name
        what = int(time.time()), memory.places, memory.rows()
        try:
            await asyncio.to_thread(snapshot.write, self._path, name, *what)
        except OSError as error:
            if not self._failed:
                log.warning("snapshot %s: %s", self._path, error.strerror)
            self._failed = True
            return False
        self._failed = False
        self._written = now
        return True
