"""``getLocker``: a lease for one of a master and slave pair, by the database's clock.

It does not fence: a master that was asleep past its lease may still act as one for a moment.
"""

from __future__ import annotations

from typing import Final

from tars_runtime.interfaces.tars import GetMasterSlaveLock

from tars_registry.refusals import Unavailable
from tars_registry.storage.locks import acquire
from tars_registry.storage.store import Store

__all__ = ["Locks"]

HELD: Final = 0
TAKEN: Final = 1
WRONG: Final = 2
FAILED: Final = -1

DEFAULT_MS: Final = 10_000
LONGEST_MS: Final = 3_600_000


class Locks:
    """The locks of this database's master and slave pairs."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def acquire(self, request: GetMasterSlaveLock) -> int:
        """Take or renew a pair's lock: 0 held, 1 another has it, 2 wrong data, -1 failed."""
        names = request.application, request.server_name, request.node_name
        if not all(names) or any(len(each) > 128 for each in names):
            return WRONG
        name = f"{request.application}.{request.server_name}"[:200]
        length = min(request.timeout, LONGEST_MS) if request.timeout > 0 else DEFAULT_MS
        dialect = self._store.database.dialect
        try:
            held = await self._store.write(
                lambda one: acquire(one, dialect, name, request.node_name, length)
            )
        except Unavailable:
            return FAILED
        return HELD if held else TAKEN
