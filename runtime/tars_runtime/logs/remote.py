"""Log lines for the platform's log service (TarsProtocol `LogF.tars`): queued, sent in batches.

A caller never waits for the service. When the queue is full the oldest lines go, and are counted;
a batch that the service does not take is dropped and counted, too.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from contextvars import ContextVar
from typing import Final

from tars_runtime.errors import TarsError
from tars_runtime.interfaces.tars import LogInfo, LogProxy

__all__ = ["RemoteHandler"]

log = logging.getLogger("tars.log")

CAPACITY: Final = 100_000
BATCH: Final = 500

_SENDING: ContextVar[bool] = ContextVar("tars_log_sending", default=False)


class RemoteHandler(logging.Handler):
    """A handler whose lines end in a file of the log service; somebody must call `drain`."""

    def __init__(
        self, info: LogInfo, *, capacity: int = CAPACITY, batch: int = BATCH
    ) -> None:
        super().__init__()
        self.info = info
        self.sent = 0
        """Lines that the service took."""
        self.dropped = 0
        """Lines that found the queue full, or the service down."""
        self._batch = batch
        self._capacity = capacity
        self._lines: deque[str] = deque()

    def emit(self, record: logging.LogRecord) -> None:
        if _SENDING.get():
            return  # what sending itself logs would never end
        try:
            line = _writable(self.format(record)) + "\n"
        except Exception:
            self.handleError(record)
            return
        if len(self._lines) >= self._capacity:
            self._lines.popleft()
            self.dropped += 1
        self._lines.append(line)

    @property
    def waiting(self) -> int:
        """Lines that are not sent yet."""
        return len(self._lines)

    async def drain(self, service: LogProxy) -> None:
        """Send what waits now."""
        sending = _SENDING.set(True)
        try:
            await self._send(service)
        finally:
            _SENDING.reset(sending)

    async def _send(self, service: LogProxy) -> None:
        for _ in range(-(-len(self._lines) // self._batch)):
            lines = self._take()
            try:
                await service.loggerbyInfo(self.info, lines)
            except asyncio.CancelledError:
                self.dropped += len(lines)
                raise
            except TarsError as error:
                self.dropped += len(lines)
                log.warning(
                    "the log service took none of %d lines: %s", len(lines), error
                )
                return  # the others wait for the next time
            self.sent += len(lines)

    def _take(self) -> list[str]:
        size = min(self._batch, len(self._lines))
        return [self._lines.popleft() for _ in range(size)]


def _writable(line: str) -> str:
    """A line that UTF-8 can carry: names of files may hold what it cannot."""
    return line.encode(errors="backslashreplace").decode()
