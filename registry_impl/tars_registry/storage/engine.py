"""Connections: SQLite in WAL mode with every commit on disk, or MySQL through PyMySQL.

One engine for each thread, with one connection that is kept. The session's time zone is never
set: ``db_tars`` keeps times of the database's session, and others read them.
"""

from __future__ import annotations

import sqlite3
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import URL
from sqlalchemy.pool import QueuePool
from tars_runtime.errors import ConfigError

__all__ = ["connect_reader", "connect_writer", "is_outage", "is_retryable"]

CONNECT_SECONDS: Final = 3
"""How long a connection attempt may take."""

STATEMENT_SECONDS: Final = 10
"""How long MySQL may be silent in one statement."""

_RETRY: Final = frozenset({1205, 1213, 1062, 1020})
"""MySQL: lock wait timed out, deadlock, a row was made meanwhile, a record has changed."""

_READ_ONLY: Final = frozenset({1290, 1836})
"""MySQL: the connection leads to a server that was demoted, or that is read-only for a while."""

_OUTAGE: Final = _READ_ONLY | {
    *(1040, 1053, 1152, 1927, 2002, 2003, 2006, 2013, 2014, 2055, 4031)
}
"""MySQL: no connection, it broke, or it is of no use."""


def connect_writer(url: URL) -> sa.Engine:
    """The engine of the thread that writes."""
    return _engine(url, begin="BEGIN IMMEDIATE")


def connect_reader(url: URL) -> sa.Engine:
    """The engine of the thread that reads."""
    return _engine(url, begin="BEGIN")


def is_retryable(error: BaseException) -> bool:
    """Whether the same transaction may succeed when it is tried again at once."""
    return _code(error) in _RETRY


def is_outage(error: BaseException) -> bool:
    """Whether the database cannot be reached or written to, whatever one writes."""
    if isinstance(error, sa.exc.DBAPIError):
        if error.connection_invalidated:
            return True
        if isinstance(error.orig, sqlite3.OperationalError):
            return True
        return _code(error) in _OUTAGE
    return isinstance(error, OSError)


def _code(error: object) -> int:
    origin = getattr(error, "orig", None) or getattr(error, "original_exception", None)
    first = origin.args[0] if origin is not None and origin.args else 0
    return first if isinstance(first, int) else 0


def _engine(url: URL, *, begin: str) -> sa.Engine:
    if url.get_backend_name() == "sqlite":
        engine = sa.create_engine(url, poolclass=QueuePool, pool_size=1, max_overflow=0)
        _prepare_sqlite(engine, begin)
        return engine
    try:
        engine = sa.create_engine(
            url,
            pool_size=1,
            max_overflow=0,
            pool_pre_ping=False,
            isolation_level="READ COMMITTED",
            connect_args={
                "connect_timeout": CONNECT_SECONDS,
                "read_timeout": STATEMENT_SECONDS,
                "write_timeout": STATEMENT_SECONDS,
                "charset": "utf8mb4",
            },
        )
    except ModuleNotFoundError:
        raise ConfigError("MySQL needs PyMySQL: pip install 'tars2py[mysql]'") from None
    sa.event.listen(engine, "handle_error", _leave_read_only)
    return engine


def _leave_read_only(context: sa.engine.ExceptionContext) -> None:
    """After a fail-over the same name leads elsewhere, but only for a new connection."""
    if _code(context) in _READ_ONLY:
        context.is_disconnect = True


def _prepare_sqlite(engine: sa.Engine, begin: str) -> None:
    """Take transactions out of the driver's hands, and set the file up."""

    def opened(connection: Any, _: Any) -> None:
        connection.isolation_level = None
        for pragma in (
            "busy_timeout = 5000",
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    sa.event.listen(engine, "connect", opened)
    sa.event.listen(
        engine, "begin", lambda connection: connection.exec_driver_sql(begin)
    )
