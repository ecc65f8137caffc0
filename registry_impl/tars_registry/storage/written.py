"""What is stored of servers that were just registered: little is read back, the rest is known.

Read are what the database gave (ids, stamps), how it spells the names, and what others may have
set in a row: an operator's columns, and groups. MariaDB tells it with the insert, others are
asked after it. PyMySQL makes Python values column by column, so each row comes as its id and one
text, whose parts stand between characters that no name here can hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from sys import intern
from typing import Final
from zlib import crc32

from tars_registry.model import NO_FLOW, NORMAL, SERVER_TYPE, Adapter, Key, Server
from tars_registry.storage import stamps
from tars_registry.storage.dialect import SEPARATOR
from tars_registry.storage.reads import (
    Noted,
    optional_columns,
    server_columns,
    where_adapters,
    where_nodes,
)
from tars_registry.storage.rows import (
    COLUMNS,
    KEYS,
    STAMPS,
    LeaseRow,
    Stored,
)
from tars_registry.storage.stamps import Note
from tars_registry.storage.statements import Found, Statements, Upsert, Value
from tars_registry.table.changes import Register
from tars_registry.table.requests import AdapterSpec, Registration

__all__ = ["Written"]

Names = tuple[str, str, str]

_KEPT: Final = "setting_state, enable_group, bak_flag"
"""What a registration need not write of a server, besides the optional columns."""


class Written:
    """Writes what a transaction registers, and reads back what became of it."""

    def __init__(
        self,
        statements: Statements,
        optional: frozenset[str],
        changes: Sequence[Register],
        stamp: str,
        noted: Noted | None,
    ) -> None:
        self._statements = statements
        self._optional = optional
        self._changes = {each.key: each for each in changes}
        self._keys = {_names(each.registration): each.key for each in changes}
        self._nodes = [each.registration.node for each in changes]
        self._stamp = stamp
        self._noted = noted
        self._texts = self._make_texts()
        self._told: dict[str, list[Found]] = {table: [] for table in self._texts}
        self.gone: set[int] = set()
        """Adapters that their server no longer has."""

    def write(self, what: Upsert, rows: Sequence[Sequence[Value]]) -> None:
        """Insert rows, or update those that are there."""
        found = self._statements.write(what, rows, self._texts[what.table])
        self._told[what.table] += found

    def read(self) -> dict[Key, Stored]:
        """What is stored of each server; fills ``gone``."""
        servers = dict(self._servers())
        leases = dict(self._leases())
        adapters: dict[Key, list[Adapter]] = {}
        for key, adapter in self._adapters():
            adapters.setdefault(key, []).append(adapter)
        if self._statements.returns:
            kept = [each.id for some in adapters.values() for each in some]
            self.gone.update(self._others(kept))
        return {
            key: Stored(
                server=servers.get(key),
                adapters=tuple(adapters.get(key, ())),
                lease=leases.get(key),
            )
            for key in self._changes
        }

    def _servers(self) -> Iterator[tuple[Key, Server]]:
        table = "t_server_conf"
        for number, *kept, digest, group in self._rows(table):
            key = self._key(kept[:3])
            if key is not None:
                self._note(table, number, self._stamp, key, digest)
                asked = self._changes[key].registration
                yield key, _server(asked, number, kept, group)

    def _leases(self) -> Iterator[tuple[Key, LeaseRow]]:
        table = "tars2py_lease"
        for number, *names in self._rows(table):
            key = self._key(names)
            if key is not None:
                change = self._changes[key]
                stamp = crc32(f"{change.instance}{change.secret}ours".encode())
                self._note(table, number, str(stamp), key)
                yield key, LeaseRow(
                    id=int(number),
                    key=key,
                    instance=change.instance,
                    secret=change.secret,
                    age=0,
                )

    def _adapters(self) -> Iterator[tuple[Key, Adapter]]:
        table = "t_adapter_conf"
        specs = {
            (key, spec.name.lower()): spec
            for key, change in self._changes.items()
            for spec in change.registration.adapters
        }
        for number, *names, name, stamp, digest in self._rows(table):
            key = self._key(names)
            if key is None:
                continue
            spec = specs.get((key, name.lower()))
            if spec is None:
                self.gone.add(int(number))
                continue
            self._note(table, number, stamp, key, digest)
            yield key, _adapter(int(number), [*names, name], spec)

    def _others(self, kept: Sequence[int]) -> Iterator[int]:
        """The ids of adapters of these servers that are none of those ``kept``."""
        known = ",".join(map(str, (0, *kept)))
        query = f"SELECT id FROM t_adapter_conf WHERE id NOT IN ({known}) AND"
        for (number,) in where_adapters(self._statements, query, self._keys):
            yield number

    def _make_texts(self) -> dict[str, str]:
        """What is read of a row in each table."""
        optional = optional_columns(self._optional)
        servers, adapters, leases = KEYS
        stamp = STAMPS[adapters]
        return {
            servers: self._text(
                f"{KEYS[servers]}, {_KEPT}, {optional}",
                server_columns(self._optional),
                "ip_group_name",
            ),
            adapters: self._text(
                f"{KEYS[adapters]}, adapter_name, {stamp}", COLUMNS["adapters"]
            ),
            leases: self._text(KEYS[leases]),
        }

    def _text(self, columns: str, check: str = "", last: str = "") -> str:
        """A row as one text: its id, these columns, a check of others, and a last column."""
        parts = ["id", *columns.split(", ")]
        if check:
            parts.append("''" if self._noted is None else stamps.digest(check))
        if last:
            parts.append(last)
        return self._statements.dialect.joined(parts)

    def _rows(self, table: str) -> Iterator[list[str]]:
        """What the inserts told, or what is read after them."""
        told = self._statements.returns
        for (row,) in self._told[table] if told else self._read_back(table):
            yield row.split(SEPARATOR)

    def _read_back(self, table: str) -> Iterable[Found]:
        query = f"SELECT {self._texts[table]} FROM {table} WHERE"
        if table == "t_adapter_conf":
            return where_adapters(self._statements, query, self._keys)
        return where_nodes(self._statements, query, table, self._nodes)

    def _key(self, names: Sequence[str]) -> Key | None:
        """The server of these names, whose case may be that of an older registration."""
        application, server, node = names
        known = self._keys.get((application, server, node))
        if known is not None:
            return known
        key = Key.of(application, server, node)
        return key if key in self._changes else None

    def _note(
        self, table: str, number: str, stamp: str, key: Key, digest: str = ""
    ) -> None:
        if self._noted is not None:
            check = int(digest) if digest else None
            self._noted(Note(table, int(number), stamp, key, check))


def _names(asked: Registration) -> Names:
    return asked.application, asked.server, asked.node


def _server(asked: Registration, number: str, kept: list[str], group: str) -> Server:
    *names, setting, enable_group, standby, flow, metrics = map(intern, kept)
    name, area, last = asked.set_id or ("", "", "")
    return Server(
        id=int(number),
        application=names[0],
        server_name=names[1],
        node_name=names[2],
        setting_state=setting,
        present_state=asked.state,
        grid_flag=NO_FLOW if asked.no_flow else NORMAL,
        bak_flag=int(standby or 0),
        enable_group=enable_group,
        enable_set="Y" if asked.set_id else "N",
        set_name=name,
        set_area=area,
        set_group=last,
        ip_group_name=intern(group),
        patch_version=asked.version,
        server_type=SERVER_TYPE,
        flow_state=flow,
        metrics_port=int(metrics or 0),
    )


def _adapter(number: int, names: list[str], spec: AdapterSpec) -> Adapter:
    application, server, node, name = map(intern, names)
    return Adapter(
        id=number,
        application=application,
        server_name=server,
        node_name=node,
        adapter_name=name,
        servant=spec.servant,
        endpoint=spec.endpoint,
        protocol=spec.protocol,
        thread_num=spec.thread_num,
        max_connections=spec.max_connections,
        queuecap=spec.queuecap,
        queuetimeout=spec.queuetimeout,
    )
