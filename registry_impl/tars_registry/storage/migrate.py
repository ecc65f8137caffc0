"""Which tables and columns are missing, and making them: explicitly, and never destructively."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Connection, Engine, inspect, text
from tars_runtime.errors import ConfigError

from tars_registry.storage.schema import METADATA, OPTIONAL_COLUMNS

__all__ = ["Missing", "migrate", "missing"]

_COLUMNS: Final = {
    "flow_state": "enum('active','inactive') NOT NULL DEFAULT 'active'",
    "metrics_port": "int(11) DEFAULT 0",
}
"""How MySQL gets what older schemas lack; a C++ 3.x and the Go registry add the same."""

LOCK: Final = "tars2py_migrate"
LOCK_SECONDS: Final = 30


class Missing:
    """What a database lacks."""

    def __init__(self, connection: Connection) -> None:
        found = inspect(connection)
        tables = set(found.get_table_names())
        self.tables = [
            each for each in METADATA.sorted_tables if each.name not in tables
        ]
        self.columns: list[str] = []
        if "t_server_conf" in tables:
            have = {each["name"] for each in found.get_columns("t_server_conf")}
            self.columns = [each for each in OPTIONAL_COLUMNS if each not in have]


def missing(engine: Engine) -> Missing:
    """Look what a database lacks, without changing it."""
    with engine.connect() as connection:
        return Missing(connection)


def migrate(engine: Engine) -> list[str]:
    """Make what is missing, one replica at a time; returns what was done, a line each."""
    done: list[str] = []
    with engine.connect() as connection, _alone(connection):
        lacking = Missing(connection)
        for table in lacking.tables:
            table.create(connection)
            done.append(f"created table {table.name}")
        for column in lacking.columns:
            connection.execute(
                text(
                    f"ALTER TABLE t_server_conf ADD COLUMN {column} {_COLUMNS[column]}"
                )
            )
            done.append(f"added column t_server_conf.{column}")
        connection.commit()
    return done


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    """Hold MySQL's named lock; SQLite has one process at a time anyway."""
    if connection.dialect.name == "sqlite":
        yield
        return
    names = {"name": LOCK, "seconds": LOCK_SECONDS}
    if not connection.execute(text("SELECT GET_LOCK(:name, :seconds)"), names).scalar():
        raise ConfigError(
            f"another migration has held its lock for {LOCK_SECONDS} s: wait for it, then try again"
        )
    try:
        yield
    finally:
        connection.execute(text("SELECT RELEASE_LOCK(:name)"), names)
