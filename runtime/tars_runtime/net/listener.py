"""A listening socket: who is accepted, how many, and who is closed for being idle or slow."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from tars_runtime.errors import UsageError
from tars_runtime.net.conduct import (
    Connection,
    Limits,
    is_dripping,
    is_idle,
    is_slow,
    pause,
)
from tars_runtime.net.door import Door
from tars_runtime.net.endpoint import Endpoint
from tars_runtime.net.ports import bind, cannot_listen
from tars_runtime.net.seldom import Seldom
from tars_runtime.net.server import Handler, Room, ServerConnection
from tars_runtime.net.tls import ServerTls
from tars_runtime.protocol.known import Known

__all__ = ["Connect", "Listener", "speaks_tars"]

log = logging.getLogger("tars.net")

Connect: TypeAlias = "Callable[[Listener], Any]"
"""Makes the protocol of a new connection: an `asyncio.Protocol` that is a `Connection`."""

BACKLOG: Final = 4096
"""Connections that the kernel may hold unaccepted; asyncio's 100 makes start-ups wait."""


class Listener:
    """Accepts connections for one TCP or TLS endpoint and looks after them."""

    def __init__(
        self,
        endpoint: Endpoint,
        connect: Connect,
        limits: Limits | None = None,
        *,
        tls: ServerTls | None = None,
        reuse_port: bool = False,
    ) -> None:
        if (endpoint.transport == "ssl") != (tls is not None):
            raise UsageError(
                f"expected certificates with ssl endpoints alone, got {endpoint}"
            )
        self.endpoint = endpoint
        self.limits = limits or Limits()
        self.room = Room(self.limits.unfinished)
        self.connections: set[Connection] = set()
        self.accepted = 0
        self.refused = 0
        self.warn = Seldom(log)
        """For what peers can cause."""
        self._connect = connect
        self._tls = tls
        self._reuse_port = reuse_port
        self._sockets: list[socket.socket] = []
        self._servers: list[asyncio.Server] = []
        self._doors: list[Door] = []
        self._bound = (endpoint.host, endpoint.port)
        self._sweeper: asyncio.TimerHandle | None = None
        self._empty: asyncio.Event = asyncio.Event()
        self._empty.set()

    def bind(self) -> None:
        """Take the port; nobody can connect before `open`. Raises `ConnectError`."""
        self._sockets = bind(self.endpoint, reuse_port=self._reuse_port)
        name = self._sockets[0].getsockname()
        self._bound = (name[0], name[1])

    async def open(self) -> None:
        """Listen; raises `ConnectError` that names the endpoint."""
        if not self._sockets:
            self.bind()
        try:
            for each in self._sockets:
                await self._listen(each)
        except OSError as error:
            raise cannot_listen(self.endpoint, error) from error
        self._sweep()

    async def _listen(self, bound: socket.socket) -> None:
        if self._tls is not None:
            door = Door(
                bound,
                self._tls,
                lets_in=self._lets_in,
                connect=lambda: self._connect(self),
            )
            door.open(BACKLOG)
            self._doors.append(door)
            return
        server = await asyncio.get_running_loop().create_server(
            lambda: self._connect(self), sock=bound, backlog=BACKLOG
        )
        self._servers.append(server)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port that are really listened on (port 0 was given one), also after."""
        return self._bound

    def admit(self, connection: Connection) -> bool:
        """Count a new connection in, or refuse it; the door has asked before a handshake."""
        if self._tls is None and not self._lets_in(connection.peer):
            return False
        self.connections.add(connection)
        self._empty.clear()
        return True

    def _lets_in(self, peer: tuple[str, int]) -> bool:
        """Whether there is room for one more connection, and this peer may have it."""
        self.accepted += 1
        full = self._taken() >= self.limits.connections
        if full or not self.limits.access.allows(peer[0]):
            self.refused += 1
            why = f"{self.limits.connections} connections" if full else "not allowed"
            self.warn("%s:%d refused: %s", *peer, why)
            return False
        return True

    def _taken(self) -> int:
        """Connections, and handshakes that may become some."""
        coming = (each for door in self._doors for each in door.shaking.values())
        return len(self.connections) + sum(
            each not in self.connections for each in coming
        )

    def forget(self, connection: Connection) -> None:
        """A connection has ended."""
        self.connections.discard(connection)
        if not self.connections:
            self._empty.set()

    def stop_accepting(self) -> None:
        """Close the listening socket; connections go on."""
        for server in self._servers:
            server.close()
        for door in self._doors:
            door.close()
        for each in self._sockets:
            each.close()
        if self._sweeper is not None:
            self._sweeper.cancel()

    async def close(self, timeout: float = 1.0) -> None:
        """Close every connection once its answers left; abort what is left after ``timeout``."""
        self.stop_accepting()
        for door in self._doors:
            await door.abort()
        for connection in list(self.connections):
            connection.close()
        try:
            await asyncio.wait_for(self._empty.wait(), timeout)
        except TimeoutError:
            for connection in list(self.connections):
                connection.abort()

    def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        now, limits = loop.time(), self.limits
        if self._tls is not None:
            self._tls.refresh()
        for connection in list(self.connections):
            if is_slow(connection, limits):
                self.warn("%s:%d closed: takes no answers", *connection.peer)
                connection.abort()
            elif is_dripping(connection, limits, now):
                self.warn("%s:%d closed: its request does not end", *connection.peer)
                connection.abort()
            elif is_idle(connection, limits, now):
                connection.close()
                if connection.backlog:
                    connection.abort()
        self._sweeper = loop.call_later(pause(limits), self._sweep)


def speaks_tars(handler: Handler, known: Known | None = None) -> Connect:
    """Connections that carry TARS packets; ``known`` answers what it can before the handler."""
    return lambda owner: ServerConnection(
        asyncio.get_running_loop(),
        handler,
        owner,
        owner.limits.max_frame,
        owner.room,
        known,
    )
