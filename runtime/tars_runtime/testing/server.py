"""A running application for the length of a test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from tars_runtime.application import Application
from tars_runtime.communicator import Communicator
from tars_runtime.config import ServerConfig
from tars_runtime.rpc import Servant
from tars_runtime.testing.registry import FakeRegistry

__all__ = ["serving"]


@asynccontextmanager
async def serving(
    servants: Mapping[str, Servant], **settings: Any
) -> AsyncIterator[tuple[Application, Communicator]]:
    """A running application on a free port of 127.0.0.1, and a client that finds its objects.

    ::

        async with testing.serving({"Demo.HelloServer.GreeterObj": Greeter()}) as (app, client):
            greeter = client.proxy(GreeterProxy, "Demo.HelloServer.GreeterObj")

    ``settings`` are those of `AdapterConfig`.
    """
    app = Application(ServerConfig(app="Test", server="Server"))
    made = {"endpoint": "tcp -h 127.0.0.1 -p 0 -t 60000", **settings}
    app.add_adapter("TestAdapter", servant=" ".join(servants), **made)
    for name, servant in servants.items():
        app.add_servant(name, servant)
    running = asyncio.create_task(app.serve(grace=1.0))
    starting = asyncio.create_task(app.started())
    await asyncio.wait([running, starting], return_when=asyncio.FIRST_COMPLETED)
    if running.done():
        starting.cancel()
        running.result()
    registry = FakeRegistry()
    for name in servants:
        registry.add(name, app.endpoint("TestAdapter"))
    try:
        async with Communicator(locator=registry) as communicator:
            yield app, communicator
    finally:
        app.shutdown("the test is over")
        await running
