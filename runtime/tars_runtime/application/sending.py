"""Sends what waits for the log service, and tells the property service how that went.

The properties are the Go runtime's: ``App.Server.<log>_log_send_succ`` and ``..._fail``, lines of
a period.
"""

from __future__ import annotations

import asyncio
from typing import Final

from tars_runtime.interfaces.tars import LogProxy
from tars_runtime.logs.days import DayLogs
from tars_runtime.logs.remote import RemoteHandler
from tars_runtime.report.property import PropertyTable, Sum

__all__ = ["Sending"]

INTERVAL: Final = 1.0
"""Seconds between batches."""


class Sending:
    """The lines of one server's logs on their way to the service."""

    def __init__(
        self, days: DayLogs, service: LogProxy, server: str, table: PropertyTable
    ) -> None:
        self._days = days
        self._service = service
        self._server = server
        self._table = table
        self._told: dict[RemoteHandler, tuple[int, int]] = {}

    async def go_on(self) -> None:
        """Send every second, until cancelled."""
        while True:
            await asyncio.sleep(INTERVAL)
            await self.send()

    async def send(self) -> None:
        """Send what waits now."""
        for handler in self._days.remotes:
            await handler.drain(self._service)
            self._tell(handler)

    def _tell(self, handler: RemoteHandler) -> None:
        name = f"{self._server}.{handler.info.sFilename}"
        sent, dropped = self._told.get(handler, (0, 0))
        self._table.property(f"{name}_log_send_succ", Sum()).report(handler.sent - sent)
        self._table.property(f"{name}_log_send_fail", Sum()).report(
            handler.dropped - dropped
        )
        self._told[handler] = (handler.sent, handler.dropped)
