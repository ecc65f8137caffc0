"""What a communicator owns on one event loop: targets, lines, and the sweep over them."""

from __future__ import annotations

import asyncio
from functools import cache
from pathlib import Path
from typing import Final

from tars_runtime.communicator.line import Line
from tars_runtime.communicator.pushes import Subscription
from tars_runtime.communicator.registry import RegistryLink
from tars_runtime.communicator.target import Dialling, Target
from tars_runtime.config import ClientConfig, ObjectConfig
from tars_runtime.naming.cache import EndpointCache
from tars_runtime.naming.health import HealthPolicy
from tars_runtime.naming.locator import Locator
from tars_runtime.net.endpoint import Endpoint, ObjectRef
from tars_runtime.net.tls import ClientTls, TlsFiles
from tars_runtime.protocol import Push

__all__ = ["Core"]

SWEEP: Final = 5.0
"""Seconds between looks at idle connections."""


class Core:
    """Connections and lists of one communicator on one event loop."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        config: ClientConfig,
        health: HealthPolicy,
        cache_path: Path | None,
    ) -> None:
        self.loop = loop
        self.locator: Locator | None = None
        self.missed_pushes = 0
        """Messages that nobody subscribed to, or that came faster than they were read."""
        self._subscriptions: set[Subscription] = set()
        self._config = config
        self._cache = EndpointCache(cache_path) if cache_path is not None else None
        self._targets: dict[tuple[Endpoint, str], Target] = {}
        """By endpoint, and by what keeps connections there apart: lane, own credentials."""
        self._lines: dict[tuple[str, str], Line] = {}
        self._links: list[RegistryLink] = []
        self._sweeper: asyncio.TimerHandle | None = None
        self._pause = min(SWEEP, config.keep_alive / 2 or SWEEP)
        self._dialling = Dialling(
            connections=config.connections,
            connect_timeout=config.connect_timeout,
            idle_timeout=config.idle_timeout,
            keep_alive=config.keep_alive,
            max_frame=config.max_frame,
            health=health,
            tls=cache(lambda name: ClientTls(_tls_files(config, name))),
            on_push=self._push,
            on_change=self._refresh_choices,
        )

    def line(self, ref: ObjectRef, set_name: str) -> Line:
        """The line to an object; one for all proxies of it."""
        key = (str(ref), set_name)
        found = self._lines.get(key)
        if found is None:
            found = self._lines[key] = Line(
                self.loop,
                ref,
                set_name=set_name,
                interval=self._config.refresh_interval,
                locator=lambda: self.locator,
                cache=self._cache,
                target=lambda endpoint: self._target_of(endpoint, ref),
            )
        return found

    def changed(self, name: str) -> None:
        """The endpoints of an object changed, a registry says."""
        for line in self._lines.values():
            if line.ref.name == name:
                line.expire()

    def use(self, link: RegistryLink) -> None:
        """Ask this registry from now on; lists serve until it answered."""
        self._links.append(link)
        self.locator = link.locator
        for line in self._lines.values():
            if line.selector is not None:
                line.expire()

    def _target_of(self, endpoint: Endpoint, ref: ObjectRef) -> Target:
        own = ref.name if ref.name in self._config.objects else ""
        key = (endpoint, f"{own}#{ref.lane}")
        found = self._targets.get(key)
        if found is None:
            found = self._targets[key] = Target(endpoint, ref.name, self._dialling)
            if self._sweeper is None:
                self._sweeper = self.loop.call_later(self._pause, self._sweep)
        found.endpoint = endpoint
        return found

    def _refresh_choices(self) -> None:
        """The health of an endpoint changed, which several objects may share."""
        for line in self._lines.values():
            line.refresh()

    def _sweep(self) -> None:
        now = self.loop.time()
        listed = {id(t) for line in self._lines.values() for t in line.targets}
        for key, target in list(self._targets.items()):
            target.sweep(now)
            if id(target) not in listed and not target.connections:
                del self._targets[key]
        self._sweeper = self.loop.call_later(self._pause, self._sweep)

    @property
    def targets(self) -> tuple[Target, ...]:
        """Every endpoint in use."""
        return tuple(self._targets.values())

    def subscribe(self, line: Line, room: int) -> Subscription:
        """Collect what the servers of an object push, ``room`` messages at most."""
        subscription = Subscription(line, room)
        self._subscriptions.add(subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """Collect no more."""
        self._subscriptions.discard(subscription)

    def _push(self, endpoint: Endpoint, push: Push) -> None:
        taken = [each.take(endpoint, push) for each in self._subscriptions]
        if not any(taken):
            self.missed_pushes += 1

    async def close(self, grace: float = 0.0) -> None:
        """Close everything; calls in flight may end within ``grace`` seconds."""
        if self._sweeper is not None:
            self._sweeper.cancel()
        for link in self._links:
            await link.close()
        for line in self._lines.values():
            await line.close()
        targets, self._targets = list(self._targets.values()), {}
        self._lines.clear()
        if targets:
            await asyncio.gather(*(target.close(grace) for target in targets))


def _tls_files(config: ClientConfig, name: str) -> TlsFiles:
    """The client's files; those of the object's own domain go before them."""
    own = config.objects.get(name, ObjectConfig())
    identity = own if own.cert else config
    return TlsFiles(
        ca=own.ca or config.ca,
        cert=identity.cert,
        key=identity.key,
        ciphers=own.ciphers or config.ciphers,
        server_name=own.server_name or config.server_name,
    )
