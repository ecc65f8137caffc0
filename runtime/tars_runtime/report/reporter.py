"""Sends what was counted, every interval: never blocks a call, never grows, never raises.

A report that fails is dropped and logged; the next one starts anew.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from tars_runtime.errors import TarsError
from tars_runtime.interfaces.tars import PropertyFProxy, StatFProxy
from tars_runtime.report.batches import batches
from tars_runtime.report.property import PropertyTable
from tars_runtime.report.stat import StatTable

__all__ = ["Reporter", "Room", "property_report", "stat_report"]

log = logging.getLogger("tars.report")

FAREWELL: Final = 0.5
"""Seconds that the last report of a process may take."""

Report = Callable[[], Awaitable[None]]
Room = Callable[[], Awaitable[int | None]]
"""The bytes that a packet to the service may have; ``None`` when it takes any."""


def stat_report(
    table: StatTable,
    stat: StatFProxy,
    *,
    from_client: bool,
    timeout: float,
    room: Room,
) -> Report:
    """A report of statistics."""

    async def send() -> None:
        rows = table.take()
        if rows:
            for batch in batches(rows, most_bytes=await room()):
                await stat.reportMicMsg(batch, from_client, timeout=timeout)

    return send


def property_report(
    table: PropertyTable, service: PropertyFProxy, *, timeout: float, room: Room
) -> Report:
    """A report of properties."""

    async def send() -> None:
        rows = table.take()
        if rows:
            for batch in batches(rows, most_bytes=await room()):
                await service.reportPropMsg(batch, timeout=timeout)

    return send


class Reporter:
    """Runs reports every ``interval`` seconds, and once more at the end."""

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._reports: list[Report] = []
        self._task: asyncio.Task[None] | None = None
        self._is_ending = False

    def add(self, report: Report) -> None:
        """Run this, too."""
        self._reports.append(report)

    def start(self, loop: asyncio.AbstractEventLoop | None = None) -> None:
        """Begin on ``loop`` (without one, the running one), unless another one does it still."""
        if not self._reports or self._is_ending:
            return
        if self._task is None or self._task.done():
            loop = loop or asyncio.get_running_loop()
            self._task = loop.create_task(self._run())

    async def stop(self, loop: asyncio.AbstractEventLoop) -> None:
        """Send what is left, and end; nothing when another loop does the sending.

        A service that does not answer holds up nobody's end.
        """
        task = self._task
        if task is None or task.get_loop() is not loop:
            return
        self._task, self._is_ending = None, True  # sending must not begin it anew
        task.cancel()
        await asyncio.wait([task])
        try:
            async with asyncio.timeout(FAREWELL):
                await self.flush()
        except TimeoutError:
            log.warning("the last report was dropped: no answer in %g s", FAREWELL)
        finally:
            self._is_ending = False

    def forget(self) -> None:
        """In a forked child: the parent's task is not ours."""
        self._task = None

    async def flush(self) -> None:
        """Send what was counted until now."""
        for report in self._reports:
            try:
                await report()
            except TarsError as error:
                log.warning("a report was dropped: %s", error)
            except Exception:
                log.exception("a report was dropped")

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._interval)
            await self.flush()
