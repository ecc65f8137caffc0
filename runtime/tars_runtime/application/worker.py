"""A worker process of a server with several: serves like a server alone, and answers questions.

Node, notices and admin object are the administrator's; statistics, logs and remote configuration
are each worker's own.
"""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from tars_runtime.application.status import drain_status
from tars_runtime.metrics.figures import to_json
from tars_runtime.platform.heartbeat import ask_health
from tars_runtime.workers import MARGIN, watch
from tars_runtime.workers.channel import answer_all
from tars_runtime.workers.seats import ACTIVE, Seat

if TYPE_CHECKING:
    from tars_runtime.application.application import Application

__all__ = ["serve_worker"]


async def serve_worker(app: Application, seat: Seat, grace: float | None) -> None:
    """Serve until SIGTERM, or until the master is gone."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, app.end, "told by the master")
    loop.add_reader(seat.lifeline.fileno(), _master_gone, app, seat)
    watch(seat.lifeline, (app.config.grace_period if grace is None else grace) + MARGIN)
    answering = asyncio.ensure_future(
        answer_all(seat.channel, lambda kind, of: _answer(app, kind, of))
    )
    telling = asyncio.ensure_future(_tell_when_active(app, seat))
    try:
        await app.serve(grace=grace)
    finally:
        loop.remove_reader(seat.lifeline.fileno())
        for task in (telling, answering):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def _tell_when_active(app: Application, seat: Seat) -> None:
    await app.started()
    seat.tell(ACTIVE)


def _master_gone(app: Application, seat: Seat) -> None:
    asyncio.get_running_loop().remove_reader(seat.lifeline.fileno())
    app.end("the master process is gone")


async def _answer(app: Application, kind: str, of: str) -> Any:
    if kind == "command":
        return await app.commands.run(of)
    if kind == "metrics":
        return to_json(await app.metrics.figures())
    return await _status(app)


async def _status(app: Application) -> dict[str, Any]:
    """What the administrator adds up."""
    return {
        "pid": os.getpid(),
        "state": app.state.value,
        "healthy": app.healthy and await ask_health(app.health_checks),
        "living": app.platform.living_adapters(),
        "drain": drain_status(app),
    }
