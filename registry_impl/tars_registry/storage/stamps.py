"""What is known of a table's rows: their stamps, and the sums that MySQL makes of them.

Both sides can make the sums, MySQL over a whole table in one statement and this from row to row,
so a table that is as it is known here is recognised by one number.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from sys import intern
from typing import Final, NamedTuple
from zlib import crc32

from sqlalchemy import Connection

from tars_registry.model import Key
from tars_registry.storage.rows import KEYS, OF_SERVERS, STAMPS

__all__ = ["Note", "Stamps", "differences", "digest", "key_of", "note_columns"]

PART: Final = 1000
"""Ids that share a sum."""

Sum = tuple[int, int]
"""How many rows, and the exclusive-or of the checks of their ids and stamps."""

NONE: Final[Sum] = (0, 0)


class Note(NamedTuple):
    """A row as it was read or written."""

    table: str
    id: int
    stamp: str
    key: Key
    digest: int | None = None
    """A check of all its columns; ``None`` when nobody asked for it."""


def digest(columns: str) -> str:
    """The check of a row's columns, in SQL."""
    return f"CRC32(CONCAT_WS('|', {columns}))"


def note_columns(table: str, columns: str) -> str:
    """What is selected besides a row's columns to note it: its stamp, and their digest."""
    return f"CAST({STAMPS[table]} AS CHAR), {digest(columns)}"


@dataclass(slots=True)
class Stamps:
    """The rows of one table, by their part of it."""

    parts: dict[int, dict[int, tuple[str, Key]]] = field(
        default_factory=dict[int, dict[int, tuple[str, Key]]]
    )
    sums: dict[int, Sum] = field(default_factory=dict[int, Sum])
    total: Sum = NONE

    def put(self, number: int, stamp: str, key: Key) -> set[Key]:
        """Note a row; returns the servers that it belongs to and belonged to, if that is news."""
        part = self.parts.setdefault(number // PART, {})
        old = part.get(number)
        if old is not None and old[0] == stamp:
            return set()
        changed = {key}
        if old is not None:
            changed.add(old[1])
            self._add(number, old[0], -1)
        part[number] = intern(stamp), key
        self._add(number, stamp, 1)
        return changed

    def drop(self, number: int) -> Key:
        """Forget a row, which belonged to this server."""
        part = self.parts[number // PART]
        stamp, key = part.pop(number)
        self._add(number, stamp, -1)
        if not part:
            del self.parts[number // PART], self.sums[number // PART]
        return key

    def _add(self, number: int, stamp: str, rows: int) -> None:
        check = crc32(f"{number}|{stamp}".encode())
        count, value = self.sums.get(number // PART, NONE)
        self.sums[number // PART] = count + rows, value ^ check
        count, value = self.total
        self.total = count + rows, value ^ check


def differences(connection: Connection, table: str, known: Stamps) -> set[Key]:
    """The servers whose rows in a table are not as ``known``, which is brought up."""
    check = f"BIT_XOR({digest(f'id, {STAMPS[table]}')})"
    rows = f"{table} WHERE {OF_SERVERS[table]}"
    total = f"SELECT COUNT(*), COALESCE({check}, 0) FROM {rows}"
    if _sum(connection.exec_driver_sql(total).one()) == known.total:
        return set()
    parts = connection.exec_driver_sql(
        f"SELECT id DIV {PART} AS part, COUNT(*), {check} FROM {rows} GROUP BY part"
    )
    now = {int(row[0]): _sum(row[1:]) for row in parts}
    changed: set[Key] = set()
    for part in sorted(now.keys() | known.sums.keys()):
        if now.get(part) != known.sums.get(part):
            changed |= _of_part(connection, table, part, known)
    return changed


def _of_part(connection: Connection, table: str, part: int, known: Stamps) -> set[Key]:
    rows = connection.exec_driver_sql(
        f"SELECT id, CAST({STAMPS[table]} AS CHAR), {KEYS[table]} FROM {table} "
        f"WHERE id >= {part * PART} AND id < {(part + 1) * PART} AND {OF_SERVERS[table]}"
    ).all()
    gone = known.parts.get(part, {}).keys() - {row[0] for row in rows}
    changed = {known.drop(number) for number in gone}
    for number, stamp, *names in rows:
        changed |= known.put(number, stamp, key_of(names))
    return changed


def key_of(names: Iterable[str | None]) -> Key:
    """The server of a row's names, which may be NULL."""
    return Key.of(*(name or "" for name in names))


def _sum(row: Iterable[int]) -> Sum:
    count, value = row
    return int(count), int(value)
