"""What each adapter tells the property service of itself, under the names of the C++ runtime.

Dashboards of the platform look for ``<adapter>.queue`` and its siblings (TarsCpp
`servant/libservant/Application.cpp`). Times are milliseconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Final

from tars_runtime.application.adminobject import ADAPTER
from tars_runtime.application.job import Job
from tars_runtime.report.property import Avg, Count, Distr, Max, Min, PropertyTable, Sum
from tars_runtime.rpc import Current

if TYPE_CHECKING:
    from tars_runtime.application.adapter import Adapter
    from tars_runtime.application.application import Application

__all__ = ["Gauges", "begin_gauges"]

PAUSE: Final = 10.0
"""Seconds between looks at queues and connections."""
BOUNDS: Final = (
    5,
    10,
    50,
    100,
    200,
    500,
    1000,
    2000,
    5000,
    10000,
    20000,
    50000,
    100000,
)


class AdapterGauges:
    """The properties of one adapter."""

    def __init__(self, adapter: Adapter, table: PropertyTable) -> None:
        name = adapter.name
        self._adapter = adapter
        self._queue = table.property(f"{name}.queue", Avg())
        self._connections = table.property(f"{name}.connectRate", Avg())
        self._timeouts = table.property(f"{name}.timeoutNum", Sum())
        self.waited = table.property(f"{name}.queueWaitTime", *_times())
        self.handled = table.property(f"{name}.servantHandleTime", *_times())
        self._seen = adapter.dispatcher.counters.queue_timeouts

    def look(self) -> None:
        """Sample what is of this moment."""
        adapter = self._adapter
        self._queue.report(adapter.dispatcher.waiting)
        most = max(adapter.config.max_connections, 1)
        self._connections.report(len(adapter.listener.connections) * 1000 // most)
        seen = adapter.dispatcher.counters.queue_timeouts
        self._timeouts.report(seen - self._seen)
        self._seen = seen


class Gauges:
    """The properties of all adapters; an observer of requests, and a task that looks around."""

    def __init__(self, adapters: Sequence[Adapter], table: PropertyTable) -> None:
        self._of = {
            servant: gauges
            for adapter in adapters
            if adapter.name != ADAPTER
            for gauges in [AdapterGauges(adapter, table)]
            for servant in adapter.dispatcher.servants
        }

    def observe(self, current: Current, _code: int, seconds: float) -> None:
        """Take the times of an answered request in."""
        gauges = self._of.get(current.request.servant)
        if gauges is not None and isinstance(current, Job):
            waited = current.waited
            gauges.waited.report(int(waited * 1000))
            gauges.handled.report(int((seconds - waited) * 1000))

    async def watch(self) -> None:
        """Look every ten seconds, until cancelled."""
        while True:
            for gauges in set(self._of.values()):
                gauges.look()
            await asyncio.sleep(PAUSE)


def begin_gauges(app: Application, stack: AsyncExitStack) -> None:
    """Measure the adapters when ``property`` names a service, until ``stack`` ends."""
    if app.communicator.config.property:
        gauges = Gauges(app.adapters, app.properties)
        app.observers.append(gauges.observe)
        stack.callback(asyncio.ensure_future(gauges.watch()).cancel)


def _times() -> tuple[Avg, Min, Max, Count, Distr]:
    return Avg(), Min(), Max(), Count(), Distr(BOUNDS)
