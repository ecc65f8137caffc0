"""What the registry knows: rows, leases, and the answers made from them.

The database is the truth; this is its copy in memory, kept up by our own commits at once and by
polls for what others do. Everything lives on the event loop's thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from tars_registry.lookup.catalog import Catalog
from tars_registry.lookup.groups import Groups
from tars_registry.model import Adapter, Key, Server
from tars_registry.storage.poll import Delta
from tars_registry.storage.reads import Everything, Places
from tars_registry.storage.rows import Done, LeaseRow, Stored
from tars_registry.table.changes import Register
from tars_registry.table.leases import (
    Lease,
    LeaseClock,
    Leases,
    lease_length,
)

__all__ = ["Memory", "Row"]

Listener = Callable[[set[str]], None]
"""Told which objects' answers changed."""

Row = tuple[Server, Sequence[Adapter], Lease | None]
"""A server with its adapters, and its lease if it registered with us."""


@dataclass(slots=True)
class Memory:
    """The copy in memory; ``listeners`` are told which objects' answers changed."""

    clock: LeaseClock
    catalog: Catalog = field(default_factory=Catalog)
    leases: Leases = field(default_factory=Leases)
    listeners: list[Listener] = field(default_factory=list[Listener])
    loaded: bool = False
    picture_taken: int | None = None
    """When the snapshot was taken that answers come from, in UNIX time; ``None``: no snapshot."""
    places: Places = ((), (), ())
    changes: int = 0
    """Grows with everything that is taken."""
    written: set[Key] = field(default_factory=set[Key])
    """Servers that we wrote since the running poll began: what it read of them is old."""

    def load(self, everything: Everything) -> None:
        """Take everything that the database has; every lease starts anew."""
        self._take_places(
            everything.rules, everything.priorities, everything.registries
        )
        for key, stored in everything.servers.items():
            self.put(key, stored)
        self.loaded = True

    def committed(self, done: Sequence[Done]) -> None:
        """Take what we committed."""
        for each in done:
            change = each.change
            key = change.key
            self.written.add(key)
            if isinstance(change, Register):
                self.put(key, each.stored, registered=change)
                if change.evict:
                    self._evict(change)
            else:
                self.put(key, each.stored)

    def put(
        self, key: Key, stored: Stored, *, registered: Register | None = None
    ) -> None:
        """Take what the database has about one server, which may just have ``registered``."""
        self.changes += 1
        if stored.server is None:
            self._tell(self.catalog.remove(key))
            self.leases.drop(key)
            return
        self._tell(self.catalog.put(stored.server, stored.adapters))
        self._put_lease(key, stored.lease, registered)

    def begin_poll(self) -> None:
        """A poll starts: from now on our own commits are newer than what it reads."""
        self.written.clear()

    def take(self, delta: Delta, keys: Iterable[Key]) -> list[Key]:
        """Take a part of what a poll found; returns the servers whose news was out of date."""
        stale: list[Key] = []
        for key in keys:
            if key in self.written:
                stale.append(key)
            else:
                self.put(key, delta.servers.get(key, Stored()))
        return stale

    def take_places(self, delta: Delta) -> None:
        """Take the grouping tables and C++ registries that a poll found."""
        if delta.places is not None:
            self._take_places(*delta.places)

    def rows(self) -> Iterator[Row]:
        """Every server as it is now, to be read in another thread."""
        adapters = dict(self.catalog.adapters)
        leases = self.leases.by_key()
        servers = dict(self.catalog.servers)
        return (
            (server, adapters[key], leases.get(key)) for key, server in servers.items()
        )

    def _take_places(self, *places: *Places) -> None:
        self.changes += 1
        self.places = places
        rules, priorities, registries = places
        self._tell(self.catalog.set_groups(Groups.of(rules, priorities)))
        self._tell(self.catalog.set_registries(registries))

    def _put_lease(
        self, key: Key, row: LeaseRow | None, registered: Register | None
    ) -> None:
        known = self.leases.get(key)
        if row is None:
            self.leases.drop(key)
            return
        same = known is not None and (known.instance, known.secret) == (
            row.instance,
            row.secret,
        )
        if known is not None and same and registered is None:
            known.id = row.id
            return
        length = registered and registered.length
        self.leases.put(
            Lease(
                id=row.id,
                key=key,
                instance=row.instance,
                secret=row.secret,
                length=length or lease_length(key, None),
                beat=self.clock.elapsed,
                told=None if row.age is None else self.clock.elapsed - row.age,
                heard=registered is not None,
            )
        )

    def _evict(self, change: Register) -> None:
        """Drop the adapters of neighbours that a registration evicted."""
        for key in self.catalog.of_node(change.key.node):
            if key == change.key:
                continue
            adapters = self.catalog.adapters[key]
            left = [each for each in adapters if each.id not in change.evict]
            if len(left) < len(adapters):
                self.written.add(key)
                self._tell(self.catalog.put(self.catalog.servers[key], left))

    def _tell(self, objects: set[str]) -> None:
        if objects:
            for listener in self.listeners:
                listener(objects)
