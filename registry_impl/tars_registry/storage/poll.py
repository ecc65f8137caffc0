"""What others changed: rows edited by hand, by a C++ registry, a console, or another replica.

MySQL is asked each second for a count and a sum over ids and time stamps of each table, which
sees deletions, and rows committed late with an older stamp. On a difference it is asked again for
a sum of each thousand ids, and for the stamps themselves where that differs. Stamps have a
resolution of one second, so what changed is read again for three more. SQLite tells when another
connection has written.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from sys import intern
from typing import Any, Final

from sqlalchemy import Connection, text

from tars_registry.model import Key
from tars_registry.storage import reads
from tars_registry.storage.reads import STAMPS, Everything, Places
from tars_registry.storage.rows import Stored

__all__ = ["Delta", "MySQLWatch", "SQLiteWatch"]

PART: Final = 1000
"""Ids that share a sum."""

AGAIN: Final = 3
"""Polls in which a changed row is read again."""

_KEYS: Final = {
    "t_server_conf": "application, server_name, node_name",
    "t_adapter_conf": "application, server_name, node_name",
    "tars2py_lease": "app, server, node",
}
_PLACES: Final = {
    "t_server_group_rule": "group_id, modify_time",
    "t_group_priority": "id, name, group_list, list_order, station",
    "t_registry_info": "id, servant, endpoint, present_state, tars_version, enable_group",
}


Stamps = dict[int, tuple[str, Key]]
"""Rows by id: their stamp, and their server."""

Parts = dict[int, Stamps]
"""Rows by their part of a table."""


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

    def __init__(self, columns: str) -> None:
        self._columns = columns
        self._sums: dict[str, Any] = {}
        self._known: dict[str, Parts] = {}
        self._parts: dict[str, dict[int, tuple[int, int]]] = {}
        self._again: dict[Key, int] = {}

    def load(self, connection: Connection) -> Everything:
        """Read everything, and remember it for the next look.

        The sums come first: what changes while rows are read is seen by the next look.
        """
        for table, stamp in STAMPS.items():
            self._sums[table] = _sum(connection, table, f"id, {stamp}")
            self._known[table] = {}
            self._parts[table] = _sums_of_parts(connection, table, stamp)
        for table, columns in _PLACES.items():
            self._sums[table] = _sum(connection, table, columns)
        return reads.everything(connection, self._columns, self._note)

    def _note(self, table: str, number: int, stamp: str, key: Key) -> None:
        part = self._known[table].setdefault(number // PART, {})
        part[number] = (intern(stamp), key)

    def again(self, keys: Iterable[Key]) -> None:
        """Read these again at the next look."""
        self._again.update(dict.fromkeys(keys, 1))

    def look(self, connection: Connection) -> Delta:
        """What changed since the last look."""
        changed: set[Key] = set()
        for table, stamp in STAMPS.items():
            if self._moved(connection, table, f"id, {stamp}"):
                changed |= self._differences(connection, table, stamp)
        wanted = changed | self._again.keys()
        left = {key: count - 1 for key, count in self._again.items() if count > 1}
        self._again = left | dict.fromkeys(changed, AGAIN)
        moved = [self._moved(connection, *each) for each in _PLACES.items()]
        return Delta(
            servers=reads.of_keys(connection, self._columns, wanted),
            places=reads.places(connection) if any(moved) else None,
        )

    def _moved(self, connection: Connection, table: str, columns: str) -> bool:
        now = _sum(connection, table, columns)
        before, self._sums[table] = self._sums.get(table), now
        return bool(now != before)

    def _differences(self, connection: Connection, table: str, stamp: str) -> set[Key]:
        """The servers whose rows in this table are new, gone or stamped anew."""
        now = _sums_of_parts(connection, table, stamp)
        before, self._parts[table] = self._parts[table], now
        changed: set[Key] = set()
        for part in now.keys() | before.keys():
            if now.get(part) != before.get(part):
                known = self._known[table].setdefault(part, {})
                changed |= _of_part(connection, table, stamp, part, known)
                if not known:
                    del self._known[table][part]
        return changed


def _of_part(
    connection: Connection, table: str, stamp: str, part: int, known: Stamps
) -> set[Key]:
    """The servers whose rows in a part of a table are not as ``known``, which is brought up."""
    rows = connection.execute(
        text(
            f"SELECT id, CAST({stamp} AS CHAR), {_KEYS[table]} FROM {table} "
            "WHERE id >= :first AND id < :end"
        ),
        {"first": part * PART, "end": (part + 1) * PART},
    )
    now = {row[0]: (intern(row[1]), row[2:]) for row in rows}
    changed = {known.pop(each)[1] for each in known.keys() - now.keys()}
    for number, (stamped, names) in now.items():
        old = known.get(number)
        if old is None or old[0] != stamped:
            key = Key.of(*map(_name, names))
            changed.add(key)
            if old is not None:
                changed.add(old[1])
            known[number] = stamped, key
    return changed


def _sums_of_parts(
    connection: Connection, table: str, stamp: str
) -> dict[int, tuple[int, int]]:
    """A count and a sum for each thousand ids."""
    query = text(
        f"SELECT id DIV {PART} AS part, COUNT(*), "
        f"BIT_XOR(CRC32(CONCAT_WS('|', id, {stamp}))) FROM {table} GROUP BY part"
    )
    return {
        int(row[0]): (int(row[1]), int(row[2])) for row in connection.execute(query)
    }


def _name(value: Any) -> str:
    return str(value or "")


def _sum(connection: Connection, table: str, columns: str) -> tuple[int, int]:
    row = connection.execute(
        text(
            f"SELECT COUNT(*), COALESCE(BIT_XOR(CRC32(CONCAT_WS('|', {columns}))), 0) "
            f"FROM {table}"
        )
    ).one()
    return int(row[0]), int(row[1])
