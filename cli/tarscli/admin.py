"""The running server's admin object, on its own host."""

from __future__ import annotations

from tars_runtime.interfaces import tars

from tarscli.channel import DirectChannel
from tarscli.drain import Evidence, parse_evidence
from tarscli.info import ServerInfo

__all__ = ["Admin"]

_LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}


class Admin:
    """One call, one connection: admin commands are rare."""

    def __init__(self, info: ServerInfo) -> None:
        from dataclasses import replace

        endpoint = info.admin
        host = _LOOPBACK.get(endpoint.host, endpoint.host)
        self._endpoint = replace(endpoint, host=host)

    async def notify(self, command: str, timeout: float) -> str:
        """Run one admin command; raises `CallError`."""
        channel = DirectChannel("AdminObj", (self._endpoint,))
        try:
            return await tars.AdminFProxy(channel).notify(command, timeout=timeout)
        finally:
            await channel.close()

    async def shutdown(self, timeout: float) -> None:
        """Ask the server to end; raises `CallError` when it does not even take the question."""
        channel = DirectChannel("AdminObj", (self._endpoint,))
        try:
            await tars.AdminFProxy(channel).shutdown(timeout=timeout)
        finally:
            await channel.close()

    async def evidence(self, timeout: float) -> Evidence | None:
        """What the server says of its clients; `None` when it cannot say; raises `CallError`."""
        return parse_evidence(await self.notify("tars.drainstatus", timeout))
