"""Locks that expire, by the database's clock, so that every replica agrees on who holds one."""

from __future__ import annotations

from sqlalchemy import Connection, text

from tars_registry.storage.dialect import Dialect

__all__ = ["acquire"]


def acquire(
    connection: Connection, dialect: Dialect, name: str, owner: str, milliseconds: int
) -> bool:
    """Take or renew a lock; false while another holds it."""
    row = {"name": name, "owner": owner, "length": milliseconds}
    connection.execute(
        text(
            f"{dialect.ignore} tars2py_lock (name, owner, until) VALUES (:name, :owner, 0)"
        ),
        row,
    )
    taken = connection.execute(
        text(
            f"UPDATE tars2py_lock SET owner = :owner, until = {dialect.millis} + :length "
            f"WHERE name = :name AND (owner = :owner OR until < {dialect.millis})"
        ),
        row,
    )
    return bool(taken.rowcount)
