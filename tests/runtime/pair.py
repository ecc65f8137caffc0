"""A server and a client of it, and how tests wait for what the other end does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from Demo import GreeterProxy
from greeter import NAME, Greeter
from tars_runtime.application import Application
from tars_runtime.communicator import Communicator


class Pair:
    """A server and a client."""

    def __init__(
        self, app: Application, client: Communicator, servant: Greeter
    ) -> None:
        self.app, self.client, self.servant = app, client, servant
        self.greeter = client.proxy(GreeterProxy, NAME)

    @property
    def adapter(self) -> Any:
        return self.app.adapters[0]


async def until(condition: Callable[[], bool]) -> None:
    """Turn the loop until a state of the other end is reached; fails after five seconds."""
    async with asyncio.timeout(5):
        for _ in iter(condition, True):
            await asyncio.sleep(0.001)


def connections(client: Communicator) -> list[Any]:
    core = client.core(asyncio.get_running_loop())
    return [each for target in core.targets for each in target.connections]
