"""What operators do to many servers at once: drain, clean, restore. Only servers that are ours.

A pattern on shared tables is strong: what would happen is shown first, the count is confirmed,
and every server that is touched leaves a line in the log.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Iterable
from fnmatch import translate
from typing import Final

from tars_registry.core.access import digest, new_secret
from tars_registry.core.memory import Memory
from tars_registry.model import ACTIVE, INACTIVE, Key, Server, fold
from tars_registry.refusals import bad_request
from tars_registry.storage.dead import Dead, dead, remove_nodes
from tars_registry.storage.store import Store
from tars_registry.table.changes import Deregister, Register, SetFlow
from tars_registry.table.requests import Registration

__all__ = ["Operator", "fits"]

log = logging.getLogger("tarsregistry.audit")

_TIME: Final = re.compile(r"\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}(?::\d{2})?)?\Z")


class Operator:
    """Carries out what operators ask for."""

    def __init__(self, memory: Memory, store: Store) -> None:
        self._memory = memory
        self._store = store

    def servers(self, application: str, server: str, node: str) -> list[Server]:
        """The servers that fit, in the order of their keys."""
        fit = fits(application, server, node)
        rows = self._memory.catalog.servers
        return [rows[key] for key in sorted(rows) if fit(key)]

    def is_ours(self, key: Key) -> bool:
        """Whether a server registered itself with a registry of this kind."""
        return self._memory.leases.get(key) is not None

    async def set_flow(
        self, servers: Iterable[Server], *, opened: bool, expected: int
    ) -> list[str]:
        """Close or open the flow to these servers of ours, if they are ``expected`` many."""
        keys = [each.key for each in servers if self.is_ours(each.key)]
        if len(keys) != expected:
            return [str(key) for key in keys]
        state = ACTIVE if opened else INACTIVE
        for key in keys:
            log.info("flow of %s: %s", key, state)
        await asyncio.gather(
            *(self._store.submit(SetFlow(key=key, flow_state=state)) for key in keys)
        )
        return [str(key) for key in keys]

    async def remove(self, key: Key) -> None:
        """Remove one server."""
        log.info("removing %s", key)
        await self._store.submit(Deregister(key=key))

    async def clean(self, before: str, *, dry_run: bool) -> list[str]:
        """Remove the servers of dead nodes; returns them, then the dead nodes without a server.

        ``before`` is a date, or a date and a time, of the database's clock; empty is a day ago.
        """
        if before and not _TIME.match(before):
            raise bad_request(
                f"expected a date like 2024-01-31 or 2024-01-31 12:00:00, got {before!r}"
            )
        dialect = self._store.database.dialect
        moment = before.replace("T", " ")
        found = await self._store.read(lambda one: dead(one, dialect, moment))
        if not dry_run:
            await self._remove(found)
        names = [f"{key.node}.{key.application}.{key.server}" for key in found.servers]
        return names + list(found.bare_nodes)

    async def restore(
        self, registrations: Iterable[Registration], *, dry_run: bool
    ) -> list[str]:
        """Register servers that are not there; they are ours from then on, and must beat."""
        missing = [
            each
            for each in registrations
            if each.key not in self._memory.catalog.servers
        ]
        if not dry_run:
            for each in missing:
                log.info("restoring %s", each.key)
            await asyncio.gather(
                *(self._store.submit(_restoration(each)) for each in missing)
            )
        return [str(each.key) for each in missing]

    async def _remove(self, found: Dead) -> None:
        for key in found.servers:
            log.info("cleaning %s", key)
        await asyncio.gather(
            *(self._store.submit(Deregister(key=key)) for key in found.servers)
        )
        nodes = tuple({key.node for key in found.servers}) + found.bare_nodes
        for node in found.bare_nodes:
            log.info("cleaning node %s", node)
        await self._store.write(lambda one: remove_nodes(one, nodes))


def fits(application: str, server: str, node: str) -> Callable[[Key], bool]:
    """A test of keys against three patterns: ``*`` stands for any text, empty for anything."""
    tests = [
        re.compile(translate(fold(pattern) or "*"))
        for pattern in (application, server, node)
    ]
    return lambda key: all(
        test.match(part) for test, part in zip(tests, key, strict=True)
    )


def _restoration(registration: Registration) -> Register:
    """A server that was exported comes back with a secret that nobody knows: it registers anew."""
    return Register(
        registration=registration,
        instance="",
        secret=digest(new_secret()),
        setting_state=ACTIVE,
        flow_state=INACTIVE if registration.no_flow else ACTIVE,
    )
