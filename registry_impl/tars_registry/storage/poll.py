"""What others changed: rows edited by hand, by a C++ registry, a console, or another replica.

MySQL is asked each second for a count and a sum over ids and time stamps of each table, which
sees deletions, and rows committed late with an older stamp. What is expected is known: what was
read, and what this registry wrote itself. On a difference it is asked again for a sum of each
thousand ids, and for the stamps themselves where that differs. Stamps have a resolution of one
second, so rows with a young stamp are compared whole, by sums over all their columns. SQLite
tells when another connection has written.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection

from tars_registry.model import Key
from tars_registry.storage import reads
from tars_registry.storage.reads import Everything, Places
from tars_registry.storage.rows import STAMPS, Stored
from tars_registry.storage.stamps import Note, Stamps, differences, digest
from tars_registry.storage.young import Young

__all__ = ["Delta", "MySQLWatch", "SQLiteWatch"]

_PLACES: Final = {
    "t_server_group_rule": "group_id, modify_time",
    "t_group_priority": "id, name, group_list, list_order, station",
    "t_registry_info": "id, servant, endpoint, present_state, tars_version, enable_group",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """What changed since the last look."""

    servers: dict[Key, Stored] = field(default_factory=dict[Key, Stored])
    places: Places | None = None
    complete: bool = False
    """``servers`` are all that there are: what is not among them is gone."""

    @classmethod
    def of(cls, found: Everything) -> Delta:
        """Everything, as what changed."""
        places = found.rules, found.priorities, found.registries
        return cls(servers=found.servers, places=places, complete=True)


class SQLiteWatch:
    """Sees writes of other connections by ``PRAGMA data_version``; reads everything after one."""

    wants_notes: Final = False

    def __init__(self, columns: str) -> None:
        self._columns = columns
        self._version: int | None = None

    def load(self, connection: Connection) -> Everything:
        """Read everything, and remember it for the next look."""
        self._version = self._read(connection)
        return reads.everything(connection, self._columns)

    def again(self, keys: Iterable[Key]) -> None:
        """Read these again: not needed, for a next look reads all."""
        if any(True for _ in keys):
            self._version = None

    def wrote(self, notes: Sequence[Note]) -> None:
        """Our own connection's writes do not move the version."""

    def look(self, connection: Connection) -> Delta:
        """What changed since the last look."""
        version = self._read(connection)
        if version == self._version:
            return Delta()
        self._version = version
        return Delta.of(reads.everything(connection, self._columns))

    def _read(self, connection: Connection) -> int:
        return int(connection.exec_driver_sql("PRAGMA data_version").scalar_one())


class MySQLWatch:
    """Sees any change of any row, by sums over ids and stamps."""

    wants_notes: Final = True
    """Whether `wrote` must be told of the rows that this registry commits."""

    def __init__(self, columns: str) -> None:
        self._columns = columns
        self._known = {table: Stamps() for table in STAMPS}
        self._young = Young(columns)
        self._places: dict[str, Any] = {}
        self._again: set[Key] = set()
        self._written: deque[Sequence[Note]] = deque()

    def load(self, connection: Connection) -> Everything:
        """Read everything, and remember it for the next look.

        Sums of the small tables come first: what changes while rows are read is seen by the next
        look.
        """
        self._known = {table: Stamps() for table in STAMPS}
        for table, columns in _PLACES.items():
            self._places[table] = _sum(connection, table, columns)
        return reads.everything(connection, self._columns, self._note)

    def again(self, keys: Iterable[Key]) -> None:
        """Read these again at the next look."""
        self._again |= set(keys)

    def wrote(self, notes: Sequence[Note]) -> None:
        """This registry committed these rows: they are no news. For any thread."""
        self._written.append(notes)

    def look(self, connection: Connection) -> Delta:
        """What changed since the last look."""
        while self._written:
            for note in self._written.popleft():
                self._note(note)
        wanted, self._again = self._again, set()
        for table, known in self._known.items():
            wanted |= differences(connection, table, known)
        wanted |= self._young.edited(connection)
        moved = [self._moved(connection, *each) for each in _PLACES.items()]
        return Delta(
            servers=reads.of_keys(connection, self._columns, wanted, self._note),
            places=reads.places(connection) if any(moved) else None,
        )

    def _note(self, note: Note) -> None:
        self._known[note.table].put(note.id, note.stamp, note.key)
        self._young.put(note)

    def _moved(self, connection: Connection, table: str, columns: str) -> bool:
        now = _sum(connection, table, columns)
        before, self._places[table] = self._places.get(table), now
        return bool(now != before)


def _sum(connection: Connection, table: str, columns: str) -> tuple[int, int]:
    row = connection.exec_driver_sql(
        f"SELECT COUNT(*), COALESCE(BIT_XOR({digest(columns)}), 0) FROM {table}"
    ).one()
    return int(row[0]), int(row[1])
