"""What servers ask for, carried out: check, decide, commit, remember, answer.

A change is answered after its commit, or with an error that invites another try; a heartbeat
that changes nothing is answered after its commit, or from memory when that takes too long.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Final

from tars_registry.core import access
from tars_registry.core.access import Access, Caller
from tars_registry.core.memory import Memory
from tars_registry.core.patience import Patience
from tars_registry.core.steady import HEARTBEATS, Heard, Steady
from tars_registry.model import DESTROYED, Key, Server, fold
from tars_registry.refusals import Unavailable, refused
from tars_registry.storage.rows import Done
from tars_registry.storage.store import Store
from tars_registry.table import decisions
from tars_registry.table.changes import (
    Change,
    Deregister,
    Destroy,
    SetMetricsPort,
)
from tars_registry.table.leases import DEFAULT_LENGTH, Lease, lease_length
from tars_registry.table.requests import (
    Registration,
    checked_key,
    checked_port,
    checked_state,
)

__all__ = ["Registrar"]

CHANGE_SECONDS: Final = 0.8
"""How long a change waits for its commit: classic clients give up after a second."""

NOT_REGISTERED: Final[Mapping[str, str]] = {"registered": "0"}
"""What a heartbeat's answer carries when the server is nowhere, or was destroyed with its node:
it should register again."""

NOTHING: Final[Mapping[str, str]] = {}

METRICS_PORT: Final = 9325
"""The port of metrics when none is given."""


class Registrar:
    """Carries out what servers ask for about themselves."""

    def __init__(
        self,
        memory: Memory,
        store: Store,
        access: Access,
        *,
        memory_acks: bool = False,
    ) -> None:
        self.memory = memory
        self.store = store
        self.access = access
        self.counts: Counter[str] = Counter()
        self._memory_acks = memory_acks
        self._patience = Patience(CHANGE_SECONDS, self._give_up)

    async def on_startup(self, request: Registration, caller: Caller) -> dict[str, str]:
        """Register a server; returns what to answer in the context: its secret."""
        context, committed = self.register(request, caller)
        await committed
        return context

    def register(
        self, request: Registration, caller: Caller
    ) -> tuple[dict[str, str], asyncio.Future[Done]]:
        """`on_startup`, but for the wait until it is committed."""
        lease = self.memory.leases.get(request.key)
        self.access.registration(caller, request, lease)
        now = self.memory.clock.elapsed
        if decisions.rival(lease, caller.instance, now):
            self.counts["rivals"] += 1
            raise refused(
                f"{request.key} is registered by another living instance: "
                "two copies of a server need two node names"
            )
        secret = access.new_secret()
        change = decisions.register(
            request,
            self.memory.catalog.servers.get(request.key),
            lease,
            now=now,
            instance=caller.instance,
            secret=access.digest(secret),
            length=_length(request.key, caller),
            evict=self._squatters(request),
        )
        self.counts["registrations"] += 1
        return {"secret": secret}, self._commit(change)

    async def keep_alive(
        self, node: str, state: str, application: str, server: str, caller: Caller
    ) -> Mapping[str, str]:
        """Note that a server lives, and its state; returns what to answer in the context."""
        heard = await self.hear(node, state, application, server, caller)
        if heard.written is not None:
            await asyncio.shield(heard.written)
        return heard.context

    async def hear(
        self, node: str, state: str, application: str, server: str, caller: Caller
    ) -> Heard:
        """`keep_alive`, but for the wait until a heartbeat is written."""
        state = checked_state(state)
        self.counts[HEARTBEATS] += 1
        if not (application and server):
            return Heard(NOTHING, await self._keep_node_alive(node, state, caller))
        key = Key.of(application, server, node)
        if key not in self.memory.catalog.servers:
            checked_key(application, server, node)
            if not await self._look_up(key):
                return Heard(NOT_REGISTERED if self._knows_all() else NOTHING)
        if self.memory.catalog.servers[key].present_state == DESTROYED:
            return Heard(NOT_REGISTERED)
        return await self._keep_server_alive(key, state, caller)

    async def on_prestop(
        self, node: str, application: str, server: str, caller: Caller
    ) -> None:
        """Take a server out; without names, everything on its node."""
        if not application and not server:
            await self._destroy_node(node, caller)
            return
        if not (application and server):
            return
        key = checked_key(application, server, node)
        lease = self.memory.leases.get(key)
        self.access.life(caller, lease, node)
        if lease is not None and decisions.is_other_instance(lease, caller.instance):
            self.counts["other_instances"] += 1
            return
        self.counts["deregistrations"] += 1
        await self._commit(Deregister(key=key))

    async def register_metrics(
        self, node: str, application: str, server: str, port: int, caller: Caller
    ) -> None:
        """Note the port of a server's metrics; 0 stands for 9325."""
        key = checked_key(application, server, node)
        port = checked_port(port) or METRICS_PORT
        self.access.life(caller, self.memory.leases.get(key), node)
        await self._commit(SetMetricsPort(key=key, port=port))

    async def _keep_server_alive(self, key: Key, state: str, caller: Caller) -> Heard:
        lease = self.memory.leases.get(key)
        is_right = self.access.life(caller, lease, key.node)
        if lease is not None and decisions.is_other_instance(lease, caller.instance):
            self.counts["other_instances"] += 1
            return Heard(NOTHING)
        self._refuse_if_cut_off()
        self._renew(key, caller)
        known = self.memory.catalog.servers[key]
        self.store.beat(known.node_name, self._row_to_write(lease))
        if known.present_state != state and await self._set_state(key, state):
            return Heard(NOTHING)
        if not is_right or lease is None or known.present_state != state:
            return Heard(NOTHING, self._written())
        steady = self._steady(known, lease, caller)
        return Heard(NOTHING, self._written(), steady.again)

    def _steady(self, known: Server, lease: Lease, caller: Caller) -> Steady:
        """How the next equal heartbeat is noted, which needs no look."""
        return Steady(
            self.memory,
            self.store,
            self.counts,
            known,
            lease,
            caller.address,
            _length(lease.key, caller),
            self._memory_acks,
        )

    async def _keep_node_alive(
        self, node: str, state: str, caller: Caller
    ) -> asyncio.Future[None] | None:
        """The report of an old client, which speaks for every server of its node."""
        self.access.life(caller, None, node)
        self._refuse_if_cut_off()
        self.store.beat(node, None)
        for key in self.memory.catalog.of_node(fold(node)):
            lease = self.memory.leases.get(key)
            if lease is not None:
                self._renew(key, caller)
                self.store.beat(node, self._row_to_write(lease))
            await self._set_state(key, state)
        return self._written()

    async def _destroy_node(self, node: str, caller: Caller) -> None:
        self.access.life(caller, None, node)
        keys = self.memory.catalog.of_node(fold(node))
        await asyncio.gather(*(self._commit(Destroy(key=key)) for key in keys))

    async def _set_state(self, key: Key, state: str) -> bool:
        """Write a state that changed; false when it had not. After another's change, look again."""
        for _ in range(2):
            known = self.memory.catalog.servers.get(key)
            change = known and decisions.change_of_state(known, state)
            if not change:
                return False
            self.counts["state_changes"] += 1
            done = await self._commit(change)
            if done.found:
                return True
        return True

    def _row_to_write(self, lease: Lease | None) -> int | None:
        if lease is None:
            return None
        return self.memory.leases.row_to_write(lease, self.memory.clock.elapsed)

    def _written(self) -> asyncio.Future[None] | None:
        """When the heartbeats until now are written; ``None`` when nobody shall wait for that."""
        return None if self._memory_acks else self.store.beaten()

    def _commit(self, change: Change) -> asyncio.Future[Done]:
        """Wait for a change's commit, but not for ever; it may still happen after the error."""
        future = self.store.submit(change)
        self._patience.watch(future)
        return future

    def _give_up(self, future: asyncio.Future[Done]) -> None:
        self.counts["slow_commits"] += 1
        future.set_exception(Unavailable("the database has not answered in time"))

    async def _look_up(self, key: Key) -> bool:
        """Whether the database has a server that memory does not know yet."""
        if not self.memory.loaded:
            return False
        try:
            stored = (await self.store.of_keys([key]))[key]
        except Unavailable:
            return False
        if stored.server is None:
            return False
        self.memory.put(key, stored)
        return True

    def _knows_all(self) -> bool:
        return self.memory.loaded and self.store.outage_since is None

    def _renew(self, key: Key, caller: Caller) -> None:
        self.memory.leases.beat(key, self.memory.clock.elapsed, _length(key, caller))

    def _squatters(self, request: Registration) -> tuple[int, ...]:
        neighbours = [
            (key, adapter)
            for key in self.memory.catalog.of_node(request.key.node)
            if self.memory.leases.get(key) is not None
            for adapter in self.memory.catalog.adapters[key]
        ]
        return decisions.squatters(request, neighbours)

    def _refuse_if_cut_off(self) -> None:
        """Cut off from the database while another replica is not, this one must not keep its
        callers: they would seem dead to the others."""
        since = self.store.outage_seconds
        if since is not None and since > DEFAULT_LENGTH / 4 and self._has_peer():
            raise Unavailable("this replica is cut off from the database, ask another")

    def _has_peer(self) -> bool:
        """Whether another registry was alive when the database was last seen."""
        entries = self.memory.catalog.entries("tars.tarsregistry.Registry") or ()
        return sum(1 for each in entries if each.active) > 1


def _length(key: Key, caller: Caller) -> float | None:
    """The lease that a caller asks for by saying how often it reports; ``None`` if it does not."""
    interval = decisions.report_ms(caller.context)
    return None if interval is None else lease_length(key, interval)
