"""What operators do to many servers at once: drain, clean, restore. Only servers that are ours.

A pattern on shared tables is strong: what would happen is shown first, the count is confirmed,
and every server that is touched leaves a line in the log.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Iterable
from datetime import datetime
from fnmatch import translate
from heapq import nsmallest
from typing import Final, NamedTuple

from tars_registry.core.access import Access, Caller, digest, new_secret
from tars_registry.core.memory import Memory
from tars_registry.model import ACTIVE, INACTIVE, Adapter, Key, Server, fold
from tars_registry.refusals import bad_request
from tars_registry.storage.dead import Dead, dead, is_given_up, remove_nodes
from tars_registry.storage.store import Store
from tars_registry.table.changes import (
    Change,
    Deregister,
    Register,
    SetFlow,
    SetMetricsPort,
)
from tars_registry.table.requests import Registration

__all__ = ["PAGE", "Exported", "Fits", "Listed", "Operator", "fits"]

log = logging.getLogger("tarsregistry.audit")

PAGE: Final = 5_000
"""Servers in one answer: a megabyte at most, far below what a frame may hold."""

Fits = Callable[[Key], bool]
"""Whether a server is meant."""


class Listed(NamedTuple):
    """A server as it is listed."""

    server: Server
    adapters: tuple[Adapter, ...]
    is_ours: bool


class Exported(NamedTuple):
    """A server as it was exported."""

    registration: Registration
    setting_state: str
    flow_state: str
    metrics_port: int


class Operator:
    """Carries out what operators ask for."""

    def __init__(self, memory: Memory, store: Store, access: Access) -> None:
        self._memory = memory
        self._store = store
        self._access = access

    def admit(self, caller: Caller) -> None:
        """Whether a caller may do what stands below; raises `ServerError` with the reason."""
        self._access.administration(caller)

    def servers(self, application: str, server: str, node: str) -> list[Server]:
        """The servers that fit, in the order of their keys."""
        fit = fits(application, server, node)
        rows = self._memory.catalog.servers
        return [rows[key] for key in sorted(rows) if fit(key)]

    async def page(self, fit: Fits, after: Key) -> list[Listed]:
        """The first servers by name that fit, behind ``after``; `PAGE` at most.

        A thread looks for them: among 100,000 servers it would keep heartbeats waiting.
        """
        servers = dict(self._memory.catalog.servers)
        adapters = dict(self._memory.catalog.adapters)
        leases = self._memory.leases.by_key()

        def find() -> list[Listed]:
            behind = (key for key in servers if key > after and fit(key))
            return [
                Listed(servers[key], adapters[key], key in leases)
                for key in nsmallest(PAGE, behind)
            ]

        return await asyncio.to_thread(find)

    def is_ours(self, key: Key) -> bool:
        """Whether a server registered itself with a registry of this kind."""
        return self._memory.leases.get(key) is not None

    async def was_ours(self, key: Key) -> bool:
        """The same, also of one that was taken out of service since; raises `Unavailable`."""
        return self.is_ours(key) or await self._store.read(
            lambda one: is_given_up(one, key)
        )

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
        await self._submit(SetFlow(key=key, flow_state=state) for key in keys)
        return [str(key) for key in keys]

    async def remove(self, key: Key) -> None:
        """Remove one server."""
        log.info("removing %s", key)
        await self._store.submit(Deregister(key=key))

    async def clean(self, before: str, *, dry_run: bool) -> list[str]:
        """Remove the servers of dead nodes; returns them, then the dead nodes without a server.

        ``before`` is a date, or a date and a time, of the database's clock; empty is a day ago.
        """
        moment = before and _moment(before)
        dialect = self._store.database.dialect
        found = await self._store.read(lambda one: dead(one, dialect, moment))
        if not dry_run:
            await self._remove(found)
        names = [f"{key.node}.{key.application}.{key.server}" for key in found.servers]
        return names + list(found.bare_nodes)

    async def restore(self, servers: Iterable[Exported], *, dry_run: bool) -> list[str]:
        """Register servers that are not there; they are ours from then on, and must beat."""
        missing = [
            each
            for each in servers
            if each.registration.key not in self._memory.catalog.servers
        ]
        keys = [each.registration.key for each in missing]
        if not dry_run:
            for key in keys:
                log.info("restoring %s", key)
            await self._submit(_restoration(each) for each in missing)
            await self._submit(
                SetMetricsPort(key=each.registration.key, port=each.metrics_port)
                for each in missing
                if each.metrics_port
            )
        return [str(key) for key in keys]

    async def _remove(self, found: Dead) -> None:
        for key in found.servers:
            log.info("cleaning %s", key)
        await self._submit(Deregister(key=key) for key in found.servers)
        nodes = tuple({key.node for key in found.servers}) + found.bare_nodes
        for node in found.bare_nodes:
            log.info("cleaning node %s", node)
        await self._store.write(lambda one: remove_nodes(one, nodes))

    async def _submit(self, changes: Iterable[Change]) -> None:
        """Write changes, each of another server; raises `Unavailable`."""
        await asyncio.gather(*(self._store.submit(each) for each in changes))


def fits(application: str, server: str, node: str) -> Fits:
    """A test of keys against three patterns: ``*`` stands for any text, empty for anything."""
    tests = [
        (at, re.compile(translate(fold(pattern))))
        for at, pattern in enumerate((application, server, node))
        if pattern not in ("", "*")
    ]
    return lambda key: all(test.match(key[at]) for at, test in tests)


def _moment(text: str) -> str:
    """A date, or a date and a time, as databases write them; raises `ServerError`."""
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is None:
            return found.isoformat(" ", "seconds")
    except ValueError:
        pass
    raise bad_request(
        f"expected a date like 2024-01-31 or 2024-01-31 12:00:00, got {text!r}"
    )


def _restoration(server: Exported) -> Register:
    """A server that was exported comes back with a secret that nobody knows: it registers anew."""
    return Register(
        registration=server.registration,
        instance="",
        secret=digest(new_secret()),
        setting_state=server.setting_state,
        flow_state=server.flow_state,
    )
