"""The order in which a server starts and stops.

Start: hooks, sockets, heartbeat. Stop: no more heartbeats, no more connections, finish what is in
flight, tell the clients to go elsewhere, close, hooks, last reports. The stop is bounded by the
grace period.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable
from contextlib import AsyncExitStack, nullcontext
from typing import TYPE_CHECKING, Any, Final

from tars_runtime.application import adminobject
from tars_runtime.application.adapter import Adapter
from tars_runtime.application.reports import begin_reports
from tars_runtime.application.routes import routes_of
from tars_runtime.application.setcheck import set_check
from tars_runtime.application.state import State
from tars_runtime.errors import ConfigError
from tars_runtime.protocol import send_reconnect
from tars_runtime.rpc import Current

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
    try:
        async with AsyncExitStack() as stack:
            try:
                await _start(app, stack)
                await stop.wait()
            finally:
                app.state = State.STOPPING
                await _drain(app, grace)
        await _report(app, "stop")
    except Exception as error:
        await _report(app, f"exit: {error}")
        raise
    finally:
        await _finish(app)
        app.state = State.STOPPED


async def _report(app: Application, text: str) -> None:
    """A step of the server's life; of several workers, the administrator tells it."""
    if app.seat is None:
        await app.platform.notices.report(text)


async def _start(app: Application, stack: AsyncExitStack) -> None:
    platform, alone = app.platform, app.seat is None
    async with platform.starting() if alone else nullcontext():
        if app.lifespan is not None:
            await stack.enter_async_context(app.lifespan(app))
        for hook in app.start_hooks:
            await _maybe_await(hook())
        await _open_adapters(app)
    app.set_active()
    log.info("%s serves %s", app.name, ", ".join(map(_described, app.adapters)))
    if alone:
        platform.begin(platform.living_adapters)
    platform.send_logs()


async def _open_adapters(app: Application) -> None:
    begin_reports(app)
    app.adapters = make_adapters(app)
    if not app.adapters:
        raise ConfigError(
            f"expected at least one adapter for {app.name}, got none: add a domain with "
            "endpoint and servant to the file, or call add_adapter()"
        )
    for adapter in app.adapters:
        await adapter.listener.open()


def make_adapters(app: Application) -> list[Adapter]:
    """The adapters of the configuration, and the admin object's; raises `ConfigError`."""
    _check_places(app)
    made = [
        Adapter(
            config,
            app.config,
            {
                name: routes_of(name, servant, app.interceptors)
                for name, servant in app.servants_of(config).items()
            },
            fatal=app.fatal,
            observer=_observer(app),
            allows_set=set_check(app.config),
            dye=app.dyeing.dye,
            reuse_port=app.seat is not None,
        )
        for config in app.adapter_configs
    ]
    if app.seat is not None:
        return made
    admin = adminobject.adapter_of(app, app.run_command, app.shutdown)
    return [*made, admin] if admin is not None else made


def _check_places(app: Application) -> None:
    """Every servant must be reachable; what is forgotten in the file is noticed at once."""
    placed = {
        name for config in app.adapter_configs for name in app.servants_of(config)
    }
    for name in app.servants:
        if name not in placed:
            raise ConfigError(
                f"expected an adapter for the servant {name}, got none: add a domain with "
                f"servant={name} and an endpoint to the file, or pass adapter="
            )


def _observer(app: Application) -> Any:
    observers = app.observers
    if not observers:
        return None
    if len(observers) == 1:
        return observers[0]

    def observe(current: Current, code: int, seconds: float) -> None:
        for each in observers:
            each(current, code, seconds)

    return observe


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
                connection.send(send_reconnect())
        await _leave(app, min(deadline, loop.time() + LINGER))
        await _finish_calls(app, max(0.0, deadline - loop.time()))
    await asyncio.gather(*(each.listener.close() for each in app.adapters))


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


async def _finish(app: Application) -> None:
    """Hooks, then what is still to be sent."""
    for hook in app.stop_hooks:
        try:
            await _maybe_await(hook())
        except Exception:
            log.exception("%s: a stop hook failed", app.name)
    await app.platform.settle()
    await app.close_communicator()


async def _maybe_await(result: Awaitable[None] | None) -> None:
    if inspect.isawaitable(result):
        await result


def _described(adapter: Adapter) -> str:
    return f"{' '.join(adapter.dispatcher.servants)} at {adapter.bound.address}"
