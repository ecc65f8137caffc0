"""Rows with a young stamp, which may change once more without a new one: they are compared whole.

A stamp tells seconds. A row that was read, or written by us, may be edited by somebody else in
the same second, and have the same stamp. So until that second is well over, MySQL is asked for
sums over all columns of such rows, and for single rows where a sum is not as expected.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

from tars_registry.model import Key
from tars_registry.storage.rows import COLUMNS, KEYS, STAMPS
from tars_registry.storage.stamps import Note, digest, key_of

__all__ = ["Young"]

PART: Final = 100
"""Ids that share a sum."""

SECONDS: Final = 2
"""How long before the last look a stamp is still young: longer than an edit takes to commit."""


class Young:
    """The rows of young stamps, as they are known."""

    def __init__(self, columns: str) -> None:
        self._columns = {
            "t_server_conf": columns,
            "t_adapter_conf": COLUMNS["adapters"],
        }
        self._rows: dict[str, dict[int, Note]] = {each: {} for each in self._columns}
        self._looked: int | None = None

    def put(self, note: Note) -> None:
        """Note a row as it is known; it is forgotten when its stamp is old."""
        if note.digest is not None and note.table in self._rows:
            self._rows[note.table][note.id] = note

    def edited(self, connection: Connection) -> set[Key]:
        """The servers whose rows are not as they are known, though their stamps may be."""
        now = int(connection.exec_driver_sql("SELECT UNIX_TIMESTAMP()").scalar_one())
        since = (now if self._looked is None else self._looked) - SECONDS
        self._looked = now
        start = connection.exec_driver_sql(
            f"SELECT CAST(FROM_UNIXTIME({since}) AS CHAR)"
        ).scalar_one()
        changed: set[Key] = set()
        for table, rows in self._rows.items():
            young = {each: row for each, row in rows.items() if row.stamp >= start}
            self._rows[table] = young
            condition = f"{STAMPS[table]} >= FROM_UNIXTIME({since})"
            changed |= self._compared(connection, table, young, condition)
        return changed

    def _compared(
        self, connection: Connection, table: str, known: dict[int, Note], young: str
    ) -> set[Key]:
        check = digest(self._columns[table])
        expected = _sums(known)
        parts = connection.exec_driver_sql(
            f"SELECT id DIV {PART} AS part, COUNT(*), BIT_XOR({check}) "
            f"FROM {table} WHERE {young} GROUP BY part"
        ).all()
        changed: set[Key] = set()
        for part, count, value in parts:
            if expected.get(part) == (count, value):
                continue
            rows = connection.exec_driver_sql(
                f"SELECT id, {check}, {KEYS[table]} FROM {table} "
                f"WHERE id >= {part * PART} AND id < {(part + 1) * PART} AND {young}"
            )
            for number, value, *names in rows:
                note = known.get(number)
                if note is None or note.digest != value:
                    changed.add(key_of(names))
        return changed


def _sums(known: dict[int, Note]) -> dict[int, tuple[int, int]]:
    sums: dict[int, tuple[int, int]] = {}
    for number, note in known.items():
        count, value = sums.get(number // PART, (0, 0))
        sums[number // PART] = count + 1, value ^ (note.digest or 0)
    return sums
