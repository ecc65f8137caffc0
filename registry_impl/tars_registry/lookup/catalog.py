"""What is published: for each object the endpoints that its servers announced, in their order.

The catalog holds rows and makes the entries of a server when they are first asked for; a change
drops the entries of that server, and the lists of its objects, and nothing else. The order is the
C++ registry's: server id, then adapter name, then rows of ``t_registry_info`` by endpoint.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tars_runtime.interfaces.tars import EndpointF

from tars_registry.lookup import endpoint as endpoints
from tars_registry.lookup.groups import UNKNOWN, Groups
from tars_registry.lookup.sets import SetId
from tars_registry.model import ACTIVE, Adapter, Key, RegistryInfo, Server, is_yes

__all__ = ["Catalog", "Entry"]

STANDBY = 1
"""The ``bak_flag`` of a standby server: it is in no answer at all."""


@dataclass(slots=True)
class Entry:
    """One endpoint of an object, ready to be answered."""

    endpoint: EndpointF
    active: bool
    set_id: SetId | None = None
    encoded: bytes | None = None
    """The endpoint's bytes, kept by whoever made them first."""


class Catalog:
    """The rows that queries are answered from. Not thread-safe: it lives on one thread."""

    def __init__(self) -> None:
        self.groups = Groups()
        self.servers: dict[Key, Server] = {}
        self.adapters: dict[Key, tuple[Adapter, ...]] = {}
        self._of_object: dict[str, set[Key]] = {}
        self._of_node: dict[str, tuple[Key, ...]] = {}
        self._registries: dict[str, list[RegistryInfo]] = {}
        self._entries: dict[str, tuple[Entry, ...]] = {}
        self._of_server: dict[Key, tuple[tuple[str, Entry], ...]] = {}

    def put(self, server: Server, adapters: Iterable[Adapter]) -> set[str]:
        """Store a server and all its adapters; returns the objects whose answers changed."""
        key = server.key
        new = tuple(sorted(adapters, key=lambda each: each.adapter_name.lower()))
        if self.servers.get(key) == server and self.adapters.get(key) == new:
            return set()
        changed = self._unlink(key)
        self.servers[key] = server
        self.adapters[key] = new
        others = self._of_node.get(key.node, ())
        if key not in others:
            self._of_node[key.node] = (*others, key)
        for each in new:
            self._of_object.setdefault(each.servant, set()).add(key)
            changed.add(each.servant)
        return self._forget(changed)

    def remove(self, key: Key) -> set[str]:
        """Drop a server; returns the objects whose answers changed."""
        changed = self._unlink(key)
        if self.servers.pop(key, None) is not None:
            del self.adapters[key]
            left = tuple(each for each in self._of_node.pop(key.node) if each != key)
            if left:
                self._of_node[key.node] = left
        return self._forget(changed)

    def set_groups(self, groups: Groups) -> set[str]:
        """Take new grouping tables; every answer may change with them."""
        if groups == self.groups:
            return set()
        self.groups = groups
        self._of_server.clear()
        return self._forget(set(self.objects()))

    def set_registries(self, rows: Iterable[RegistryInfo]) -> set[str]:
        """Take the rows of ``t_registry_info``; returns the objects whose answers changed."""
        new: dict[str, list[RegistryInfo]] = {}
        for row in sorted(rows, key=lambda each: each.endpoint):
            new.setdefault(row.servant, []).append(row)
        old, self._registries = self._registries, new
        names = old.keys() | new.keys()
        return self._forget({name for name in names if old.get(name) != new.get(name)})

    def of_node(self, node: str) -> list[Key]:
        """The servers of a node, whose name is folded."""
        return sorted(self._of_node.get(node, ()))

    def objects(self) -> Iterable[str]:
        """Every object that has a row."""
        return self._of_object.keys() | self._registries.keys()

    def entries(self, name: str) -> tuple[Entry, ...] | None:
        """The entries of an object in order; ``None`` when no endpoint of it is known."""
        found = self._entries.get(name)
        if found is None:
            if name not in self._of_object and name not in self._registries:
                return None
            found = self._entries[name] = self._build(name)
        return found or None

    def _build(self, name: str) -> tuple[Entry, ...]:
        keys = sorted(
            self._of_object.get(name, ()), key=lambda key: self.servers[key].id
        )
        built = [
            entry
            for key in keys
            for servant, entry in self._server_entries(key)
            if servant == name
        ]
        for row in self._registries.get(name, ()):
            if (entry := registry_entry(row, self.groups)) is not None:
                built.append(entry)
        return tuple(built)

    def _server_entries(self, key: Key) -> tuple[tuple[str, Entry], ...]:
        """What a server publishes, with the object that each endpoint belongs to."""
        found = self._of_server.get(key)
        if found is None:
            server = self.servers[key]
            made = (
                (adapter.servant, server_entry(server, adapter, self.groups))
                for adapter in self.adapters[key]
            )
            found = tuple((name, entry) for name, entry in made if entry is not None)
            self._of_server[key] = found
        return found

    def _unlink(self, key: Key) -> set[str]:
        self._of_server.pop(key, None)
        names = {adapter.servant for adapter in self.adapters.get(key, ())}
        for name in names:
            keys = self._of_object[name]
            keys.discard(key)
            if not keys:
                del self._of_object[name]
        return names

    def _forget(self, names: set[str]) -> set[str]:
        for name in names:
            self._entries.pop(name, None)
        return names


def server_entry(server: Server, adapter: Adapter, groups: Groups) -> Entry | None:
    """What a server's adapter publishes; ``None`` for a standby or an unreadable endpoint."""
    parsed = endpoints.parse(adapter.endpoint)
    if parsed is None or server.bak_flag == STANDBY:
        return None
    real = groups.of_server(parsed.host, server.ip_group_name)
    in_set = is_yes(server.enable_set)
    return Entry(
        _published(
            parsed,
            active=server.is_active,
            real=real,
            work=real if is_yes(server.enable_group) else UNKNOWN,
            set_id=server.set_id,
            bak_flag=server.bak_flag,
            node=server.node_name.strip(),
        ),
        server.is_active,
        (
            SetId.of(server.set_name, server.set_area, server.set_group)
            if in_set
            else None
        ),
    )


def registry_entry(row: RegistryInfo, groups: Groups) -> Entry | None:
    """What a row of ``t_registry_info`` publishes; never in a set.

    The C++ registry puts the row's version where the node's name belongs; so does this.
    """
    parsed = endpoints.parse(row.endpoint)
    if parsed is None:
        return None
    active = row.present_state == ACTIVE
    real = groups.of_address(parsed.host)
    work = real if is_yes(row.enable_group) else UNKNOWN
    published = _published(
        parsed, active=active, real=real, work=work, node=row.tars_version
    )
    return Entry(published, active)


def _published(
    parsed: endpoints.Parsed,
    *,
    active: bool,
    real: int,
    work: int,
    set_id: str = "",
    bak_flag: int = 0,
    node: str = "",
) -> EndpointF:
    """The answer's struct. Dynamic weight (2) is round robin (0) for those who may be called."""
    dynamic = active and parsed.weight_type == 2
    return EndpointF(
        host=parsed.host,
        port=parsed.port,
        timeout=parsed.timeout,
        istcp=parsed.istcp,
        groupworkid=work,
        grouprealid=real,
        setId=set_id,
        bakFlag=bak_flag,
        weight=parsed.weight,
        weightType=0 if dynamic else parsed.weight_type,
        authType=parsed.auth_type,
        nodeName=node,
    )
