"""What is read: everything once, then what changed, and single servers by their key.

Large tables are read in pages by id, so that the thread that reads never holds the interpreter
for long. Sources of change detection: counts and sums over ids and time stamps, which see
deletions and rows that were committed late.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final, Protocol, TypeVar

from sqlalchemy import Connection, text

from tars_registry.model import (
    Adapter,
    GroupRule,
    Key,
    Priority,
    RegistryInfo,
    Server,
)
from tars_registry.storage import rows
from tars_registry.storage.dialect import dialect_of
from tars_registry.storage.rows import (
    COLUMNS,
    KEYS,
    OF_SERVERS,
    STAMPS,
    LeaseRow,
    Stored,
)
from tars_registry.storage.stamps import Note, note_columns
from tars_registry.storage.statements import Found, Statements

__all__ = [
    "Everything",
    "Noted",
    "Places",
    "everything",
    "of_keys",
    "optional_columns",
    "server_columns",
    "where_adapters",
    "where_nodes",
]

T = TypeVar("T")


class Keyed(Protocol):
    """A row that belongs to a server."""

    @property
    def key(self) -> Key:
        """The server."""


K = TypeVar("K", bound=Keyed)

Places = tuple[tuple[GroupRule, ...], tuple[Priority, ...], tuple[RegistryInfo, ...]]
"""The small tables: where callers and servers are, and the C++ registries."""

Noted = Callable[[Note], None]
"""Told of each row that is read."""

PAGE: Final = 2000
"""Rows of one read; a page of this size takes a few milliseconds."""

AT_ONCE: Final = 200
"""Servers of one read by key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Everything:
    """All that queries and leases need."""

    servers: dict[Key, Stored]
    rules: tuple[GroupRule, ...]
    priorities: tuple[Priority, ...]
    registries: tuple[RegistryInfo, ...]


def server_columns(optional: Iterable[str]) -> str:
    """The columns of ``t_server_conf`` to select, where these optional ones exist."""
    return f"{COLUMNS['servers']}, {optional_columns(optional)}"


def optional_columns(optional: Iterable[str]) -> str:
    """``flow_state`` and ``metrics_port``, or what stands for them where they do not exist."""
    present = set(optional)
    flow = "flow_state" if "flow_state" in present else "'active'"
    metrics = "metrics_port" if "metrics_port" in present else "0"
    return f"{flow}, {metrics}"


def lease_columns(connection: Connection) -> str:
    """The columns of ``tars2py_lease`` to select."""
    return COLUMNS["leases"].format(unix=dialect_of(connection.dialect.name).unix)


def everything(
    connection: Connection, columns: str, noted: Noted | None = None
) -> Everything:
    """Read all tables, in pages; ``noted`` is told of each row's stamp."""
    found: dict[Key, tuple[Server, list[Adapter], list[LeaseRow]]] = {}
    for key, server in keyed(connection, "t_server_conf", columns, rows.server, noted):
        found[key] = (server, [], [])
    for key, adapter in keyed(
        connection, "t_adapter_conf", COLUMNS["adapters"], rows.adapter, noted
    ):
        if key in found:
            found[key][1].append(adapter)
    for key, lease in keyed(
        connection, "tars2py_lease", lease_columns(connection), rows.lease, noted
    ):
        if key in found and lease.held:
            found[key][2].append(lease)
    rules, priorities, registries = places(connection)
    return Everything(
        servers={
            key: Stored(
                server=server,
                adapters=tuple(adapters),
                lease=leases[0] if leases else None,
            )
            for key, (server, adapters, leases) in found.items()
        },
        rules=rules,
        priorities=priorities,
        registries=registries,
    )


def keyed(
    connection: Connection,
    table: str,
    columns: str,
    make: Callable[[Sequence[Any]], K],
    noted: Noted | None,
) -> Iterator[tuple[Key, K]]:
    """Every row of a table with its key; with ``noted``, its stamp is read as the last column."""

    def made(row: Sequence[Any]) -> tuple[Key, K]:
        each = make(row)
        key = each.key
        if noted is not None:
            noted(Note(table, row[0], row[-1], key))
        return key, each

    stamp = "" if noted is None else f", CAST({STAMPS[table]} AS CHAR)"
    return paged(connection, table, columns + stamp, made)


def places(connection: Connection) -> Places:
    """Read the small tables."""

    def whole(
        table: str, columns: str, make: Callable[[Sequence[Any]], T]
    ) -> tuple[T, ...]:
        found = connection.execute(text(f"SELECT {columns} FROM {table}"))
        return tuple(make(row) for row in found)

    return (
        whole("t_server_group_rule", COLUMNS["rules"], rows.rule),
        whole("t_group_priority", COLUMNS["priorities"], rows.priority),
        whole("t_registry_info", COLUMNS["registries"], rows.registry),
    )


def of_keys(
    connection: Connection,
    columns: str,
    keys: Iterable[Key],
    noted: Noted | None = None,
) -> dict[Key, Stored]:
    """Read these servers; one that is not there gives an empty `Stored`.

    ``noted`` is told of the stamp and the digest of each row.
    """
    wanted = sorted(set(keys))
    found: dict[Key, Stored] = {key: Stored() for key in wanted}
    for at in range(0, len(wanted), AT_ONCE):
        found.update(_Some(connection, wanted[at : at + AT_ONCE], noted).read(columns))
    return found


class _Some:
    """Some servers, read by their nodes, for which there is an index that every MySQL takes.

    A node has few servers. Asked for whole keys, MariaDB reads all nodes of a service instead.
    """

    def __init__(
        self, connection: Connection, keys: Sequence[Key], noted: Noted | None
    ) -> None:
        self._keys = set(keys)
        self._noted = noted
        self._statements = Statements(connection, dialect_of(connection.dialect.name))

    def read(self, columns: str) -> dict[Key, Stored]:
        """What is stored of them."""
        servers = dict(self._of_nodes("t_server_conf", columns, rows.server))
        lease = lease_columns(self._statements.connection)
        leases = dict(self._of_nodes("tars2py_lease", lease, rows.lease))
        adapters: dict[Key, list[Adapter]] = {}
        for key, adapter in self._adapters():
            adapters.setdefault(key, []).append(adapter)
        return {
            key: Stored(
                server=servers.get(key),
                adapters=tuple(adapters.get(key, ())),
                lease=held if (held := leases.get(key)) and held.held else None,
            )
            for key in self._keys
        }

    def _of_nodes(
        self, table: str, columns: str, make: Callable[[Sequence[Any]], K]
    ) -> Iterator[tuple[Key, K]]:
        nodes = list({key.node for key in self._keys})
        query = f"{self._select(table, columns)} WHERE"
        found = where_nodes(self._statements, query, table, nodes)
        return self._made(table, found, make)

    def _adapters(self) -> Iterator[tuple[Key, Adapter]]:
        table = "t_adapter_conf"
        query = f"{self._select(table, COLUMNS['adapters'])} WHERE"
        found = where_adapters(self._statements, query, self._keys)
        return self._made(table, found, rows.adapter)

    def _select(self, table: str, columns: str) -> str:
        noted = "" if self._noted is None else f", {note_columns(table, columns)}"
        return f"SELECT {columns}{noted} FROM {table}"

    def _made(
        self,
        table: str,
        found: Iterable[Sequence[Any]],
        make: Callable[[Sequence[Any]], K],
    ) -> Iterator[tuple[Key, K]]:
        for row in found:
            each = make(row)
            key = each.key
            if key not in self._keys:
                continue
            if self._noted is not None:
                self._noted(Note(table, row[0], row[-2], key, row[-1]))
            yield key, each


def where_nodes(
    statements: Statements, statement: str, table: str, nodes: Sequence[str]
) -> list[Found]:
    """Run a statement that ends in WHERE, for the servers' rows of a table on these nodes."""
    node = KEYS[table].rpartition(" ")[2]
    return statements.where_in(f"{statement} {OF_SERVERS[table]} AND {node}", nodes)


def where_adapters(
    statements: Statements, statement: str, servers: Iterable[tuple[str, str, str]]
) -> Iterator[Found]:
    """Run a statement that ends in WHERE or AND, for the adapters of these servers.

    Adapters have no index by node: they are asked for by service.
    """
    query = f"{statement} application = {{}} AND server_name = {{}} AND node_name"
    for service, some in groupby(sorted(servers), lambda names: names[:2]):
        nodes = [names[2] for names in some]
        yield from statements.where_in(query, nodes, *service)


def paged(
    connection: Connection, table: str, columns: str, make: Callable[[Sequence[Any]], T]
) -> Iterator[T]:
    """Every row of a table, read in pages by id."""
    query = text(
        f"SELECT {columns} FROM {table} WHERE id > :last AND {OF_SERVERS[table]} "
        f"ORDER BY id LIMIT {PAGE}"
    )
    last = -1
    while True:
        page = connection.execute(query, {"last": last}).all()
        for row in page:
            yield make(row)
        if len(page) < PAGE:
            return
        last = page[-1][0]
