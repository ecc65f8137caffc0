"""One endpoint as a client sees it: how it fares, and the connections to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tars_runtime.naming.health import Health, HealthPolicy
from tars_runtime.net.calls import Calls
from tars_runtime.net.client import connect
from tars_runtime.net.endpoint import Endpoint
from tars_runtime.net.tls import ClientTls
from tars_runtime.protocol import Push, Response
from tars_runtime.protocol.codes import PING
from tars_runtime.protocol.envelope import names_of

__all__ = ["Dialling", "Target"]

PING_TIMEOUT: Final = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialling:
    """How connections are made. Times are seconds."""

    connections: int
    connect_timeout: float
    idle_timeout: float
    keep_alive: float
    """Ping after this long without a byte; 0 never pings."""
    max_frame: int
    health: HealthPolicy
    tls: Callable[[str], ClientTls]
    """What is verified at the ``ssl`` endpoints of an object, by its name."""
    on_push: Callable[[Endpoint, Push], None]
    on_change: Callable[[], None]
    """An endpoint went out, or came back."""


class Target:
    """An endpoint with its health and its connections, dialled when a call needs one."""

    def __init__(self, endpoint: Endpoint, name: str, dialling: Dialling) -> None:
        self.endpoint = endpoint
        self._name = name
        self._ping = names_of(name, PING) or b""
        self.health = Health(dialling.health)
        self.address = endpoint.address
        self._dialling = dialling
        self._connections: list[Calls] = []
        self._at = 0
        self._dial: asyncio.Task[Calls] | None = None
        self._idle_limit = _idle_limit(endpoint, dialling.idle_timeout)

    def ready(self, now: float) -> Calls | None:
        """A connection for a call now; ``None`` when one must be dialled first."""
        connections = self._connections
        if len(connections) < self._dialling.connections:
            return None
        self._at = at = self._at + 1 if self._at + 1 < len(connections) else 0
        connection = connections[at]
        if connection.usable and now - connection.last_active < self._idle_limit:
            return connection
        self._let_go(connection)
        return None

    def _let_go(self, connection: Calls) -> None:
        """Let go of a connection that ended, is to be left, or was idle so long that the
        server may be closing it just now."""
        connection.retire()
        if connection in self._connections:
            self._connections.remove(connection)

    async def connect(self) -> Calls:
        """Dial; calls that come meanwhile share the dial. Raises `CallError`."""
        if self._dial is None:
            self._dial = asyncio.ensure_future(self._connect())
            self._dial.add_done_callback(self._dialled)
        return await asyncio.shield(self._dial)

    async def _connect(self) -> Calls:
        dialling = self._dialling
        endpoint = self.endpoint
        connection = await connect(
            endpoint,
            tls=dialling.tls(self._name) if endpoint.transport == "ssl" else None,
            service=self._name.rpartition(".")[0],
            max_frame=dialling.max_frame,
            timeout=dialling.connect_timeout,
        )
        connection.on_push = lambda push: dialling.on_push(endpoint, push)
        connection.on_leave = self._leaving
        self._connections.append(connection)
        return connection

    def _dialled(self, dial: asyncio.Task[Calls]) -> None:
        self._dial = None
        if dial.cancelled() or dial.exception() is None:
            return
        if self.health.unreachable(asyncio.get_running_loop().time()):
            self._dialling.on_change()

    def _leaving(self) -> None:
        """The server sends its clients away, maybe because it stops: others go first."""
        if self.health.leaving(asyncio.get_running_loop().time()):
            self._dialling.on_change()

    def succeeded(self, now: float) -> None:
        """A call that began at ``now`` was answered."""
        if self.health.succeeded(now):
            self._dialling.on_change()

    def failed(self, now: float) -> None:
        """A call failed in transport."""
        if self.health.failed(now):
            self._dialling.on_change()

    @property
    def connections(self) -> tuple[Calls, ...]:
        """The open connections."""
        return tuple(self._connections)

    def sweep(self, now: float) -> None:
        """Close what has been idle for too long; ping what is to be kept alive."""
        for connection in list(self._connections):
            idle = now - connection.last_active
            if not connection.usable or (
                idle >= self._idle_limit and not connection.pending
            ):
                self._let_go(connection)
            elif 0 < self._dialling.keep_alive <= idle:
                self._send_ping(connection, now)

    def _send_ping(self, connection: Calls, now: float) -> None:
        """Ping; a connection that does not answer is dead."""
        _, answer = connection.call(
            self._ping, b"", int(PING_TIMEOUT * 1000), now + PING_TIMEOUT
        )

        def answered(answer: asyncio.Future[Response]) -> None:
            if not answer.cancelled() and answer.exception() is not None:
                self._let_go(connection)
                connection.abort()

        answer.add_done_callback(answered)

    async def close(self, grace: float = 0.0) -> None:
        """Close every connection; calls in flight may end within ``grace`` seconds."""
        if self._dial is not None:
            self._dial.cancel()
        connections, self._connections = self._connections, []
        for connection in connections:
            connection.retire() if grace else connection.close()
        if connections:
            waits = [asyncio.ensure_future(each.closed()) for each in connections]
            _, late = await asyncio.wait(waits, timeout=grace or 1.0)
            for each in connections:
                each.abort()
            if late:
                await asyncio.wait(late, timeout=1.0)


def _idle_limit(endpoint: Endpoint, idle_timeout: float) -> float:
    """When to stop trusting an idle connection: before the server's own limit, its ``-t``."""
    limits = [idle_timeout or float("inf")]
    if endpoint.timeout_ms > 0:
        limits.append(endpoint.timeout * 0.9)
    return min(limits)
