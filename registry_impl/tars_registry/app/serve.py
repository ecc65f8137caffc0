"""``tarsregistry serve``: from the settings to a process that answers until it is told to stop."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tars_runtime.net.limits import raise_file_limit
from tars_runtime.net.loops import new_event_loop

from tars_registry.app.service import Service
from tars_registry.app.shown import servers
from tars_registry.app.values import Settings

__all__ = ["serve"]

log = logging.getLogger(__name__)

STOPS = (signal.SIGTERM, signal.SIGINT)

SWITCH_SECONDS = 0.0005
"""How long a database thread may keep the interpreter from the event loop."""

COLLECT_AFTER = 10_000, 20, 50
"""What must be made before garbage is looked for. Rows and requests are all that stays here, and
hold no cycles; with the usual 700 the collector looks at each batch of them several times."""


def serve(settings: Settings) -> int:
    """Run until SIGTERM or SIGINT; returns the exit code. Raises `TarsError` at a bad start."""
    level = settings.choice("log-level", ("DEBUG", "INFO", "WARNING", "ERROR"))
    logging.basicConfig(
        level=level, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.set_threshold(*COLLECT_AFTER)
    raise_file_limit()  # every supervisor keeps a connection
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(_serve(settings))


async def _serve(settings: Settings) -> int:
    with _stop_signals() as stop:
        return await _serve_until(stop, settings)


async def _serve_until(stop: asyncio.Event, settings: Settings) -> int:
    service = Service(settings)
    try:
        await service.load()
        serving = asyncio.create_task(service.application.serve(), name="serve")
        started = asyncio.create_task(service.application.started(), name="started")
        await asyncio.wait({serving, started}, return_when=asyncio.FIRST_COMPLETED)
        try:
            if started.done():
                await service.begin()
                _say_ready(service)
                await _either(stop, serving)
                await service.leave()
        finally:
            started.cancel()
            if not serving.done():
                service.application.shutdown("asked to stop")
            await serving
    finally:
        await service.close()
    return 0


def _say_ready(service: Service) -> None:
    """The one line on standard output that scripts wait for."""
    sys.stdout.write(
        f"tarsregistry ready: {service.settings.host}:{service.port}, {service.database.name}, "
        f"{servers(len(service.memory.catalog.servers))} {service.origin}, access "
        f"{service.registrar.access.mode}, http {service.http_port or 'off'}\n"
    )
    sys.stdout.flush()


async def _either(stop: asyncio.Event, serving: asyncio.Task[None]) -> None:
    """Until a signal came, or serving ended by itself."""
    waiting = asyncio.create_task(stop.wait(), name="stop")
    await asyncio.wait({waiting, serving}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    with suppress(asyncio.CancelledError):
        await waiting


@contextmanager
def _stop_signals() -> Iterator[asyncio.Event]:
    """Set by the first SIGTERM or SIGINT; the second ends the process at once.

    The handlers are taken back at the end: uvloop leaves them, deaf, when the loop is closed.
    """
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()

    def asked(number: int) -> None:
        if stop.is_set():
            os._exit(128 + number)
        stop.set()

    for number in STOPS:
        loop.add_signal_handler(number, asked, number)
    try:
        yield stop
    finally:
        for number in STOPS:
            loop.remove_signal_handler(number)
