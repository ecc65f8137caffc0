"""The line to one object: its endpoints, kept fresh, and the choice of one for a call."""

from __future__ import annotations

import asyncio
import logging
import math
import random
from collections.abc import Callable

from tars_runtime.communicator.target import Target
from tars_runtime.errors import CallError, DecodeError, NoEndpoint, UsageError
from tars_runtime.naming.book import Book, Listing
from tars_runtime.naming.cache import EndpointCache
from tars_runtime.naming.locator import Locator
from tars_runtime.naming.select import Selector
from tars_runtime.net.endpoint import Endpoint, ObjectRef
from tars_runtime.protocol import Code
from tars_runtime.rpc import CallOptions

__all__ = ["Line"]

log = logging.getLogger("tars.naming")

QUERY_TIMEOUT = 5.0
"""Seconds that the registry may take; asking goes on in the background for so long."""


class Line:
    """One object, for one set, on one event loop."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        ref: ObjectRef,
        *,
        set_name: str,
        interval: float,
        locator: Callable[[], Locator | None],
        cache: EndpointCache | None,
        target: Callable[[Endpoint], Target],
    ) -> None:
        self.loop = loop
        self.ref = ref
        self.book = Book(interval)
        self._set_name = set_name
        self._locator = locator
        self._cache = cache
        self._target = target
        self._asking: asyncio.Task[None] | None = None
        self._failure: CallError | DecodeError | None = None
        self.selector: Selector[Target] | None = None
        self._spares: Selector[Target] | None = None
        if ref.endpoints:
            self.book.due_at = math.inf
            self._take(Listing(ref.endpoints))

    def pick(self, now: float, options: CallOptions | None) -> Target | None:
        """The target of the next call; ``None`` when the endpoints are not known yet."""
        if now >= self.book.due_at:
            self._ask()
        selector = self.selector
        if selector is None:
            return None
        if options is not None and options.hash is not None:
            return selector.by_hash(now, options.hash, options.balance == "consistent")
        return selector.next(now, self._spares)

    def other(self, than: Target) -> Target | None:
        """Another target that is well, for a call that could not reach ``than``."""
        other = self.selector.other(than) if self.selector is not None else None
        if other is None and self._spares is not None:
            return self._spares.other(than)
        return other

    def stand_by(self, endpoints: tuple[Endpoint, ...]) -> None:
        """Use these while all of the given ones are out."""
        spares = [each for each in endpoints if each not in self.ref.endpoints]
        self._spares = Selector([self._target(each) for each in spares])

    @property
    def targets(self) -> list[Target]:
        """The active endpoints, and those that stand by."""
        both = (self.selector, self._spares)
        return [
            target for each in both if each is not None for target in each.candidates
        ]

    def refresh(self) -> None:
        """Look again at which targets are well."""
        for each in (self.selector, self._spares):
            if each is not None:
                each.refresh()

    def expire(self) -> None:
        """Ask again; the list of now serves until the answer is there."""
        if not self.ref.endpoints:
            self.book.due_at = 0.0
            self._ask()

    async def resolved(self) -> None:
        """Wait until the endpoints are known; raises `NoEndpoint`."""
        if self.selector is None:
            await asyncio.shield(self._ask())
        if self.selector is None:
            raise self._unknown()

    async def listing(self) -> Listing:
        """What is known of the object, asked for when need be; raises `NoEndpoint`."""
        await self.resolved()
        return self.book.listing or Listing()

    def _ask(self) -> asyncio.Task[None]:
        """Ask the registry, unless somebody is asking already."""
        if self._asking is None:
            self._asking = self.loop.create_task(self._refresh())
            self._asking.add_done_callback(self._asked)
        return self._asking

    def _asked(self, task: asyncio.Task[None]) -> None:
        self._asking = None
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("the endpoints of %s", self.ref.name, exc_info=error)

    async def _refresh(self) -> None:
        locator = self._locator()
        if locator is None:
            raise UsageError(
                f"expected a locator or endpoints for {self.ref.name}, got neither: set "
                "the locator, or write App.Server.Obj@tcp -h HOST -p PORT"
            )
        try:
            listing = await locator.find(
                self.ref.name, set_name=self._set_name, timeout=QUERY_TIMEOUT
            )
        except (CallError, DecodeError) as error:
            self._failed(error)
            return
        except Exception:
            self.book.failed(self.loop.time())
            raise
        self._failure = None
        changed = self.book.answered(listing, self.loop.time(), random.random())
        if changed:
            self._take(listing)
        if self._cache is not None and listing.active:
            self._cache.keep(self.ref.name, self._set_name, listing)

    def _failed(self, error: CallError | DecodeError) -> None:
        self.book.failed(self.loop.time())
        self._failure = error
        known = "the old list is kept" if self.selector else "no list is known"
        log.warning(
            "the registry did not tell of %s: %s; %s", self.ref.name, error, known
        )
        if self.selector is None and self._cache is not None:
            kept = self._cache.recall(self.ref.name, self._set_name)
            if kept.active:
                self.book.listing = kept
                self._take(kept)

    def _take(self, listing: Listing) -> None:
        """Choose from these; one that is new in the list is tried at once, however it fared."""
        self.book.listing = listing
        targets = [self._target(each) for each in listing.active]
        if self.selector is not None:
            known = {id(each) for each in self.selector.candidates}
            for target in targets:
                if id(target) not in known:
                    target.health.invited(self.loop.time())
        self.selector = Selector(targets)

    def _unknown(self) -> NoEndpoint:
        if self._failure is not None:
            why = f"the registry's failure: {self._failure}"
        else:
            why = "none from the registry: is the server running and registered?"
        return NoEndpoint(
            Code.NO_ENDPOINT,
            f"expected an active endpoint of {self.ref.name}, got {why}",
        )

    async def close(self) -> None:
        """Stop asking."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.wait([self._asking])
