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
from tars_registry.storage.rows import COLUMNS, LeaseRow, Stored

__all__ = ["STAMPS", "Everything", "Places", "everything", "of_keys", "server_columns"]

T = TypeVar("T")


class Keyed(Protocol):
    """A row that belongs to a server."""

    @property
    def key(self) -> Key:
        """The server."""


K = TypeVar("K", bound=Keyed)

Places = tuple[tuple[GroupRule, ...], tuple[Priority, ...], tuple[RegistryInfo, ...]]
"""The small tables: where callers and servers are, and the C++ registries."""

Noted = Callable[[str, int, str, Key], None]
"""Told of a table, a row's id, its stamp and its key."""

STAMPS: Final = {
    "t_server_conf": "registry_timestamp",
    "t_adapter_conf": "registry_timestamp",
    "tars2py_lease": "CONCAT(instance, secret, origin)",
}
"""What tells whether a row changed."""

PAGE: Final = 2000
"""Rows of one read; a page of this size takes a few milliseconds."""

KEYS: Final = 200
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
    present = set(optional)
    flow = "flow_state" if "flow_state" in present else "'active'"
    metrics = "metrics_port" if "metrics_port" in present else "0"
    return f"{COLUMNS['servers']}, {flow}, {metrics}"


def everything(
    connection: Connection, columns: str, noted: Noted | None = None
) -> Everything:
    """Read all tables, in pages; ``noted`` is told of each row's stamp, with its id and key."""
    found: dict[Key, tuple[Server, list[Adapter], list[LeaseRow]]] = {}
    for key, server in keyed(connection, "t_server_conf", columns, rows.server, noted):
        found[key] = (server, [], [])
    for key, adapter in keyed(
        connection, "t_adapter_conf", COLUMNS["adapters"], rows.adapter, noted
    ):
        if key in found:
            found[key][1].append(adapter)
    for key, lease in keyed(
        connection, "tars2py_lease", COLUMNS["leases"], rows.lease, noted
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
            noted(table, row[0], row[-1], key)
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
    connection: Connection, columns: str, keys: Iterable[Key]
) -> dict[Key, Stored]:
    """Read these servers; one that is not there gives an empty `Stored`."""
    wanted = sorted(set(keys))
    found: dict[Key, Stored] = {key: Stored() for key in wanted}
    for at in range(0, len(wanted), KEYS):
        found.update(_chunk(connection, columns, wanted[at : at + KEYS]))
    return found


def _chunk(
    connection: Connection, columns: str, keys: Sequence[Key]
) -> dict[Key, Stored]:
    """Read some servers by their nodes, for which there is an index that every MySQL takes.

    A node has few servers. Asked for whole keys, MariaDB reads all nodes of a service instead.
    """
    wanted = set(keys)
    nodes = list({key.node for key in keys})
    servers: dict[Key, Server] = {}
    leases: dict[Key, LeaseRow] = {}
    adapters: dict[Key, list[Adapter]] = {}
    for row in _of_nodes(connection, "t_server_conf", columns, "node_name", nodes):
        server = rows.server(row)
        servers[server.key] = server
    for row in _of_nodes(connection, "tars2py_lease", COLUMNS["leases"], "node", nodes):
        lease = rows.lease(row)
        if lease.held:
            leases[lease.key] = lease
    for row in _adapters_of(connection, wanted):
        adapter = rows.adapter(row)
        adapters.setdefault(adapter.key, []).append(adapter)
    return {
        key: Stored(
            server=servers.get(key),
            adapters=tuple(adapters.get(key, ())),
            lease=leases.get(key),
        )
        for key in keys
    }


def _of_nodes(
    connection: Connection, table: str, columns: str, name: str, nodes: Sequence[str]
) -> Iterable[Sequence[Any]]:
    marks = ",".join([dialect_of(connection.dialect.name).mark] * len(nodes))
    query = f"SELECT {columns} FROM {table} WHERE {name} IN ({marks})"
    return connection.exec_driver_sql(query, tuple(nodes))


def _adapters_of(
    connection: Connection, keys: Iterable[Key]
) -> Iterator[Sequence[Any]]:
    """Adapters have no index by node: they are asked for by service."""
    mark = dialect_of(connection.dialect.name).mark
    for (application, server), some in groupby(sorted(keys), lambda key: key[:2]):
        nodes = [key.node for key in some]
        query = (
            f"SELECT {COLUMNS['adapters']} FROM t_adapter_conf WHERE application = {mark} "
            f"AND server_name = {mark} AND node_name IN ({','.join([mark] * len(nodes))})"
        )
        yield from connection.exec_driver_sql(query, (application, server, *nodes))


def paged(
    connection: Connection, table: str, columns: str, make: Callable[[Sequence[Any]], T]
) -> Iterator[T]:
    """Every row of a table, read in pages by id."""
    query = text(
        f"SELECT {columns} FROM {table} WHERE id > :last ORDER BY id LIMIT {PAGE}"
    )
    last = -1
    while True:
        page = connection.execute(query, {"last": last}).all()
        for row in page:
            yield make(row)
        if len(page) < PAGE:
            return
        last = page[-1][0]
