"""A listening socket: who is accepted, how many, and who is closed for being idle or slow."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeAlias

from tars_runtime.errors import UsageError
from tars_runtime.net.access import AccessList
from tars_runtime.net.endpoint import Endpoint
from tars_runtime.net.ports import bind, cannot_listen
from tars_runtime.net.seldom import Seldom
from tars_runtime.net.server import Handler, Room, ServerConnection
from tars_runtime.net.tls import ServerTls
from tars_runtime.protocol import MAX_FRAME

__all__ = ["Connect", "Connection", "Limits", "Listener", "speaks_tars"]

log = logging.getLogger("tars.net")

Connect: TypeAlias = "Callable[[Listener], Any]"
"""Makes the protocol of a new connection: an `asyncio.Protocol` that is a `Connection`."""

BACKLOG: Final = 4096
"""Connections that the kernel may hold unaccepted; asyncio's 100 makes start-ups wait."""
SWEEP: Final = 5.0
"""Seconds between looks at idle and slow connections."""
SLOW_CHECKS: Final = 3
HANDSHAKE: Final = 10.0
"""Seconds that a TLS handshake may take; before its end a connection counts for nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What connections of a listener may cost. Times are seconds, sizes bytes."""

    connections: int = 1024
    idle_timeout: float = 0.0
    max_frame: int = MAX_FRAME
    unfinished: int = 256 * 1024 * 1024
    """Bytes of requests whose end has not come, of all connections together."""
    request_timeout: float = 120.0
    """How long a request may take to arrive."""
    backlog_limit: int = 100 * 1024 * 1024
    backlog_least: int = 1024
    access: AccessList = field(default_factory=AccessList)


class Connection(Protocol):
    """What the listener knows of a connection, whatever it speaks."""

    peer: tuple[str, int]
    inflight: int
    last_active: float
    received: int
    sent: int
    taken: int
    slow_checks: int
    unfinished_since: float

    @property
    def backlog(self) -> int:
        """Bytes that the peer has not taken yet."""

    def close(self) -> None:
        """Close once what was written has left."""

    def abort(self) -> None:
        """Close at once."""


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
        loop, tls = asyncio.get_running_loop(), self._tls
        if not self._sockets:
            self.bind()
        try:
            for each in self._sockets:
                server = await loop.create_server(
                    lambda: self._connect(self),
                    sock=each,
                    backlog=BACKLOG,
                    ssl=tls.context if tls is not None else None,
                    ssl_handshake_timeout=HANDSHAKE if tls is not None else None,
                )
                self._servers.append(server)
        except OSError as error:
            raise cannot_listen(self.endpoint, error) from error
        self._sweep()

    @property
    def address(self) -> tuple[str, int]:
        """Host and port that are really listened on (port 0 was given one), also after."""
        return self._bound

    def admit(self, connection: Connection) -> bool:
        """Count a new connection in, or refuse it."""
        self.accepted += 1
        full = len(self.connections) >= self.limits.connections
        if full or not self.limits.access.allows(connection.peer[0]):
            self.refused += 1
            why = f"{self.limits.connections} connections" if full else "not allowed"
            self.warn("%s:%d refused: %s", *connection.peer, why)
            return False
        self.connections.add(connection)
        self._empty.clear()
        return True

    def forget(self, connection: Connection) -> None:
        """A connection has ended."""
        self.connections.discard(connection)
        if not self.connections:
            self._empty.set()

    def stop_accepting(self) -> None:
        """Close the listening socket; connections go on."""
        for server in self._servers:
            server.close()
        for each in self._sockets:
            each.close()
        if self._sweeper is not None:
            self._sweeper.cancel()

    async def close(self, timeout: float = 1.0) -> None:
        """Close every connection once its answers left; abort what is left after ``timeout``."""
        self.stop_accepting()
        for connection in list(self.connections):
            connection.close()
        try:
            await asyncio.wait_for(self._empty.wait(), timeout)
        except TimeoutError:
            for connection in list(self.connections):
                connection.abort()

    def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        if self._tls is not None:
            self._tls.refresh()
        for connection in list(self.connections):
            if _is_slow(connection, self.limits):
                self.warn("%s:%d closed: takes no answers", *connection.peer)
                connection.abort()
            elif self._is_dripping(connection, now):
                self.warn("%s:%d closed: its request does not end", *connection.peer)
                connection.abort()
            elif self._is_idle(connection, now):
                connection.close()
                if connection.backlog:
                    connection.abort()
        limits = (self.limits.idle_timeout, self.limits.request_timeout)
        shortest = min((limit for limit in limits if limit > 0), default=SWEEP)
        pause = min(SWEEP, max(0.05, shortest / 4))
        self._sweeper = loop.call_later(pause, self._sweep)

    def _is_dripping(self, connection: Connection, now: float) -> bool:
        limit, since = self.limits.request_timeout, connection.unfinished_since
        return limit > 0 and since > 0 and now - since > limit

    def _is_idle(self, connection: Connection, now: float) -> bool:
        limit = self.limits.idle_timeout
        return (
            limit > 0
            and now - connection.last_active > limit
            and not connection.inflight
        )


def _is_slow(connection: Connection, limits: Limits) -> bool:
    """As in the C++ runtime: far behind, and taking next to nothing in three looks in a row."""
    backlog = connection.backlog
    taken = connection.sent - backlog
    stuck = taken - connection.taken <= limits.backlog_least
    connection.taken = taken
    far_behind = backlog > limits.backlog_limit
    connection.slow_checks = connection.slow_checks + 1 if far_behind and stuck else 0
    return connection.slow_checks >= SLOW_CHECKS


def speaks_tars(handler: Handler) -> Connect:
    """Connections that carry TARS packets."""
    return lambda owner: ServerConnection(
        asyncio.get_running_loop(),
        handler,
        owner,
        owner.limits.max_frame,
        owner.room,
    )
