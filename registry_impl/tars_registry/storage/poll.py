"""What others changed: rows edited by hand, by a C++ registry, a console, or another replica.

MySQL is asked each second for a count and a sum over ids and time stamps of each table, which
sees deletions, and rows committed late with an older stamp. Only on a difference are the stamps
themselves fetched. Stamps have a resolution of one second, so what changed is read again for
three more. SQLite tells when another connection has written.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from sys import intern
from typing import Any, Final

from sqlalchemy import Connection, bindparam, text

from tars_registry.model import Key
from tars_registry.storage import reads
from tars_registry.storage.reads import STAMPS, Everything, Places
from tars_registry.storage.rows import Stored
from tars_registry.storage.writes import chunks

__all__ = ["Delta", "MySQLWatch", "SQLiteWatch"]

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
        self._known: dict[str, dict[int, tuple[str, Key]]] = {}
        self._again: dict[Key, int] = {}

    def load(self, connection: Connection) -> Everything:
        """Read everything, and remember it for the next look.

        The sums come first: what changes while rows are read is seen by the next look.
        """
        for table, stamp in STAMPS.items():
            self._sums[table] = _sum(connection, table, f"id, {stamp}")
            self._known[table] = {}
        for table, columns in _PLACES.items():
            self._sums[table] = _sum(connection, table, columns)
        return reads.everything(connection, self._columns, self._note)

    def _note(self, table: str, number: int, stamp: str, key: Key) -> None:
        self._known[table][number] = (intern(stamp), key)

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
        known = self._known[table]
        now = {
            row[0]: intern(row[1])
            for row in reads.paged(
                connection, table, f"id, CAST({stamp} AS CHAR)", tuple
            )
        }
        changed = {known.pop(each)[1] for each in known.keys() - now.keys()}
        moved = [
            each for each in now if each not in known or known[each][0] != now[each]
        ]
        query = text(f"SELECT id, {_KEYS[table]} FROM {table} WHERE id IN :ids")
        query = query.bindparams(bindparam("ids", expanding=True))
        for chunk in chunks(moved):
            for row in connection.execute(query, {"ids": chunk}):
                key = Key.of(*map(_name, row[1:]))
                if row[0] in known:
                    changed.add(known[row[0]][1])
                changed.add(key)
                known[row[0]] = (now[row[0]], key)
        return changed


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
