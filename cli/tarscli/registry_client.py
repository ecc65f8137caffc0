"""The registry as a server in a container uses it: register, beat, leave.

Each call is one attempt within a deadline; who calls decides about repeating it.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Mapping
from contextlib import suppress

from tars_runtime.errors import (
    CallError,
    ConfigError,
    DecodeError,
    NoEndpoint,
    UsageError,
)
from tars_runtime.interfaces import tars
from tars_runtime.net.endpoint import Endpoint, ObjectRef
from tars_runtime.protocol import Code

from tarscli.channel import DirectChannel
from tarscli.files import write_atomic
from tarscli.identity_file import keep
from tarscli.info import ServerInfo
from tarscli.layout import Layout

__all__ = ["NOTIFY", "REGISTRY", "RegistryClient", "find_endpoints", "locator_of"]

REGISTRY = "tars.tarsregistry.Registry"
NOTIFY = "tars.tarsnotify.NotifyObj"
ATTEMPT = 1.0
"""Seconds of one call: what the Go tool waits for an answer."""

FRESH, STALE = 10.0, 86400.0
"""A cached address is used without asking for 10 s, and in an outage for a day."""

_TRANSPORTS = {0: "udp", 1: "tcp", 2: "ssl"}
"""``EndpointF.istcp``."""


def locator_of(text: str) -> ObjectRef:
    """The locator; raises `ConfigError` that says how to write it."""
    try:
        found = ObjectRef.parse(text)
    except UsageError as error:
        raise ConfigError(f"locator (or TARS_LOCATOR): {error}") from error
    if not found.endpoints:
        raise ConfigError(
            "locator (or TARS_LOCATOR): expected tars.tarsregistry.QueryObj@tcp -h HOST "
            f"-p PORT, got {text!r}"
        )
    return found


async def find_endpoints(
    locator: ObjectRef, name: str, timeout: float = ATTEMPT
) -> tuple[list[tars.EndpointF], list[tars.EndpointF]]:
    """The active and the inactive endpoints of an object; raises `CallError`."""
    channel = DirectChannel(locator.name, locator.endpoints)
    try:
        reply = await tars.QueryFProxy(channel).findObjectByIdInSameGroup(
            name, timeout=timeout
        )
    finally:
        await channel.close()
    if reply.ret != 0:
        raise NoEndpoint(
            Code.NO_ENDPOINT, f"the registry answered {reply.ret} for {name}"
        )
    return reply.activeEp, reply.inactiveEp


def endpoint_text(row: tars.EndpointF) -> str:
    """A registry row as an endpoint string."""
    transport = _TRANSPORTS.get(row.istcp, "tcp")
    return f"{transport} -h {row.host} -p {row.port} -t {row.timeout}"


class RegistryClient:
    """One server's dealings with the registry; not for use by two tasks at once."""

    def __init__(
        self, info: ServerInfo, layout: Layout, context: Mapping[str, str]
    ) -> None:
        self._locator = locator_of(info.server.locator)
        self._layout = layout
        self._context = dict(context)
        self._channels: dict[str, DirectChannel] = {}
        self._failed: set[str] = set()
        self.info = info

    async def on_startup(self, word: str, version: str, disable_flow: bool) -> None:
        """Register the server with its adapters; raises `TarsError`.

        What the registry knows this server by is kept for a hook without a supervisor.
        """
        info = self.info
        request = tars.onStartupReq(
            nodeName=info.local_ip,
            application=info.server.application,
            server=info.server.server,
            setID=info.server.set_id,
            adapters=[
                tars.AdapterConf(
                    servant=name,
                    endpoint=each.endpoint,
                    protocol=each.protocol,
                    maxConns=each.maxconns,
                    threadNum=each.threads,
                    queueCap=each.queuecap,
                    queueTimeout=each.queuetimeout,
                )
                for name, each in info.servants
            ],
            disableFlow=disable_flow,
            State=word,
            Version=version,
        )
        channel = await self._channel(REGISTRY)
        await self._kept(
            tars.tarsregistryProxy(channel).onStartup(
                request, timeout=ATTEMPT, context=self._context
            )
        )
        if "secret" in channel.reply_context:
            self._context["secret"] = channel.reply_context["secret"]
        with suppress(OSError):
            keep(self._layout, self._context)

    async def keep_alive(self, word: str) -> bool:
        """Tell the state; whether the registry knows this server. Raises `TarsError`."""
        info = self.info
        request = tars.keepAliveReq(
            nodeName=info.local_ip,
            state=word,
            application=info.server.application,
            server=info.server.server,
        )
        channel = await self._channel(REGISTRY)
        await self._kept(
            tars.tarsregistryProxy(channel).keepAlive(
                request, timeout=ATTEMPT, context=self._context
            )
        )
        return channel.reply_context.get("registered", "1") != "0"

    async def on_prestop(self) -> None:
        """Remove the server's rows; raises `TarsError`."""
        info = self.info
        request = tars.onPrestopReq(
            nodeName=info.local_ip,
            application=info.server.application,
            server=info.server.server,
        )
        channel = await self._channel(REGISTRY)
        await self._kept(
            tars.tarsregistryProxy(channel).onPrestop(
                request, timeout=ATTEMPT, context=self._context
            )
        )

    async def register_metrics(self, port: int) -> None:
        """Register the port of the server's metrics; raises `TarsError`."""
        info = self.info
        request = tars.RegisterMetricsReq(
            nodeName=info.local_ip,
            application=info.server.application,
            server=info.server.server,
            metricsPort=port,
        )
        channel = await self._channel(REGISTRY)
        await self._kept(
            tars.tarsregistryProxy(channel).registerMetrics(
                request, timeout=ATTEMPT, context=self._context
            )
        )

    async def report(self, text: str, level: tars.NOTIFYLEVEL) -> None:
        """Send people a message through the notify service; raises `TarsError`."""
        info = self.info
        notice = tars.ReportInfo(
            eType=tars.ReportType.REPORT,
            sApp=info.server.application,
            sSet=info.server.set_id,
            sServer=info.server.server,
            sMessage=text,
            eLevel=level,
            sNodeName=info.local_ip,
        )
        name = info.server.notify_object or NOTIFY
        channel = await self._channel(name)
        try:
            await tars.NotifyProxy(channel).reportNotifyInfo(notice, timeout=ATTEMPT)
        except (CallError, DecodeError):
            await self._forget(name)
            raise

    async def close(self) -> None:
        """Close all connections."""
        for name in list(self._channels):
            await self._forget(name)

    async def _kept(self, call: Awaitable[None]) -> None:
        """Await a call on the registry; after a failure the next one looks it up again."""
        try:
            await call
        except (CallError, DecodeError):
            await self._forget(REGISTRY)
            raise

    async def _forget(self, name: str) -> None:
        self._failed.add(name)
        channel = self._channels.pop(name, None)
        if channel is not None:
            await channel.close()

    async def _channel(self, name: str) -> DirectChannel:
        """The way to an object: direct, known, cached, looked up, or cached long ago."""
        if name not in self._channels:
            reference = ObjectRef.parse(name)
            endpoints = reference.endpoints or await self._look_up(reference.name)
            self._channels[name] = DirectChannel(reference.name, endpoints)
        return self._channels[name]

    async def _look_up(self, name: str) -> tuple[Endpoint, ...]:
        cached = () if name in self._failed else self._recall(name, FRESH)
        if cached:
            return cached
        self._failed.discard(name)
        try:
            active, _ = await find_endpoints(self._locator, name)
        except (CallError, DecodeError):
            cached = self._recall(name, STALE)
            if cached:
                return cached
            raise
        if not active:
            raise NoEndpoint(
                Code.NO_ENDPOINT, f"the registry knows no active endpoint of {name}"
            )
        text = ":".join(endpoint_text(each) for each in active)
        self._keep(name, text)
        return Endpoint.parse_list(text)

    def _recall(self, name: str, age: float) -> tuple[Endpoint, ...]:
        path = self._layout.cache(name)
        try:
            if not 0 <= time.time() - path.stat().st_mtime <= age:
                return ()
            return ObjectRef.parse(path.read_text(encoding="utf-8")).endpoints
        except (OSError, UsageError, UnicodeDecodeError):
            return ()

    def _keep(self, name: str, endpoints: str) -> None:
        with suppress(OSError):
            write_atomic(self._layout.cache(name), f"{name}@{endpoints}", durable=False)
