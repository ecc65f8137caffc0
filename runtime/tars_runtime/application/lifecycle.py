"""The order in which a server starts and stops.

Start: ports, hooks, connections, heartbeat. Stop: no more heartbeats, no more connections,
finish what is in flight, tell the clients to go elsewhere, close, hooks, last reports. The stop is
bounded by the grace period.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable
from contextlib import AsyncExitStack, nullcontext
from typing import TYPE_CHECKING, Final

from tars_runtime.application.adapter import Adapter
from tars_runtime.application.adapters import make_adapters
from tars_runtime.application.gauges import begin_gauges
from tars_runtime.application.metrics import close_page, open_page
from tars_runtime.application.reports import begin_reports
from tars_runtime.application.state import State
from tars_runtime.net.server import ServerConnection
from tars_runtime.protocol import send_reconnect

if TYPE_CHECKING:
    from tars_runtime.application.application import Application

__all__ = ["serve"]

log = logging.getLogger("tars.server")


REFRESH: Final = 60.0
"""Seconds after which clients have asked the registry again."""
LINGER: Final = 0.2
"""Seconds that clients have to leave after they were told to."""


async def serve(app: Application, stop: asyncio.Event, grace: float) -> None:
    """Everything between the first hook and the last."""
    app.state = State.STARTING
    word = "stop"
    try:
        async with AsyncExitStack() as stack:
            try:
                await _start(app, stack)
                await stop.wait()
            finally:
                app.state = State.STOPPING
                await _drain(app, grace)
    except Exception as error:
        word = f"exit: {error}"
        raise
    finally:
        await _finish(app, word)
        app.state = State.STOPPED


async def _report(app: Application, text: str) -> None:
    """A step of the server's life; of several workers, the administrator tells it."""
    if app.seat is None:
        await app.platform.notices.report(text)


async def _start(app: Application, stack: AsyncExitStack) -> None:
    platform, alone = app.platform, app.seat is None
    async with platform.starting() if alone else nullcontext():
        _bind_adapters(app)
        begin_gauges(app, stack)
        if alone:
            page = await open_page(app, app.metrics.figures)
            stack.push_async_callback(close_page, page)
        if app.lifespan is not None:
            await stack.enter_async_context(app.lifespan(app))
        for hook in app.start_hooks:
            await _maybe_await(hook())
        for adapter in app.adapters:
            await adapter.open()
    app.set_active()
    log.info("%s serves %s", app.name, ", ".join(map(_described, app.adapters)))
    if alone:
        platform.begin(platform.living_adapters)
    platform.send_logs()


def _bind_adapters(app: Application) -> None:
    """A wrong setting or a taken port is told before the hooks have done anything."""
    begin_reports(app)
    if app.config.metrics_port:
        app.metrics.begin()
    app.adapters = make_adapters(app)
    for adapter in app.adapters:
        adapter.bind()


async def _drain(app: Application, grace: float) -> None:
    """No more heartbeats, stop accepting, finish, `_reconnect_`, close."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + grace
    await app.platform.rest()
    await asyncio.sleep(0)  # connections that the kernel has accepted get in
    for adapter in app.adapters:
        adapter.listener.stop_accepting()
    await _finish_calls(app, grace)
    if app.may_send_away(loop.time(), REFRESH):
        for adapter in app.adapters:
            for connection in adapter.listener.connections:
                if isinstance(connection, ServerConnection):
                    connection.send(send_reconnect())
        await _leave(app, min(deadline, loop.time() + LINGER))
        await _finish_calls(app, max(0.0, deadline - loop.time()))
    await asyncio.gather(*(each.close() for each in app.adapters))


async def _finish_calls(app: Application, timeout: float) -> None:
    left = await asyncio.gather(
        *(each.dispatcher.drain(timeout) for each in app.adapters)
    )
    if any(left):
        log.warning(
            "%s: %d calls were cancelled after %g s", app.name, sum(left), timeout
        )


async def _leave(app: Application, deadline: float) -> None:
    """Wait until the clients have closed their connections, at most until ``deadline``."""
    loop = asyncio.get_running_loop()
    while loop.time() < deadline:
        if not any(each.listener.connections for each in app.adapters):
            return
        await asyncio.sleep(0.02)


async def _finish(app: Application, word: str) -> None:
    """Hooks, then what is still to be sent: all at once, for services that hang cost their time."""
    for hook in app.stop_hooks:
        try:
            await _maybe_await(hook())
        except Exception:
            log.exception("%s: a stop hook failed", app.name)
    await asyncio.gather(
        _report(app, word), app.platform.settle(), app.send_last_reports()
    )
    await app.close_communicator()


async def _maybe_await(result: Awaitable[None] | None) -> None:
    if inspect.isawaitable(result):
        await result


def _described(adapter: Adapter) -> str:
    return f"{' '.join(adapter.dispatcher.servants)} at {adapter.bound.address}"
