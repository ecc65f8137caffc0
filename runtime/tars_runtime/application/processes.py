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
from tars_runtime.errors import ConnectError, TarsError
from tars_runtime.net.endpoint import Endpoint
from tars_runtime.net.loops import new_event_loop
from tars_runtime.protocol import Code
from tars_runtime.workers import Desk, Master, Seat

if TYPE_CHECKING:
    from tars_runtime.application.application import Application

__all__ = ["run_processes"]

WRONG = 2


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
            bound = _bind(endpoint)
            found = replace(endpoint, port=bound.getsockname()[1])
            if endpoint.transport == "udp":
                bound.close()  # a bound UDP socket would take the workers' datagrams
            else:
                held.append(bound)
            app.adapter_configs[place] = replace(config, endpoint=str(found))
        yield
    finally:
        for each in held:
            each.close()


def _bind(endpoint: Endpoint) -> socket.socket:
    """A bound socket that does not listen; raises `ConnectError` when the port is taken."""
    host = endpoint.bind or endpoint.host or "0.0.0.0"
    kind = socket.SOCK_DGRAM if endpoint.transport == "udp" else socket.SOCK_STREAM
    try:
        family, _, _, _, address = socket.getaddrinfo(host, endpoint.port, type=kind)[0]
        if endpoint.port:
            _is_free(family, kind, address)
        made = socket.socket(family, kind)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        made.bind(address)
    except OSError as error:
        raise ConnectError(
            Code.CONNECT,
            f"expected to listen on {endpoint.address}, got: "
            f"{error.strerror or error} - is the port taken, the address this machine's?",
        ) from error
    return made


def _is_free(family: int, kind: int, address: Any) -> None:
    """Another server of ours would share its port with us; without SO_REUSEPORT it cannot."""
    with socket.socket(family, kind) as probe:
        if kind == socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)
