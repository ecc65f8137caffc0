"""Statements over many rows: one text with all values for MySQL, a prepared one for SQLite.

PyMySQL escapes value by value, in Python. Most values of a batch repeat (names, states, times), so
each is escaped once, by the connection itself, and rows are put together from ready literals.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, CursorResult

from tars_registry.storage.dialect import Dialect

__all__ = ["Found", "Statements", "Upsert", "Value"]

CHUNK: Final = 500
"""Rows of one statement."""

T = TypeVar("T")

Value = str | int

Found = Sequence[Any]

_PLAIN: Final = re.compile(r"[0-9A-Za-z_.:/@ -]*")
"""Texts that stand in quotes as they are, whatever a session calls an escape."""

_AS_IT_IS: Final = {"no_parameters": True}
"""The statement is complete: a percent sign in it is no placeholder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upsert:
    """What is inserted into a table, and what becomes of a row that is there already."""

    table: str
    columns: tuple[str, ...]
    key: str
    """The unique columns."""
    updates: tuple[str, ...]
    """Columns that take the new row's value, or assignments; none leaves the row alone."""

    def keeping(self, *columns: str) -> Upsert:
        """The same, but that an existing row keeps these columns."""
        left = tuple(each for each in self.updates if each not in columns)
        return replace(self, updates=left)


class Statements:
    """Runs statements over many rows in one transaction of the caller's."""

    def __init__(self, connection: Connection, dialect: Dialect) -> None:
        self.connection = connection
        self.dialect = dialect
        self._literals = _Literals(connection)

    @property
    def returns(self) -> bool:
        """Whether an insert of many rows tells what became of them: MariaDB's does since 10.5."""
        mysql = self.dialect.name == "mysql"
        return mysql and self.connection.dialect.insert_returning

    def write(
        self, what: Upsert, rows: Sequence[Sequence[Value]], returning: str = ""
    ) -> list[Found]:
        """Insert rows, or update those that are there.

        Gives what is ``returning`` of each row as it is now; nothing where inserts do not tell.
        """
        found: list[Found] = []
        start, end = self.dialect.upsert(
            what.table, what.columns, what.key, what.updates
        )
        if returning and self.returns:
            end = f"{end} RETURNING {returning}"
        for chunk in _chunks(rows):
            if self.dialect.name == "sqlite":
                self.connection.exec_driver_sql(
                    f"{start} {self._marks(what.columns)} {end}",
                    [tuple(row) for row in chunk],
                )
            else:
                result = self._run(
                    f"{start} {','.join(map(self._listed, chunk))} {end}"
                )
                if result.returns_rows:
                    found += result.all()
        return found

    def where_in(
        self, statement: str, values: Sequence[Value], *before: Value
    ) -> list[Found]:
        """Run a statement that ends in a column, for rows where that has one of the values.

        Each ``{}`` in the statement stands for one of the values ``before``.
        """
        found: list[Found] = []
        for chunk in _chunks(values):
            if self.dialect.name == "sqlite":
                marked = statement.format(*[self.dialect.mark] * len(before))
                result = self.connection.exec_driver_sql(
                    f"{marked} IN {self._marks(chunk)}", (*before, *chunk)
                )
            else:
                filled = statement.format(*(self._literals[each] for each in before))
                result = self._run(f"{filled} IN {self._listed(chunk)}")
            if result.returns_rows:
                found += result.all()
        return found

    def _run(self, statement: str) -> CursorResult[Any]:
        return self.connection.exec_driver_sql(statement, execution_options=_AS_IT_IS)

    def _listed(self, values: Sequence[Value]) -> str:
        return f"({','.join(map(self._literals.__getitem__, values))})"

    def _marks(self, values: Sequence[Value]) -> str:
        return f"({','.join([self.dialect.mark] * len(values))})"


class _Literals(dict[Value, str]):
    """Values as they stand in a statement; each is escaped when it is first met."""

    def __init__(self, connection: Connection) -> None:
        super().__init__()
        self._cursor = connection.connection.cursor()

    def __missing__(self, value: Value) -> str:
        text: str
        if isinstance(value, str) and _PLAIN.fullmatch(value):
            text = f"'{value}'"
        else:
            text = self._cursor.mogrify("%s", (value,))
        self[value] = text
        return text


def _chunks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    return (values[at : at + CHUNK] for at in range(0, len(values), CHUNK))
