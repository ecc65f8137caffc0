"""UDP: one packet a datagram, in both directions.

A datagram whose length does not fit is dropped. Lost answers are time-outs; nothing is sent
again. Answers go to the address that asked.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Mapping
from typing import Final, cast

from tars_runtime.errors import CallError, ConnectError
from tars_runtime.net.access import AccessList
from tars_runtime.net.calls import Calls
from tars_runtime.net.endpoint import Endpoint
from tars_runtime.net.ports import bind
from tars_runtime.net.server import Handler, ServerConnection
from tars_runtime.protocol import Code, Request, ServerWire, read_datagram, send_push

__all__ = ["DatagramConnection", "DatagramListener"]

log = logging.getLogger("tars.net")

LARGEST: Final = 65_507
"""Bytes that a UDP datagram over IPv4 can carry."""


class DatagramConnection(Calls, asyncio.DatagramProtocol):
    """A client's socket for one UDP endpoint."""

    _transport: asyncio.DatagramTransport | None = None

    @property
    def is_full(self) -> bool:
        """Never: what a socket cannot take is lost, as datagrams may be."""
        return False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)
        self.usable = True

    def write(self, frame: bytes) -> None:
        """Send one datagram; raises `CallError` (-13) for a frame that none can carry."""
        if len(frame) > LARGEST:
            raise CallError(
                Code.SEND,
                f"expected at most {LARGEST} bytes in a datagram, got {len(frame)}: "
                "use a tcp endpoint",
            )
        if self._transport is not None:
            self._transport.sendto(frame)

    async def writable(self) -> None:
        """A datagram is sent, or lost: nobody waits."""

    def datagram_received(self, data: bytes, addr: object) -> None:
        if read_datagram(data) is None:
            log.debug("%s: a datagram of %d bytes that is no frame", addr, len(data))
            return
        self._receive(data)

    def error_received(self, exc: Exception) -> None:
        """Nobody listens there: as with TCP, the calls in flight need not wait."""
        self._fail(lambda: self._lost(exc))

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._ended(lambda: self._lost(exc))

    def _lost(self, error: Exception | None) -> ConnectError:
        return ConnectError(
            Code.CONNECT,
            f"expected an answer from {self.endpoint.address}, got: {error or 'closed'}",
        )

    def close(self) -> None:
        self.usable = False
        if self._transport is not None:
            self._transport.close()

    abort = close


class DatagramPeer:
    """Who sent a datagram: the answer's way back."""

    __slots__ = ("_transport", "inflight", "peer")

    def __init__(
        self, transport: asyncio.DatagramTransport, peer: tuple[str, int]
    ) -> None:
        self._transport = transport
        self.peer = peer
        self.inflight = 0

    def send(self, frame: bytes) -> None:
        """Answer; an answer that no datagram can carry is logged and lost."""
        if len(frame) > LARGEST:
            log.error(
                "%s:%d: an answer of %d bytes fits no datagram", *self.peer, len(frame)
            )
        elif not self._transport.is_closing():
            self._transport.sendto(frame, self.peer)

    def push(
        self, body: bytes, function: str = "", context: Mapping[str, str] | None = None
    ) -> bool:
        """Send a message that nobody asked for, and hope."""
        self.send(send_push(body, function=function, context=context or {}))
        return not self._transport.is_closing()

    def on_close(self, callback: Callable[[], None]) -> None:
        """Who sends datagrams never hangs up: this is never called."""


class DatagramListener(asyncio.DatagramProtocol):
    """Answers what comes to one UDP endpoint."""

    def __init__(
        self,
        endpoint: Endpoint,
        handler: Handler,
        access: AccessList,
        reuse_port: bool = False,
    ) -> None:
        self.endpoint = endpoint
        self.accepted = 0
        self.refused = 0
        """Datagrams from peers that are not allowed, or that are no frames."""
        self.connections: frozenset[ServerConnection] = frozenset()
        """None: a datagram comes alone."""
        self._handler = handler
        self._reuse_port = reuse_port
        self._access = access
        self._loop = asyncio.get_running_loop()
        self._socket: socket.socket | None = None
        self._bound = (endpoint.host, endpoint.port)
        self._transport: asyncio.DatagramTransport | None = None

    def bind(self) -> None:
        """Take the port; what comes before `open` waits. Raises `ConnectError`.

        A port that workers share is taken by `open` alone: this one would get datagrams that
        the others could answer already.
        """
        if not self._reuse_port:
            self._take_port()

    def _take_port(self) -> None:
        (self._socket,) = bind(self.endpoint, reuse_port=self._reuse_port)
        name = self._socket.getsockname()
        self._bound = (name[0], name[1])

    async def open(self) -> None:
        """Answer what comes; raises `ConnectError` that names the endpoint."""
        if self._socket is None:
            self._take_port()
        await self._loop.create_datagram_endpoint(lambda: self, sock=self._socket)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port that are really bound."""
        return self._bound

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        transport = self._transport
        if transport is None:
            return
        if read_datagram(data) is None or not self._access.allows(addr[0]):
            self.refused += 1
            return
        for event in ServerWire(len(data)).receive_data(data):
            if not isinstance(event, Request):
                self.refused += 1
                return
            self.accepted += 1
            peer = DatagramPeer(transport, (addr[0], addr[1]))
            answer = self._handler(peer, event, self._loop.time())
            if answer is not None:
                peer.send(answer)

    def error_received(self, exc: Exception) -> None:
        log.debug("%s: %s", self.endpoint.address, exc)

    def stop_accepting(self) -> None:
        """Nothing: who sends datagrams has no connection that could be refused.

        Until `close` they are answered, as requests on open connections are; silence would be a
        time-out to each caller.
        """

    async def close(self, timeout: float = 0.0) -> None:
        """Close the socket."""
        del timeout
        if self._transport is not None:
            self._transport.close()
        elif self._socket is not None:
            self._socket.close()
