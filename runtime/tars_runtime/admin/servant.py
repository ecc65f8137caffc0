"""AdminF as a servant: stop the server, run a command, tell the process's number."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable

from tars_runtime.interfaces.tars import AdminFServant

__all__ = ["Admin"]


class Admin(AdminFServant):
    """Answers as ``AdminObj``."""

    def __init__(
        self,
        run: Callable[[str], Awaitable[str]],
        stop: Callable[[str], None],
        pid: int | None = None,
    ) -> None:
        """``pid`` is the process that stands for the server, without one this."""
        self._run = run
        self._stop = stop
        self._pid = pid

    async def shutdown(self) -> None:
        """Stop the server in order."""
        self._stop("the admin object was asked to")

    async def notify(self, command: str) -> str:
        """Run a command line and give its answer."""
        return await self._run(command)

    async def getPid(self) -> int:
        """The number of the process that stands for the server."""
        return self._pid or os.getpid()
