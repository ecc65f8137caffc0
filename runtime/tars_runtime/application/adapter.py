"""An adapter: one listening socket, the servants behind it, and its limits."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import replace

from tars_runtime.application.dispatch import Dispatcher, Fatal, Observer
from tars_runtime.application.routes import Routes
from tars_runtime.config import AdapterConfig, ServerConfig
from tars_runtime.net.access import AccessList
from tars_runtime.net.datagrams import DatagramListener
from tars_runtime.net.endpoint import Endpoint
from tars_runtime.net.listener import Limits, Listener
from tars_runtime.net.tls import TlsFiles, server_context
from tars_runtime.protocol import Request

__all__ = ["Adapter", "endpoint_of"]


def endpoint_of(text: str, localip: str) -> Endpoint:
    """The endpoint of a setting; the host ``localip`` stands for the server's address."""
    endpoint = Endpoint.parse(text)
    if endpoint.host == "localip":
        return replace(endpoint, host=localip or "127.0.0.1")
    return endpoint


class Adapter:
    """What listens at one endpoint and answers there."""

    def __init__(
        self,
        config: AdapterConfig,
        server: ServerConfig,
        servants: dict[str, Routes],
        *,
        fatal: Fatal,
        observer: Observer | None = None,
        allows_set: Callable[[Request], bool] | None = None,
        dye: Callable[[Request], None] | None = None,
        reuse_port: bool = False,
    ) -> None:
        self.config = config
        self.name = config.name
        self.endpoint = endpoint_of(config.endpoint, server.localip)
        self.dispatcher = Dispatcher(
            asyncio.get_running_loop(),
            config,
            fatal=fatal,
            observer=observer,
            allows_set=allows_set,
            dye=dye,
        )
        for name, routes in servants.items():
            self.dispatcher.add(name, routes)
        limits = _limits(config, server, self.endpoint)
        self.listener: Listener | DatagramListener
        if self.endpoint.transport == "udp":
            self.listener = DatagramListener(
                self.endpoint, self.dispatcher.handle, limits.access, reuse_port
            )
        else:
            self.listener = Listener(
                self.endpoint,
                self.dispatcher.handle,
                limits,
                tls=_tls(config, server, self.endpoint),
                reuse_port=reuse_port,
            )

    @property
    def bound(self) -> Endpoint:
        """The endpoint with the port that is really listened on."""
        return replace(self.endpoint, port=self.listener.address[1])


def _limits(config: AdapterConfig, server: ServerConfig, endpoint: Endpoint) -> Limits:
    return Limits(
        connections=config.max_connections,
        idle_timeout=server.idle_timeout or endpoint.timeout,
        max_frame=server.max_frame,
        backlog_limit=server.backlog_limit,
        backlog_least=server.backlog_least,
        access=AccessList(config.allow, config.deny, config.order),
    )


def _tls(
    config: AdapterConfig, server: ServerConfig, endpoint: Endpoint
) -> ssl.SSLContext | None:
    if endpoint.transport != "ssl":
        return None
    own = bool(config.cert)
    return server_context(
        TlsFiles(
            ca=config.ca or server.ca,
            cert=config.cert if own else server.cert,
            key=config.key if own else server.key,
            ciphers=config.ciphers or server.ciphers,
            verify_client=config.verify_client or server.verify_client,
        )
    )
