"""`Application.run` with ``processes`` above one: ports reserved, then a master over workers.

The master binds each TCP port, so that it is known (port 0) and stays ours while workers come and
go; the workers listen on it with SO_REUSEPORT, and the kernel spreads new connections over them.
"""

from __future__ import annotations

import asyncio
import gc
import socket
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tars_runtime.application.adapter import endpoint_of
from tars_runtime.application.administrator import Administrator
from tars_runtime.application.worker import serve_worker
from tars_runtime.errors import TarsError
from tars_runtime.net.endpoint import Endpoint
from tars_runtime.net.loops import new_event_loop
from tars_runtime.net.ports import bind
from tars_runtime.workers import Desk, Master, Seat

if TYPE_CHECKING:
    from tars_runtime.application.application import Application

__all__ = ["WRONG", "run_processes"]

WRONG = 2
"""Exit code for a configuration that is wrong, or a port that is taken."""


def run_processes(app: Application, grace: float | None) -> int:
    """Serve with ``app.config.processes`` workers until told to stop; gives the exit code."""
    with _reserved(app):

        def worker(seat: Seat) -> int:
            app.seat = seat
            return _run(app, serve_worker(app, seat, grace))

        def administrator(desk: Desk) -> int:
            return _run(app, Administrator(app, desk).serve())

        limit = app.config.grace_period if grace is None else grace
        gc.freeze()  # what was imported stays shared: no collection of a child touches it
        return Master(app.config.processes, worker, administrator, limit).run()


def _run(app: Application, work: Coroutine[Any, Any, None]) -> int:
    try:
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            runner.run(work)
    except TarsError as error:
        sys.stderr.write(f"{app.name}: {error}\n")
        return WRONG
    return 0


@contextmanager
def _reserved(app: Application) -> Iterator[None]:
    """Bind the ports of all adapters, and write into their settings which they are."""
    held: list[socket.socket] = []
    try:
        for place, config in enumerate(app.adapter_configs):
            endpoint = endpoint_of(config.endpoint, app.config.localip)
            claimed = _claim(endpoint)
            found = replace(endpoint, port=claimed[0].getsockname()[1])
            if endpoint.transport == "udp":
                claimed[
                    0
                ].close()  # a bound UDP socket would take the workers' datagrams
            else:
                held += claimed
            app.adapter_configs[place] = replace(config, endpoint=str(found))
        yield
    finally:
        for each in held:
            each.close()


def _claim(endpoint: Endpoint) -> list[socket.socket]:
    """Bound sockets that do not listen; raises `ConnectError` when the port is taken."""
    if (
        endpoint.port
    ):  # another server of ours would share it; without SO_REUSEPORT it cannot
        for probe in bind(endpoint):
            probe.close()
    return bind(endpoint, reuse_port=True)
