"""Heartbeats to the node's agent (TarsProtocol `NodeF.tars`): we start, each adapter lives.

An adapter that does not get anything done is left out: the agent then sees a zombie, and restarts
the server. What the agent answers, or that it is not there, never disturbs the server.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import os
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from tars_runtime.errors import TarsError
from tars_runtime.interfaces.tars import ServerFProxy, ServerInfo

__all__ = ["Heartbeat", "Progress", "ask_health"]

log = logging.getLogger("tars.server")

ACTIVATING: Final = 5.0
"""Seconds between reports while the server starts, as in the C++ runtime."""


@dataclass(slots=True)
class Progress:
    """Whether an adapter gets something done: a pure watch over two of its figures."""

    ended: int = -1
    since: float = 0.0

    def is_stuck(self, waiting: int, ended: int, now: float, limit: float) -> bool:
        """True when requests wait and none has ended for more than ``limit`` seconds."""
        if waiting == 0 or ended != self.ended:
            self.ended, self.since = ended, now
        return now - self.since > limit


class Heartbeat:
    """Tells one agent of one server; ``pid`` is the process that the agent may stop."""

    def __init__(
        self, node: ServerFProxy, app: str, server: str, pid: int | None = None
    ) -> None:
        self._node = node
        self._app = app
        self._server = server
        self._pid = pid or os.getpid()
        self._is_heard = True

    async def activating(self) -> None:
        """Report every five seconds that the server starts, until cancelled."""
        while True:
            await self._tell(self._node.keepActiving(self._info("")))
            await asyncio.sleep(ACTIVATING)

    async def beat(self, adapters: Iterable[str]) -> None:
        """Report these adapters as alive, once."""
        for adapter in adapters:
            await self._tell(self._node.keepAlive(self._info(adapter)))

    async def version(self, text: str) -> None:
        """Report which version of the framework the server runs on."""
        await self._tell(self._node.reportVersion(self._app, self._server, text))

    def _info(self, adapter: str) -> ServerInfo:
        return ServerInfo(
            application=self._app,
            serverName=self._server,
            pid=self._pid,
            adapter=adapter,
        )

    async def _tell(self, call: Awaitable[int]) -> None:
        try:
            await call
        except TarsError as error:
            level = logging.WARNING if self._is_heard else logging.DEBUG
            log.log(level, "the node's agent does not hear of us: %s", error)
            self._is_heard = False
        else:
            self._is_heard = True


async def ask_health(checks: Sequence[Callable[[], Awaitable[bool] | bool]]) -> bool:
    """Whether all of an application's own checks say yes; one that raises says no."""
    try:
        for check in checks:
            answer = check()
            if not (await answer if inspect.isawaitable(answer) else answer):
                return False
    except Exception:
        log.exception("a health check failed: the heartbeat is held back")
        return False
    return True
