"""The client's end of a TCP or TLS connection; requests of one turn leave in one write."""

from __future__ import annotations

import asyncio
import os
import ssl
from socket import gaierror
from typing import Any, cast

from tars_runtime.errors import ConnectError
from tars_runtime.net.calls import Calls
from tars_runtime.net.datagrams import DatagramConnection
from tars_runtime.net.endpoint import HANDSHAKE, Endpoint
from tars_runtime.net.names import names_of, shows
from tars_runtime.net.ports import mark
from tars_runtime.net.tls import ClientTls
from tars_runtime.protocol import MAX_FRAME, Code

__all__ = ["ClientConnection", "connect"]


class ClientConnection(Calls, asyncio.Protocol):
    """One connection to one endpoint, shared by all calls that go there."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        endpoint: Endpoint,
        max_frame: int = MAX_FRAME,
    ) -> None:
        super().__init__(loop, endpoint, max_frame)
        self._out: list[bytes] = []
        self._transport: asyncio.Transport | None = None
        self._writable: asyncio.Future[None] | None = None
        self._turn = asyncio.Lock()

    def write(self, frame: bytes) -> None:
        """Send bytes; those of one turn of the loop leave together."""
        out = self._out
        if not out:
            self.loop.call_soon(self._flush)
        out.append(frame)

    def _flush(self) -> None:
        out, self._out = self._out, []
        transport = self._transport
        if transport is None or not out:
            return
        self.last_active = self.loop.time()
        transport.write(out[0] if len(out) == 1 else b"".join(out))

    @property
    def is_full(self) -> bool:
        """The peer takes no more for now: wait for `writable` before sending."""
        return self._writable is not None

    async def writable(self) -> None:
        """Wait until the peer takes bytes again, or the connection ends.

        Who waits goes on one after the other, so that all together do not send at once what the
        peer did not take before.
        """
        if self._writable is None:
            return
        self.waiting += 1
        try:
            async with self._turn:
                while self._writable is not None:
                    await asyncio.shield(self._writable)
        finally:
            self.waiting -= 1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self.usable = True

    def data_received(self, data: bytes) -> None:
        self._receive(data)

    def pause_writing(self) -> None:
        self._writable = self.loop.create_future()

    def resume_writing(self) -> None:
        writable, self._writable = self._writable, None
        if writable is not None and not writable.done():
            writable.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        why = f": {exc}" if exc else ""
        address = self.endpoint.address
        self._transport = None
        self._out.clear()
        self._ended(
            lambda: ConnectError(
                Code.CONNECT,
                f"expected an answer, got the end of the connection to {address}{why}",
            )
        )
        self.resume_writing()

    def close(self) -> None:
        """Close once what was written has left."""
        self.usable = False
        if self._out:
            self._flush()
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        self.usable = False
        if self._transport is not None:
            self._transport.abort()


async def connect(
    endpoint: Endpoint,
    *,
    tls: ClientTls | None = None,
    service: str = "",
    max_frame: int = MAX_FRAME,
    timeout: float | None = None,
) -> Calls:
    """Connect to an endpoint within ``timeout`` seconds; raises `ConnectError`.

    ``tls`` is for ``ssl`` endpoints, ``service`` the ``App.Server`` whose certificate is expected
    there. Raises `ConfigError` for files that cannot be used.
    """
    loop = asyncio.get_running_loop()
    if endpoint.auth:
        raise _unreachable(endpoint, HANDSHAKE)
    if endpoint.transport == "udp":
        return await _open_datagrams(loop, endpoint)
    wanted: dict[str, Any] = {}
    if tls is not None:
        name = tls.files.server_name or endpoint.host
        wanted = {"ssl": tls.context(), "server_hostname": name}
    if endpoint.bind:
        wanted["local_addr"] = (endpoint.bind, 0)
    try:
        async with asyncio.timeout(timeout):
            transport, connection = await loop.create_connection(
                lambda: ClientConnection(loop, endpoint, max_frame),
                endpoint.host,
                endpoint.port,
                **wanted,
            )
    except TimeoutError as error:
        raise _unreachable(endpoint, f"nothing within {timeout} s") from error
    except OSError as error:
        raise _unreachable(endpoint, _said(error)) from error
    mark(transport.get_extra_info("socket"), endpoint)
    if tls is not None and not tls.context().check_hostname:
        _check_name(transport, endpoint, service)
    return connection


def _check_name(
    transport: asyncio.BaseTransport, endpoint: Endpoint, service: str
) -> None:
    """OpenSSL has checked the chain; hang up on a certificate of somebody else's."""
    names = names_of(transport.get_extra_info("peercert") or {})
    if shows(names, endpoint.host, service):
        return
    cast("asyncio.Transport", transport).abort()
    expected = f"{endpoint.host} or {service}" if service else endpoint.host
    got = ", ".join(name for _, name in names) or "no name"
    raise _unreachable(
        endpoint,
        f"certificate verify failed: expected a certificate for {expected}, got one for {got}: "
        "set tls-server-name to the name that the server's certificate has",
    )


async def _open_datagrams(
    loop: asyncio.AbstractEventLoop, endpoint: Endpoint
) -> DatagramConnection:
    try:
        transport, connection = await loop.create_datagram_endpoint(
            lambda: DatagramConnection(loop, endpoint),
            remote_addr=(endpoint.host, endpoint.port),
        )
    except OSError as error:
        raise _unreachable(endpoint, _said(error)) from error
    mark(transport.get_extra_info("socket"), endpoint)
    return connection


def _said(error: OSError) -> str:
    """What the system says, without asyncio's own words; and what to do about the likeliest."""
    if isinstance(error, ConnectionRefusedError):
        return "connection refused: check that the server runs and listens there"
    if error.errno is not None and not isinstance(error, ssl.SSLError | gaierror):
        return os.strerror(error.errno)
    return error.strerror or str(error)


def _unreachable(endpoint: Endpoint, why: str) -> ConnectError:
    return ConnectError(
        Code.CONNECT, f"expected a connection to {endpoint.address}, got: {why}"
    )
