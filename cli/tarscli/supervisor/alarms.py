"""Messages to people through the notify service: best effort, never in anybody's way."""

from __future__ import annotations

import asyncio
from collections import deque

from tars_runtime.errors import TarsError
from tars_runtime.interfaces.tars import NOTIFYLEVEL

from tarscli.registry_client import RegistryClient

__all__ = ["Alarms"]

_KEPT = 100
_PAUSE = 3.0
_OLDEST = 100.0
"""Seconds after which a message is given up, as the Go tool does."""

_LEVELS = {
    "normal": NOTIFYLEVEL.NOTIFYNORMAL,
    "warn": NOTIFYLEVEL.NOTIFYWARN,
    "error": NOTIFYLEVEL.NOTIFYERROR,
}


class Alarms:
    """A queue of at most 100 messages; the oldest give way."""

    def __init__(self, client: RegistryClient) -> None:
        self._client = client
        self._queue: deque[tuple[float, str, str]] = deque(maxlen=_KEPT)
        self._ready = asyncio.Event()

    def tell(self, level: str, text: str) -> None:
        """Queue one message; level is normal, warn or error."""
        now = asyncio.get_running_loop().time()
        self._queue.append((now, level, text))
        self._ready.set()

    async def run(self) -> None:
        """Send until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await self._ready.wait()
            while self._queue:
                queued, level, text = self._queue[0]
                if loop.time() - queued > _OLDEST:
                    self._queue.popleft()
                    continue
                try:
                    await self._client.report(text, _LEVELS[level])
                except TarsError:
                    await asyncio.sleep(_PAUSE)
                else:
                    if self._queue and self._queue[0][2] == text:
                        self._queue.popleft()
            self._ready.clear()
