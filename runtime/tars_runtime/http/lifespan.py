"""The ASGI lifespan: an application is told that the server starts, and that it stops.

An application that knows no lifespan raises, or returns, before it says anything: it is served
all the same.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

from tars_runtime.errors import ConfigError

__all__ = ["AsgiApp", "Lifespan"]

log = logging.getLogger("tars.http")

AsgiApp: TypeAlias = Callable[
    [
        MutableMapping[str, Any],
        Callable[[], Awaitable[MutableMapping[str, Any]]],
        Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ],
    Awaitable[None],
]


class Lifespan:
    """The lifespan of one application; ``state`` is what it wants each request to see."""

    def __init__(self, app: AsgiApp, name: str) -> None:
        self.state: dict[str, Any] = {}
        self._app = app
        self._name = name
        self._told: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
        self._said: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Raises `ConfigError` when the application says that it cannot start."""
        self._task = asyncio.ensure_future(self._run())
        said = await self._tell("lifespan.startup")
        if said is not None and said["type"] == "lifespan.startup.failed":
            raise ConfigError(
                f"expected {self._name} to start, got: {said.get('message', '')}"
            )

    async def stop(self) -> None:
        """What the application says to it is logged, and no more."""
        if self._task is None:
            return
        said = await self._tell("lifespan.shutdown")
        if said is not None and said["type"] == "lifespan.shutdown.failed":
            log.error("%s did not stop well: %s", self._name, said.get("message", ""))
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _tell(self, kind: str) -> MutableMapping[str, Any] | None:
        """Tell, and wait for the answer; ``None`` from an application that knows no lifespan."""
        assert self._task is not None
        if self._task.done():
            return None
        self._told.put_nowait({"type": kind})
        answer = asyncio.ensure_future(self._said.get())
        await asyncio.wait([self._task, answer], return_when=asyncio.FIRST_COMPLETED)
        if answer.done():
            return answer.result()
        answer.cancel()
        return None

    async def _run(self) -> None:
        scope = {
            "type": "lifespan",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "state": self.state,
        }
        try:
            await self._app(scope, self._told.get, self._said.put)
        except Exception as error:
            log.debug("%s has no lifespan: %r", self._name, error)
