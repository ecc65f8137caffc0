"""What servers push: collected for those who subscribed, dropped and counted for nobody."""

from __future__ import annotations

import asyncio

from tars_runtime.communicator.line import Line
from tars_runtime.net.endpoint import Endpoint
from tars_runtime.protocol import Push

__all__ = ["Subscription"]


class Subscription:
    """The messages of one object's servers, as long as somebody reads them."""

    def __init__(self, line: Line, room: int) -> None:
        self._line = line
        self._queue: asyncio.Queue[Push] = asyncio.Queue(room)

    def take(self, endpoint: Endpoint, push: Push) -> bool:
        """Keep a message of ours; false when it is another object's, or there is no room."""
        if self._queue.full():
            return False
        if all(each.endpoint != endpoint for each in self._line.targets):
            return False
        self._queue.put_nowait(push)
        return True

    async def next(self) -> Push:
        """The next message."""
        return await self._queue.get()
