"""The last good table in a file: what a registry answers from that starts while MySQL is away.

One line for each server, so that writing never holds the interpreter for long; the first line says
which database and columns, the last one how many lines there are. A file is replaced whole, and
read whole or not at all. It holds digests of secrets, so only its owner may read it.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from operator import attrgetter
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from tars_registry.model import (
    Adapter,
    GroupRule,
    Key,
    Priority,
    RegistryInfo,
    Server,
)
from tars_registry.storage.reads import Everything, Places
from tars_registry.storage.rows import LeaseRow, Stored

__all__ = ["Picture", "read", "write"]

T = TypeVar("T")

FORMAT: Final = "tarsregistry snapshot 1"

PLACES: Final = (GroupRule, Priority, RegistryInfo)
"""The small tables, each written on one line, in this order."""

LEASE: Final = ("id", "instance", "secret")
"""What is kept of a lease; its key is its server's, and it begins anew when it is read."""


class Held(Protocol):
    """A lease."""

    @property
    def id(self) -> int: ...
    @property
    def instance(self) -> str: ...
    @property
    def secret(self) -> str: ...


Rows = Iterable[tuple[Server, Sequence[Adapter], Held | None]]


@dataclass(frozen=True, slots=True)
class Picture:
    """What a snapshot holds, and when it was taken in UNIX time."""

    taken: int
    everything: Everything


def write(path: Path, database: str, taken: int, places: Places, rows: Rows) -> None:
    """Replace the file; raises `OSError`, and then the old one is as it was."""
    descriptor, new = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            for line in _lines(_head(database, taken), places, rows):
                file.write(json.dumps(line, separators=(",", ":")) + "\n")
            file.flush()
            os.fsync(file.fileno())
        Path(new).replace(path)
    except BaseException:
        Path(new).unlink(missing_ok=True)
        raise


def read(path: Path, database: str) -> Picture | None:
    """The snapshot of this database; ``None`` when there is none, or not one as written here.

    Raises `OSError` for a file that cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8")
        head, *lines, count = map(json.loads, text.splitlines())
        if head != _head(database, head["taken"]) or count != len(lines):
            return None
        return Picture(head["taken"], _everything(lines))
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return None


def _head(database: str, taken: int) -> dict[str, Any]:
    """What a file must say to be read: its columns are those of this program."""
    columns = {kind.__name__: list(_names(kind)) for kind in (Server, Adapter, *PLACES)}
    return {"format": FORMAT, "database": database, "taken": taken, "columns": columns}


def _lines(head: Any, places: Places, rows: Rows) -> Iterator[Any]:
    yield head
    for kind, table in zip(PLACES, places, strict=True):
        yield list(map(_values(kind), table))
    server_of, adapter_of, lease_of = _values(Server), _values(Adapter), _get(LEASE)
    count = len(PLACES)
    for server, adapters, lease in rows:
        held = None if lease is None else lease_of(lease)
        yield server_of(server), list(map(adapter_of, adapters)), held
        count += 1
    yield count


def _everything(lines: Sequence[Any]) -> Everything:
    rules, priorities, registries = (
        tuple(_made(kind, table)) for kind, table in zip(PLACES, lines, strict=False)
    )
    servers = dict(_server(*line) for line in lines[len(PLACES) :])
    return Everything(
        servers=servers,
        rules=rules,
        priorities=priorities,
        registries=registries,
    )


def _server(server: Any, adapters: Any, lease: Any) -> tuple[Key, Stored]:
    (made,) = _made(Server, [server])
    row = None
    if lease is not None:
        kept = dict(zip(LEASE, lease, strict=True))
        row = LeaseRow(key=made.key, **kept)
    stored = Stored(server=made, adapters=tuple(_made(Adapter, adapters)), lease=row)
    return made.key, stored


def _made(kind: Callable[..., T], rows: Iterable[Sequence[Any]]) -> Iterator[T]:
    names = _names(kind)
    return (kind(**dict(zip(names, row, strict=True))) for row in rows)


def _values(kind: Any) -> Callable[[Any], Any]:
    return _get(_names(kind))


def _get(names: tuple[str, ...]) -> Callable[[Any], Any]:
    return attrgetter(*names)


def _names(kind: Any) -> tuple[str, ...]:
    return tuple(each.name for each in fields(kind))
