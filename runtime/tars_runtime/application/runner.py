"""`Application.run`: the event loop, the signals, and the exit code."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from typing import TYPE_CHECKING

from tars_runtime.application.processes import WRONG, run_processes
from tars_runtime.errors import TarsError, UsageError
from tars_runtime.net.limits import raise_file_limit
from tars_runtime.net.loops import new_event_loop

if TYPE_CHECKING:
    from tars_runtime.application.application import Application

__all__ = ["WRONG", "new_event_loop", "run"]

log = logging.getLogger("tars.server")

SIGNALS = (signal.SIGTERM, signal.SIGINT)


def run(app: Application, grace: float | None) -> None:
    """Serve until a signal or the admin object says stop; raises `UsageError` on a running loop."""
    if asyncio._get_running_loop() is not None:
        raise UsageError(
            "expected run() on a thread without an event loop, got one on a running loop: "
            "await serve() there"
        )
    try:
        raise_file_limit()
        with app.logs.opened(console=True):
            if app.config.processes > 1:
                _end_with(run_processes(app, grace))
                return
            with asyncio.Runner(loop_factory=new_event_loop) as runner:
                runner.run(_serve(app, grace))
    except TarsError as error:
        sys.stderr.write(f"{app.name}: {error}\n")
        raise SystemExit(WRONG) from None


def _end_with(code: int) -> None:
    if code:
        raise SystemExit(code)


async def _serve(app: Application, grace: float | None) -> None:
    if not app.config.ignore_signals:
        _handle_signals(app)
    try:
        await app.serve(grace=grace)
    finally:  # a closed loop of uvloop would leave them deaf
        for number in SIGNALS:
            asyncio.get_running_loop().remove_signal_handler(number)


def _handle_signals(app: Application) -> None:
    """The first signal stops in order, the second at once."""
    loop = asyncio.get_running_loop()
    seen: list[int] = []

    def handle(number: int) -> None:
        seen.append(number)
        name = signal.Signals(number).name
        if len(seen) > 1:
            log.warning("%s ends at once: a second %s", app.name, name)
            os._exit(128 + number)
        app.shutdown(name)

    for number in SIGNALS:
        loop.add_signal_handler(number, handle, number)
