"""An adapter: one listening socket, the servants behind it, and its limits."""

from __future__ import annotations

from dataclasses import replace

from tars_runtime.application.dispatch import Dispatcher
from tars_runtime.config import AdapterConfig, ServerConfig
from tars_runtime.errors import ConfigError
from tars_runtime.net.access import AccessList
from tars_runtime.net.conduct import Limits
from tars_runtime.net.datagrams import DatagramListener
from tars_runtime.net.endpoint import HANDSHAKE, Endpoint
from tars_runtime.net.listener import Connect, Listener, speaks_tars
from tars_runtime.net.mount import Site
from tars_runtime.net.tls import ServerTls, TlsFiles

__all__ = ["Adapter", "endpoint_of"]


def endpoint_of(text: str, localip: str) -> Endpoint:
    """The endpoint of a setting; the host ``localip`` stands for the server's address."""
    endpoint = Endpoint.parse(text)
    if endpoint.host == "localip":
        return replace(endpoint, host=localip or "127.0.0.1")
    return endpoint


class Adapter:
    """What listens at one endpoint, and what answers there.

    ``dispatcher`` runs servants; in its place a `Site` speaks a protocol of its own.
    """

    def __init__(
        self,
        config: AdapterConfig,
        server: ServerConfig,
        dispatcher: Dispatcher | Site,
        *,
        reuse_port: bool = False,
    ) -> None:
        self.config = config
        self.name = config.name
        self.endpoint = endpoint_of(config.endpoint, server.localip)
        if self.endpoint.auth:
            raise ConfigError(
                f"expected an endpoint without -e 1 for {config.name}, got "
                f"{self.endpoint}: {HANDSHAKE}"
            )
        self.dispatcher = dispatcher
        self.listener = _listener(
            self.endpoint,
            dispatcher,
            _limits(config, server, self.endpoint),
            _tls(config, server, self.endpoint),
            reuse_port,
        )

    def bind(self) -> None:
        """Take the port, before anything is served; raises `ConnectError`."""
        self.listener.bind()

    async def open(self) -> None:
        """Listen; raises `ConnectError`, and `ConfigError` from a mounted application."""
        if isinstance(self.dispatcher, Site):
            await self.dispatcher.start()
        await self.listener.open()

    async def close(self) -> None:
        """Close all connections; a mounted application is told."""
        await self.listener.close()
        if isinstance(self.dispatcher, Site):
            await self.dispatcher.stop()

    @property
    def bound(self) -> Endpoint:
        """The endpoint with the port that is really listened on."""
        return replace(self.endpoint, port=self.listener.address[1])


def _listener(
    endpoint: Endpoint,
    dispatcher: Dispatcher | Site,
    limits: Limits,
    tls: ServerTls | None,
    reuse_port: bool,
) -> Listener | DatagramListener:
    if isinstance(dispatcher, Site):
        if endpoint.transport == "udp":
            raise ConfigError(
                f"expected a tcp or ssl endpoint for {dispatcher.name}, got {endpoint}"
            )
        connect: Connect = dispatcher.connect
    elif endpoint.transport == "udp":
        return DatagramListener(endpoint, dispatcher.handle, limits.access, reuse_port)
    else:
        connect = speaks_tars(dispatcher.handle, dispatcher.known)
    return Listener(endpoint, connect, limits, tls=tls, reuse_port=reuse_port)


def _limits(config: AdapterConfig, server: ServerConfig, endpoint: Endpoint) -> Limits:
    return Limits(
        connections=config.max_connections,
        idle_timeout=server.idle_timeout or endpoint.timeout,
        max_frame=server.max_frame,
        unfinished=server.unfinished,
        request_timeout=server.request_timeout,
        backlog_limit=server.backlog_limit,
        backlog_least=server.backlog_least,
        access=AccessList(config.allow, config.deny, config.order),
    )


def _tls(
    config: AdapterConfig, server: ServerConfig, endpoint: Endpoint
) -> ServerTls | None:
    if endpoint.transport != "ssl":
        return None
    own = bool(config.cert)
    return ServerTls(
        TlsFiles(
            ca=config.ca or server.ca,
            cert=config.cert if own else server.cert,
            key=config.key if own else server.key,
            ciphers=config.ciphers or server.ciphers,
            verify_client=config.verify_client or server.verify_client,
        )
    )
