"""What is stored of servers that were just registered: little is read back, the rest is known.

Read are what the database gave (ids, stamps) and what others may have set in a row: an operator's
columns, and groups.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from sys import intern
from typing import Any, Final
from zlib import crc32

from tars_registry.model import NO_FLOW, NORMAL, SERVER_TYPE, Adapter, Key, Server
from tars_registry.storage.reads import Noted, optional_columns, server_columns
from tars_registry.storage.rows import COLUMNS, KEYS, LeaseRow, Stored
from tars_registry.storage.stamps import Note, note_columns
from tars_registry.storage.statements import Statements
from tars_registry.table.changes import Register
from tars_registry.table.requests import AdapterSpec, Registration

__all__ = ["Written"]

Names = tuple[str, ...]

_KEPT: Final = "setting_state, bak_flag, enable_group, ip_group_name"
"""What a registration need not write of a server, besides the optional columns."""


class Written:
    """Reads back what a transaction registered."""

    def __init__(
        self,
        statements: Statements,
        optional: frozenset[str],
        changes: Sequence[Register],
        noted: Noted | None,
    ) -> None:
        self._statements = statements
        self._optional = optional
        self._changes = {each.key: each for each in changes}
        self._keys = {_names(each.registration): each.key for each in changes}
        self._nodes = [each.registration.node for each in changes]
        self._noted = noted
        self.gone: set[int] = set()
        """Adapters that their server no longer has."""

    def read(self) -> dict[Key, Stored]:
        """What is stored of each server; fills ``gone``."""
        servers = dict(self._servers())
        leases = dict(self._leases())
        adapters: dict[Key, list[Adapter]] = {}
        for key, adapter in self._adapters():
            adapters.setdefault(key, []).append(adapter)
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
        columns = f"id, {KEYS[table]}, {_KEPT}, {optional_columns(self._optional)}"
        note = self._note_columns(table, server_columns(self._optional))
        query = f"SELECT {columns}{note} FROM {table} WHERE node_name"
        for row in self._statements.where_in(query, self._nodes):
            key = self._key(row[1:4])
            if key is not None:
                self._note(table, key, row)
                yield key, _server(self._changes[key].registration, row)

    def _leases(self) -> Iterator[tuple[Key, LeaseRow]]:
        table = "tars2py_lease"
        query = f"SELECT id, {KEYS[table]} FROM {table} WHERE app <> '' AND node"
        for row in self._statements.where_in(query, self._nodes):
            key = self._key(row[1:4])
            if key is not None:
                change = self._changes[key]
                if self._noted is not None:
                    stamp = crc32(f"{change.instance}{change.secret}ours".encode())
                    self._noted(Note(table, row[0], str(stamp), key))
                yield key, LeaseRow(
                    id=row[0],
                    key=key,
                    instance=change.instance,
                    secret=change.secret,
                )

    def _adapters(self) -> Iterator[tuple[Key, Adapter]]:
        """Adapters have no index by node: they are asked for by service."""
        table = "t_adapter_conf"
        note = self._note_columns(table, COLUMNS["adapters"])
        query = (
            f"SELECT id, node_name, adapter_name{note} FROM {table} "
            "WHERE application = {} AND server_name = {} AND node_name"
        )
        specs = {
            (key, spec.name.lower()): spec
            for key, change in self._changes.items()
            for spec in change.registration.adapters
        }
        services = groupby(sorted(self._keys), lambda names: names[:2])
        for service, some in services:
            nodes = [names[2] for names in some]
            for row in self._statements.where_in(query, nodes, *service):
                key = self._key((*service, row[1]))
                if key is None:
                    continue
                spec = specs.get((key, row[2].lower()))
                if spec is None:
                    self.gone.add(row[0])
                    continue
                self._note(table, key, row)
                yield key, _adapter(self._changes[key].registration, spec, row[0])

    def _key(self, names: Sequence[str]) -> Key | None:
        """The server of these names, whose case may be that of an older registration."""
        known = self._keys.get(tuple(names))
        if known is not None:
            return known
        key = Key.of(*names)
        return key if key in self._changes else None

    def _note_columns(self, table: str, columns: str) -> str:
        return "" if self._noted is None else f", {note_columns(table, columns)}"

    def _note(self, table: str, key: Key, row: Sequence[Any]) -> None:
        if self._noted is not None:
            self._noted(Note(table, row[0], row[-2], key, row[-1]))


def _names(asked: Registration) -> Names:
    return asked.application, asked.server, asked.node


def _server(asked: Registration, row: Sequence[Any]) -> Server:
    name, area, group = asked.set_id or ("", "", "")
    return Server(
        id=row[0],
        application=intern(row[1]),
        server_name=intern(row[2]),
        node_name=intern(row[3]),
        setting_state=intern(row[4] or ""),
        present_state=asked.state,
        grid_flag=NO_FLOW if asked.no_flow else NORMAL,
        bak_flag=row[5] or 0,
        enable_group=intern(row[6] or ""),
        enable_set="Y" if asked.set_id else "N",
        set_name=name,
        set_area=area,
        set_group=group,
        ip_group_name=intern(row[7] or ""),
        patch_version=asked.version,
        server_type=SERVER_TYPE,
        flow_state=intern(row[8] or ""),
        metrics_port=row[9] or 0,
    )


def _adapter(asked: Registration, spec: AdapterSpec, number: int) -> Adapter:
    return Adapter(
        id=number,
        application=asked.application,
        server_name=asked.server,
        node_name=asked.node,
        adapter_name=spec.name,
        servant=spec.servant,
        endpoint=spec.endpoint,
        protocol=spec.protocol,
        thread_num=spec.thread_num,
        max_connections=spec.max_connections,
        queuecap=spec.queuecap,
        queuetimeout=spec.queuetimeout,
    )
