"""The few words in which SQLite and MySQL differ, as two tables of text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

__all__ = ["MYSQL", "SEPARATOR", "SQLITE", "Dialect", "dialect_of"]

SEPARATOR: Final = "\x1f"
"""ASCII's unit separator: a control character, which the names of registrations may not hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How one database says what both can do."""

    name: str
    clock: str
    """Selects the session's time as text, and UNIX time."""
    before: str
    """The session's time ``:seconds`` ago."""
    values: str
    """In an upsert, the value that was to be inserted."""
    on_duplicate: str
    """Between an insert and its updates; ``{key}`` are the unique columns."""
    ignore: str
    """The start of an insert that leaves an existing row alone."""
    mark: str
    """The driver's own placeholder."""
    unix: str
    """UNIX time in seconds."""
    millis: str
    """UNIX time in milliseconds."""
    lanes: int
    """How many transactions are written side by side while a crowd waits."""

    def joined(self, columns: Sequence[str]) -> str:
        """One text of several columns, nulls as empty ones, with `SEPARATOR` between them."""
        parts = (f"COALESCE({each}, '')" for each in columns)
        if self.name == "sqlite":
            return f" || '{SEPARATOR}' || ".join(parts)
        return f"CONCAT_WS('{SEPARATOR}', {', '.join(parts)})"

    def upsert(
        self, table: str, columns: Sequence[str], key: str, updates: Sequence[str]
    ) -> tuple[str, str]:
        """What stands before the rows that are inserted, and after them.

        Of a row that has the key already, these columns are updated; one that is no bare column
        name is an assignment of its own. Without any, the row is left alone.
        """
        names = ", ".join(columns)
        if not updates:
            return f"{self.ignore} {table} ({names}) VALUES", ""
        sets = ", ".join(
            each if "=" in each else f"{each} = {self.values.format(each)}"
            for each in updates
        )
        conflict = self.on_duplicate.format(key=key)
        return f"INSERT INTO {table} ({names}) VALUES", f"{conflict} {sets}"


SQLITE: Final = Dialect(
    name="sqlite",
    clock="SELECT datetime('now'), CAST(strftime('%s', 'now') AS INTEGER)",
    before="datetime('now', '-' || CAST(:seconds AS INTEGER) || ' seconds')",
    values="excluded.{}",
    on_duplicate="ON CONFLICT ({key}) DO UPDATE SET",
    ignore="INSERT OR IGNORE INTO",
    mark="?",
    unix="CAST(strftime('%s', 'now') AS INTEGER)",
    millis="CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)",
    lanes=1,
)

MYSQL: Final = Dialect(
    name="mysql",
    clock="SELECT CAST(NOW() AS CHAR), UNIX_TIMESTAMP()",
    before="NOW() - INTERVAL :seconds SECOND",
    values="VALUES({})",
    on_duplicate="ON DUPLICATE KEY UPDATE",
    ignore="INSERT IGNORE INTO",
    mark="%s",
    unix="UNIX_TIMESTAMP()",
    millis="CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)",
    lanes=2,
)


def dialect_of(name: str) -> Dialect:
    """The table for a SQLAlchemy backend's name."""
    return SQLITE if name == "sqlite" else MYSQL
