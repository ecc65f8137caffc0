"""``getLocker``: a lease for one of a master and slave pair, by the database's clock.

It does not fence: a master that was asleep past its lease may still act as one for a moment.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, text
from tars_runtime.interfaces.tars import GetMasterSlaveLock

from tars_registry.refusals import Unavailable
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
        mysql = self._store.database.dialect.name == "mysql"
        try:
            held = await self._store.write(
                lambda one: _acquire(one, name, request.node_name, length, mysql=mysql)
            )
        except Unavailable:
            return FAILED
        return HELD if held else TAKEN


def _acquire(
    connection: Connection, name: str, owner: str, length: int, *, mysql: bool
) -> bool:
    """Within a transaction: whether ``owner`` holds the lock now."""
    now = (
        "CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)"
        if mysql
        else "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"
    )
    row = {"name": name, "owner": owner, "length": length}
    ignore = "INSERT IGNORE" if mysql else "INSERT OR IGNORE"
    connection.execute(
        text(
            f"{ignore} INTO tars2py_lock (name, owner, until) VALUES (:name, :owner, 0)"
        ),
        row,
    )
    taken = connection.execute(
        text(
            f"UPDATE tars2py_lock SET owner = :owner, until = {now} + :length "
            f"WHERE name = :name AND (owner = :owner OR until < {now})"
        ),
        row,
    )
    return bool(taken.rowcount)
