"""What is stored of servers that were just registered: little is read back, the rest is known.

Read are what the database gave (ids, stamps) and what others may have set in a row: an operator's
columns, and groups. PyMySQL makes Python values column by column, so each row comes as its id and
one text, whose parts stand between characters that no name here can hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from sys import intern
from typing import Final
from zlib import crc32

from tars_registry.model import NO_FLOW, NORMAL, SERVER_TYPE, Adapter, Key, Server
from tars_registry.storage import stamps
from tars_registry.storage.dialect import SEPARATOR
from tars_registry.storage.reads import Noted, optional_columns, server_columns
from tars_registry.storage.rows import (
    COLUMNS,
    KEYS,
    OF_SERVERS,
    STAMPS,
    LeaseRow,
    Stored,
)
from tars_registry.storage.stamps import Note
from tars_registry.storage.statements import Statements
from tars_registry.table.changes import Register
from tars_registry.table.requests import AdapterSpec, Registration

__all__ = ["Written"]

Names = tuple[str, ...]

_KEPT: Final = "setting_state, enable_group, bak_flag"
"""What a registration need not write of a server, besides the optional columns."""


class Written:
    """Reads back what a transaction registered."""

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
        columns = f"{KEYS[table]}, {_KEPT}, {optional_columns(self._optional)}"
        check = server_columns(self._optional)
        select = self._select(table, columns, check, "ip_group_name")
        for number, *kept, digest, group in self._rows(
            f"{select} WHERE node_name", self._nodes
        ):
            key = self._key(kept[:3])
            if key is not None:
                self._note(table, number, self._stamp, key, digest)
                asked = self._changes[key].registration
                yield key, _server(asked, number, kept, group)

    def _leases(self) -> Iterator[tuple[Key, LeaseRow]]:
        table = "tars2py_lease"
        select = self._select(table, KEYS[table])
        query = f"{select} WHERE {OF_SERVERS[table]} AND node"
        for number, *names in self._rows(query, self._nodes):
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
        """Adapters have no index by node: they are asked for by service."""
        table = "t_adapter_conf"
        columns = f"node_name, adapter_name, {STAMPS[table]}"
        select = self._select(table, columns, COLUMNS["adapters"])
        query = (
            f"{select} WHERE application = {{}} AND server_name = {{}} AND node_name"
        )
        specs = {
            (key, spec.name.lower()): spec
            for key, change in self._changes.items()
            for spec in change.registration.adapters
        }
        for service, some in groupby(sorted(self._keys), lambda names: names[:2]):
            nodes = [names[2] for names in some]
            for number, node, name, stamp, digest in self._rows(query, nodes, *service):
                key = self._key((*service, node))
                if key is None:
                    continue
                spec = specs.get((key, name.lower()))
                if spec is None:
                    self.gone.add(int(number))
                    continue
                self._note(table, number, stamp, key, digest)
                yield key, _adapter(self._changes[key].registration, spec, int(number))

    def _select(self, table: str, columns: str, check: str = "", last: str = "") -> str:
        """A row as one text: its id, these columns, a check of others, and a last column."""
        parts = ["id", *columns.split(", ")]
        if check:
            parts.append("''" if self._noted is None else stamps.digest(check))
        if last:
            parts.append(last)
        return f"SELECT {self._statements.dialect.joined(parts)} FROM {table}"

    def _rows(
        self, query: str, nodes: Sequence[str], *service: str
    ) -> Iterator[list[str]]:
        for (row,) in self._statements.where_in(query, nodes, *service):
            yield row.split(SEPARATOR)

    def _key(self, names: Sequence[str]) -> Key | None:
        """The server of these names, whose case may be that of an older registration."""
        known = self._keys.get(tuple(names))
        if known is not None:
            return known
        key = Key.of(*names)
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
