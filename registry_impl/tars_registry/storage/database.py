"""One database, used from threads: transactions that are tried again, and what they write.

A deadlock or a lost connection ends a transaction that may succeed when it is run again; every
transaction here may be run twice. Nothing here knows the event loop.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import URL
from tars_runtime.errors import ConfigError

from tars_registry.model import Key
from tars_registry.refusals import Unavailable
from tars_registry.storage import alter, reads, writes
from tars_registry.storage.dialect import dialect_of
from tars_registry.storage.engine import (
    connect_reader,
    connect_writer,
    is_outage,
    is_retryable,
)
from tars_registry.storage.location import shown
from tars_registry.storage.migrate import migrate, missing
from tars_registry.storage.poll import Delta, MySQLWatch, SQLiteWatch
from tars_registry.storage.rows import Done, Stored
from tars_registry.storage.schema import OPTIONAL_COLUMNS
from tars_registry.storage.stamps import Note
from tars_registry.storage.statements import Statements
from tars_registry.table.changes import Change, Deregister, Destroy, Expire, Register

__all__ = ["Database", "reason"]

T = TypeVar("T")

Applied = tuple[list[Done], list[Note]]
"""What was written, and how its rows are now."""

log = logging.getLogger(__name__)

ATTEMPTS: Final = 5
"""How often a transaction is tried that a deadlock or a lost connection ended."""


class Database:
    """Transactions on one database: a connection to read, and one for each lane that writes."""

    def __init__(self, url: URL) -> None:
        self.url = url
        self.name = shown(url)
        self.dialect = dialect_of(url.get_backend_name())
        self.optional: frozenset[str] = frozenset(OPTIONAL_COLUMNS)
        self._lanes = [connect_writer(url) for _ in range(self.dialect.lanes)]
        self._writing = self._lanes[0]
        self._reading = connect_reader(url)
        self._open: dict[sa.Engine, sa.Connection] = {}
        """One connection of each engine, kept open by the engine's thread."""
        self._watch = self._make_watch()
        self._loaded = False

    @property
    def watches_by_writing(self) -> bool:
        """SQLite shows a connection what others wrote, so its writing one must ask."""
        return self.dialect.name == "sqlite"

    def prepare(self) -> None:
        """See that the tables are there; SQLite makes its own.

        Raises `ConfigError` when the database cannot be used as it is, SQLAlchemy's errors when
        MySQL cannot be reached.
        """
        try:
            if self.dialect.name == "sqlite":
                migrate(self._writing)
            lacking = missing(self._reading)
        except sa.exc.DBAPIError as error:
            if self.dialect.name != "sqlite" and is_outage(error):
                raise
            raise ConfigError(f"{self.name}: {reason(error)}") from None
        if lacking.tables:
            raise ConfigError(
                f"{self.name}: expected the tables of db_tars, {lacking.tables[0].name} "
                "is missing: run 'tarsregistry migrate'"
            )
        if lacking.columns:
            log.warning(
                "%s: t_server_conf lacks %s, served without; 'tarsregistry migrate' adds it",
                self.name,
                " and ".join(lacking.columns),
            )
        self.optional -= set(lacking.columns)
        self._watch = self._make_watch()

    def load(self) -> reads.Everything:
        """`prepare`, then read everything, and remember it for `look`; raises what that does."""
        self._forget(self._watching)  # there is one connection, and `prepare` wants it
        self.prepare()
        everything = self._attempt(self._watching, self._watch.load)
        self._loaded = True
        return everything

    def look(self) -> Delta:
        """What others changed since the last look; everything, when nothing was read before.

        Raises SQLAlchemy's errors, and `ConfigError` as `prepare` does.
        """
        if not self._loaded:
            return Delta.of(self.load())
        return self._attempt(self._watching, self._watch.look)

    def look_again(self, keys: Iterable[Key]) -> None:
        """Read these at the next look, because what the last one read was out of date."""
        self._watch.again(keys)

    def of_keys(self, keys: Sequence[Key]) -> dict[Key, Stored]:
        """Read single servers."""
        return self.read(lambda one: reads.of_keys(one, self._columns, keys))

    def read(self, work: Callable[[sa.Connection], T]) -> T:
        """Run a query in the reader's thread; raises SQLAlchemy's errors."""
        return self._attempt(self._reading, work)

    def write(self, work: Callable[[sa.Connection], T], lane: int = 0) -> T:
        """Run a transaction in a lane's thread; raises SQLAlchemy's errors."""
        return self._attempt(self._lanes[lane], work)

    def write_batch(
        self,
        changes: Sequence[Change],
        nodes: Iterable[str],
        leases: Iterable[int],
        lane: int = 0,
    ) -> list[Done | Exception]:
        """One transaction for all; when the database refuses it, one for each change.

        Raises SQLAlchemy's errors when the database cannot be reached; then nothing is written.
        """

        def all_at_once(connection: sa.Connection) -> Applied:
            statements = Statements(connection, self.dialect)
            applied = self._apply(statements, changes)
            writes.beats(statements, nodes, leases)
            return applied

        try:
            return list(self._written(self.write(all_at_once, lane)))
        except sa.exc.DBAPIError as error:
            if is_outage(error):
                raise
            log.warning("a batch was refused, now one by one: %s", reason(error))
        self.write(
            lambda one: writes.beats(Statements(one, self.dialect), nodes, leases), lane
        )
        return [self._write_alone(each, lane) for each in changes]

    def close_writer(self, lane: int = 0) -> None:
        """Close a lane's connection, in its thread."""
        self._forget(self._lanes[lane])
        self._lanes[lane].dispose()

    def close_reader(self) -> None:
        """Close the reading connection, in its thread."""
        self._forget(self._reading)
        self._reading.dispose()

    def _write_alone(self, change: Change, lane: int) -> Done | Exception:
        def alone(connection: sa.Connection) -> Applied:
            return self._apply(Statements(connection, self.dialect), [change])

        try:
            return self._written(self.write(alone, lane))[0]
        except sa.exc.DBAPIError as error:
            if is_outage(error):
                raise
            return Unavailable(reason(error))

    def _written(self, applied: Applied) -> list[Done]:
        """Tell the watch what was committed, so that it is no news."""
        done, notes = applied
        if notes:
            self._watch.wrote(notes)
        return done

    def _apply(self, statements: Statements, changes: Sequence[Change]) -> Applied:
        """Write changes of different servers, and read back what is stored."""
        notes: list[Note] = []
        noted = notes.append if self._watch.wants_notes else None
        stored: dict[Key, Stored] = {}
        found: dict[Key, bool] = {}
        registrations = [each for each in changes if isinstance(each, Register)]
        if registrations:
            stored.update(
                writes.register(statements, self.optional, registrations, noted)
            )
        others = [each for each in changes if not isinstance(each, Register)]
        for change in sorted(others, key=lambda each: each.key):
            found[change.key] = self._apply_one(statements.connection, change)
        if found:
            keys = list(found)
            stored.update(
                reads.of_keys(statements.connection, self._columns, keys, noted)
            )
        done = [
            Done(each, found.get(each.key, True), stored[each.key]) for each in changes
        ]
        return done, notes

    def _apply_one(self, connection: sa.Connection, change: Change) -> bool:
        match change:
            case Deregister():
                return alter.deregister(connection, self.dialect, change)
            case Destroy():
                return alter.destroy(connection, change)
            case Expire():
                return alter.expire(connection, self.dialect, change)
            case Register():
                raise AssertionError("registrations are written together")
            case _:
                return alter.set_one(connection, self.optional, change)

    @property
    def _watching(self) -> sa.Engine:
        return self._writing if self.watches_by_writing else self._reading

    @property
    def _columns(self) -> str:
        return reads.server_columns(self.optional)

    def _make_watch(self) -> MySQLWatch | SQLiteWatch:
        kind = SQLiteWatch if self.dialect.name == "sqlite" else MySQLWatch
        return kind(self._columns)

    def _attempt(self, engine: sa.Engine, work: Callable[[sa.Connection], T]) -> T:
        """Run a transaction; again after a deadlock, and once after a lost connection."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                connection = self._open.get(engine)
                if connection is None:
                    connection = self._open[engine] = engine.connect()
                with connection.begin():
                    return work(connection)
            except sa.exc.DBAPIError as error:
                lost = error.connection_invalidated and attempt == 1
                if error.connection_invalidated:
                    self._forget(engine)
                if not (lost or is_retryable(error)) or attempt == ATTEMPTS:
                    raise
                time.sleep(random.uniform(0, 0.01 * 2**attempt))
        raise AssertionError("the last attempt returns or raises")

    def _forget(self, engine: sa.Engine) -> None:
        """Close a connection; the next transaction opens another."""
        connection = self._open.pop(engine, None)
        if connection is not None:
            connection.close()


def reason(error: BaseException) -> str:
    """The database's own words, on one line, without our statement and its values."""
    origin = getattr(error, "orig", None) or error
    words = str(origin.args[-1]) if origin.args else ""
    return words.splitlines()[0] if words else type(origin).__name__
