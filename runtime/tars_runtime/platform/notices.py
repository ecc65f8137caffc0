"""Notices to the people who run the platform (TarsProtocol `NotifyF.tars`).

The framework reports a server's life (``restart``, ``stop``, ``exit: ...``) and the commands that
it was given; applications send notices of their own. Nobody waits longer than half a second.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import Final

from tars_runtime.config import ServerConfig
from tars_runtime.errors import TarsError, UsageError
from tars_runtime.interfaces.tars import (
    NOTIFYLEVEL,
    NotifyProxy,
    ReportInfo,
    ReportType,
)

__all__ = ["LEVELS", "LIMIT", "Notices"]

log = logging.getLogger("tars.server")

LIMIT: Final = 0.5
"""Seconds that a notice may take."""

LEVELS: Final = {
    "normal": NOTIFYLEVEL.NOTIFYNORMAL,
    "warn": NOTIFYLEVEL.NOTIFYWARN,
    "error": NOTIFYLEVEL.NOTIFYERROR,
}


class Notices:
    """What one server says; without a service, nothing is sent."""

    def __init__(self, service: NotifyProxy | None, config: ServerConfig) -> None:
        self._service = service
        self._config = config
        self._underway: set[asyncio.Task[None]] = set()

    async def notify(self, text: str, level: str = "normal") -> None:
        """An application's notice; raises `UsageError` for a level that is none."""
        if level not in LEVELS:
            raise UsageError(
                f"expected a level of {', '.join(LEVELS)}, got {level[:40]!r}"
            )
        await self._send(ReportType.NOTIFY, text, LEVELS[level])

    async def report(self, text: str) -> None:
        """The framework's own: a step of the server's life."""
        await self._send(ReportType.REPORT, text, NOTIFYLEVEL.NOTIFYNORMAL)

    def report_soon(self, text: str) -> None:
        """`report`, with nobody waiting for it."""
        if self._service is not None:
            task = asyncio.ensure_future(self.report(text))
            self._underway.add(task)
            task.add_done_callback(self._underway.discard)

    async def settle(self) -> None:
        """Wait for the notices that are under way."""
        if self._underway:
            await asyncio.wait(self._underway, timeout=LIMIT)

    async def _send(self, kind: ReportType, text: str, level: NOTIFYLEVEL) -> None:
        if self._service is None:
            return
        config = self._config
        info = ReportInfo(
            eType=kind,
            sApp=config.app,
            sServer=config.server,
            sSet=config.set_name,
            sMessage=text,
            sThreadId=str(threading.get_native_id()),
            eLevel=level,
            sNodeName=config.node_name,
        )
        try:
            await self._service.reportNotifyInfo(info, timeout=LIMIT)
        except TarsError as error:
            log.debug("a notice was not taken: %s", error)
