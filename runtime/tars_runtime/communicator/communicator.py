"""The communicator: makes proxies, owns what they share, ends it all when closed.

One communicator may be used from several event loops and threads: each loop gets connections of
its own. After a fork the child makes its own, too.
"""

from __future__ import annotations

import asyncio
import os
import weakref
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self, TypeVar

from tars_runtime.communicator.blocking import BlockingLoop
from tars_runtime.communicator.channel import ObjectChannel
from tars_runtime.communicator.core import Core
from tars_runtime.communicator.outcome import Observer
from tars_runtime.communicator.registry import RegistryLink
from tars_runtime.communicator.reports import Reports
from tars_runtime.config import ClientConfig, Config
from tars_runtime.errors import UsageError
from tars_runtime.interfaces.tars import QueryFProxy
from tars_runtime.naming.book import Listing
from tars_runtime.naming.health import HealthPolicy
from tars_runtime.naming.locator import Locator, QueryLocator, Scope
from tars_runtime.net.endpoint import Endpoint, ObjectRef
from tars_runtime.protocol import Push
from tars_runtime.rpc import AnyProxy, ClientInterceptor

__all__ = ["LIVE", "Communicator", "EndpointState"]

P = TypeVar("P", bound=AnyProxy)

CACHE_NAME = "tars2py.endpoints.json"
LIVE = ("locator", "call_timeout", "min_timeout", "max_inflight", "timeout_log")
"""Settings that `Communicator.adopt` takes over."""


@dataclass(frozen=True, slots=True)
class EndpointState:
    """One endpoint of an object: as the registry sees it, and as calls found it."""

    endpoint: Endpoint
    is_active: bool
    is_out: bool
    """Calls failed there, so that it is left out for a while."""


class Communicator:
    """The client side of a process.

    ``async with Communicator(locator="tars.tarsregistry.QueryObj@tcp -h ... -p 17890") as c:``
    closes it at the end. Every setting of `ClientConfig` is a keyword argument, too.
    """

    def __init__(
        self,
        config: ClientConfig | None = None,
        *,
        locator: str | Locator | None = None,
        interceptors: Sequence[ClientInterceptor] = (),
        observers: Sequence[Observer] = (),
        health: HealthPolicy | None = None,
        **settings: Any,
    ) -> None:
        base = config or ClientConfig()
        if isinstance(locator, str):
            settings["locator"] = locator
        try:
            self.config = replace(base, **settings)
        except TypeError as error:
            raise UsageError(f"expected settings of ClientConfig: {error}") from None
        self.interceptors = tuple(interceptors)
        self.observers: list[Observer] = list(observers)
        """Told of each call; see `tars_runtime.communicator.outcome.Observer`."""
        self.blocking = BlockingLoop()
        self._locator = locator if not isinstance(locator, str) else None
        self._reports: Reports | None = None
        self._health = health or HealthPolicy()
        self._channels: dict[tuple[str, str], ObjectChannel] = {}
        self._cores: dict[asyncio.AbstractEventLoop, Core] = {}
        self._orphans: list[Core] = []
        """A forked parent's: kept, so that nothing here closes what is the parent's."""
        self._closed = False
        _ALIVE.add(self)

    @classmethod
    def from_config(
        cls, config: Config | str | os.PathLike[str], **arguments: Any
    ) -> Self:
        """Made from a configuration file; ``arguments`` as for the class. Raises `ConfigError`."""
        read = config if isinstance(config, Config) else Config.load(config)
        return cls(ClientConfig.from_config(read), **arguments)

    def proxy(self, kind: type[P], name: str, *, set_name: str | None = None) -> P:
        """A proxy of any manner for ``App.Server.Obj``, with ``@endpoints`` or without.

        No I/O happens here; the first call resolves and connects. ``set_name`` overrides the
        client's set for this object. Raises `UsageError`.
        """
        ref = ObjectRef.parse(name)
        if not ref.endpoints and not self.has_locator:
            raise UsageError(
                f"expected a locator or endpoints for {ref.name}, got neither: set the "
                "locator, or write App.Server.Obj@tcp -h HOST -p PORT"
            )
        used = self.config.set_name if set_name is None else set_name
        key = (str(ref), used)
        channel = self._channels.get(key)
        if channel is None:
            channel = self._channels[key] = ObjectChannel(self, ref, used)
        return kind(channel)

    async def pushes(
        self, proxy: AnyProxy, *, room: int = 1000
    ) -> AsyncGenerator[Push, None]:
        """What the servers of the proxy's object push on the connections that calls opened.

        ``async for push in communicator.pushes(greeter)``: ``push.function`` names the method,
        ``push.packet.body`` is for its ``result.parse``. Messages beyond ``room`` unread ones
        are dropped and counted.
        """
        loop = asyncio.get_running_loop()
        core = self.core(loop)
        line = self._channel_of(proxy).line_on(loop)
        subscription = core.subscribe(line, room)
        try:
            while True:
                yield await subscription.next()
        finally:
            core.unsubscribe(subscription)

    @property
    def reports(self) -> Reports:
        """The statistics and properties of this process."""
        if self._reports is None:
            self._reports = Reports(self)
        return self._reports

    @property
    def has_locator(self) -> bool:
        """Whether objects without endpoints can be resolved."""
        return self._locator is not None or bool(self.config.locator)

    def core(self, loop: asyncio.AbstractEventLoop) -> Core:
        """What this communicator owns on ``loop``."""
        found = self._cores.get(loop)
        if found is None:
            if self._closed:
                raise UsageError("expected an open communicator, got a closed one")
            self._drop_closed_loops()
            found = self._cores[loop] = Core(
                loop, self.config, self._health, self._cache_path()
            )
            found.locator = self._locator
            self._link(found)
            self.reports.reporter.start(loop)
        return found

    def adopt(self, config: ClientConfig) -> None:
        """Take over what may change while calls are made (`LIVE`); the rest waits for a restart."""
        before = self.config
        self.config = replace(before, **{name: getattr(config, name) for name in LIVE})
        for channel in self._channels.values():
            channel.adopt(self.config)
        if self.config.locator != before.locator:
            self.relocate(self.config.locator)

    def relocate(self, locator: str) -> None:
        """Ask the registry at ``locator`` from now on; lists serve until it answered."""
        self.config = replace(self.config, locator=locator)
        for core in self._cores.values():
            core.loop.call_soon_threadsafe(self._link, core)

    async def endpoints(self, proxy: AnyProxy) -> list[EndpointState]:
        """The endpoints of a proxy's object, and how they fare; raises `NoEndpoint`."""
        line = self._channel_of(proxy).line_on(asyncio.get_running_loop())
        listing = await line.listing()
        out = {t.endpoint for t in line.targets if t.health.is_out}
        return [
            *(EndpointState(each, True, each in out) for each in listing.active),
            *(EndpointState(each, False, False) for each in listing.inactive),
        ]

    async def find(
        self, name: str, scope: Scope = "group", of: str = "", *, timeout: float = 3.0
    ) -> Listing:
        """Ask the registry for an object's endpoints, for code that wants them itself.

        ``scope`` is whose: those of this node's ``"group"``, of the ``"set"`` or ``"station"``
        that ``of`` names, or ``"all"``. Raises `CallError`, `UsageError` without a locator.
        """
        locator = self.core(asyncio.get_running_loop()).locator
        if not isinstance(locator, QueryLocator):
            raise UsageError(
                f"expected the locator of a registry to find {name}, got "
                f"{'none' if locator is None else type(locator).__name__}"
            )
        return await locator.ask(name, scope, of, timeout=timeout)

    def _channel_of(self, proxy: AnyProxy) -> ObjectChannel:
        channel = proxy._channel
        if not isinstance(channel, ObjectChannel):
            raise UsageError("expected a proxy of a communicator, got a test's")
        return channel

    def _link(self, core: Core) -> None:
        """Let a core ask the registry that the settings name, unless it has a locator."""
        if self._locator is None and self.config.locator:
            query = self.proxy(QueryFProxy, self.config.locator, set_name="")
            line = self._channel_of(query).line_on(core.loop)
            core.use(RegistryLink(core, query, line, self.config))

    def _cache_path(self) -> Path | None:
        folder = self.config.data_path
        return Path(folder) / CACHE_NAME if folder else None

    def _drop_closed_loops(self) -> None:
        """A loop that ended without `close` cannot close its connections any more."""
        for loop in [each for each in self._cores if each.is_closed()]:
            del self._cores[loop]

    async def send_last_reports(self) -> None:
        """Send the statistics that are left, within half a second, and none after that."""
        if self._reports is not None:
            await self._reports.reporter.stop(asyncio.get_running_loop())

    async def close(self, grace: float = 0.0) -> None:
        """Close everything on this loop, and the thread of blocking calls.

        Calls in flight may end within ``grace`` seconds.
        """
        loop = asyncio.get_running_loop()
        await self.send_last_reports()
        core = self._cores.pop(loop, None)
        self._forget_lines()
        if core is not None:
            await core.close(grace)
        if self.blocking.loop is not None:
            await asyncio.to_thread(self._close_blocking)
        self._closed = True

    def close_blocking(self) -> None:
        """`close`, for code that is not async."""
        self._forget_lines()
        self._close_blocking()
        self._closed = True

    def _close_blocking(self) -> None:
        loop = self.blocking.loop
        if loop is not None and self._reports is not None:
            self.blocking.run(self._reports.reporter.stop(loop))
        core = self._cores.pop(loop, None) if loop is not None else None
        if core is not None:
            self.blocking.run(core.close())
        self.blocking.close()

    def _forget_lines(self) -> None:
        for channel in self._channels.values():
            channel.forget()

    def _after_fork(self) -> None:
        """In a forked child: leave the parent's sockets alone, start anew when called."""
        self._orphans.extend(self._cores.values())
        self._cores = {}
        self._forget_lines()
        self.blocking.forget()
        if self._reports is not None:
            self._reports.reporter.forget()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close_blocking()


_ALIVE: weakref.WeakSet[Communicator] = weakref.WeakSet()


def _after_fork_in_child() -> None:
    for each in list(_ALIVE):
        each._after_fork()


os.register_at_fork(after_in_child=_after_fork_in_child)
