"""Tell clients that an object changed: ``onQuery``, on connections that asked for it.

A push says only which object changed; the client asks again in its own group or set. Changes of
a tenth of a second leave together. A connection that does not take its pushes is dropped.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from tars_runtime import codec
from tars_runtime.net.server import ServerConnection
from tars_runtime.protocol import send_push
from tars_runtime.rpc.current import Caller

__all__ = ["Subscriptions"]

log = logging.getLogger(__name__)

JOIN_SECONDS: Final = 0.1
"""How long changes are gathered before they are told."""

PER_CONNECTION: Final = 1000
"""Objects that one connection may ask for."""

LONGEST: Final = 128
"""Characters of an object's name, as many as the tables have room for: none of a longer name can
change, and what callers say must not fill the memory."""

BACKLOG: Final = 64 * 1024
"""Unread bytes of a connection that make it too slow to be told."""

FUNCTION: Final = "onQuery"

_INT: Final = codec.at(0, codec.INT)
_ID: Final = codec.at(1, codec.STRING)


class Subscriptions:
    """Who wants to be told of which object."""

    def __init__(self) -> None:
        self._objects: dict[ServerConnection, set[str]] = {}
        self._subscribers: dict[str, set[ServerConnection]] = {}
        self._changed: set[str] = set()
        self._timer: asyncio.TimerHandle | None = None
        self.pushed = 0
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._objects)

    def add(self, caller: Caller | None, name: str) -> bool:
        """Tell this connection of an object; false when it cannot be, or asks for too much."""
        if not isinstance(caller, ServerConnection) or caller.transport is None:
            return False
        if len(name) > LONGEST:
            return False
        objects = self._objects.setdefault(caller, set())
        if name not in objects and len(objects) >= PER_CONNECTION:
            return False
        objects.add(name)
        self._subscribers.setdefault(name, set()).add(caller)
        return True

    def changed(self, objects: set[str]) -> None:
        """Objects changed: tell soon."""
        self._changed |= objects & self._subscribers.keys()
        if self._changed and self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(JOIN_SECONDS, self._tell)

    def close(self) -> None:
        """Tell nobody any more."""
        if self._timer is not None:
            self._timer.cancel()

    def forget_closed(self) -> None:
        """Drop the connections that have ended."""
        for connection in [each for each in self._objects if each.transport is None]:
            self._drop(connection)

    def _tell(self) -> None:
        self._timer = None
        changed, self._changed = self._changed, set()
        for name in changed:
            frame = _push(name)
            for connection in list(self._subscribers.get(name, ())):
                self._send(connection, frame)

    def _send(self, connection: ServerConnection, frame: bytes) -> None:
        if connection.transport is None:
            self._drop(connection)
        elif connection.backlog > BACKLOG:
            log.warning("%s:%d does not take its pushes: dropped", *connection.peer)
            self.dropped += 1
            self._drop(connection)
            connection.abort()
        else:
            self.pushed += 1
            connection.send(frame)

    def _drop(self, connection: ServerConnection) -> None:
        for name in self._objects.pop(connection, ()):
            subscribers = self._subscribers[name]
            subscribers.discard(connection)
            if not subscribers:
                del self._subscribers[name]


def _push(name: str) -> bytes:
    """``int onQuery(out string id)`` of TarsProtocol's ``QueryPushF.tars``, as a push."""
    return send_push(_INT.build(0) + _ID.build(name), function=FUNCTION)
