"""What the admin object shows of a running server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tars_runtime.application.adapter import Adapter
    from tars_runtime.application.application import Application

__all__ = ["drain_status", "view_connections", "view_status"]


def drain_status(app: Application) -> dict[str, int]:
    """Whether the server may be stopped: requests in flight, connections, idle milliseconds.

    The admin object's own requests and connections do not count.
    """
    now = asyncio.get_running_loop().time()
    adapters = [each for each in app.adapters if each.name != "AdminAdapter"]
    last = max((each.dispatcher.last_request for each in adapters), default=0.0)
    return {
        "inflight": sum(e.dispatcher.running + e.dispatcher.waiting for e in adapters),
        "connections": sum(len(each.listener.connections) for each in adapters),
        "idle_ms": round((now - last) * 1000),
    }


def view_status(app: Application) -> str:
    """Settings and counters, a line each."""
    return "\n".join(_status_lines(app))


def _status_lines(app: Application) -> Iterator[str]:
    yield f"[server] {app.name} {app.state.value}"
    for name in ("node_name", "set_name", "logpath", "log_level"):
        yield f"  {name}: {getattr(app.config, name) or '-'}"
    yield "[client]"
    yield from (f"  {name}: {value}" for name, value in _client(app))
    for adapter in app.adapters:
        yield f"[adapter] {adapter.name} {adapter.bound}"
        yield from (f"  {name}: {value}" for name, value in _figures(adapter))


def _client(app: Application) -> Iterator[tuple[str, object]]:
    client = app.communicator
    core = client.core(asyncio.get_running_loop())
    connections = [each for target in core.targets for each in target.connections]
    yield "locator", client.config.locator or "-"
    yield "module_name", client.config.module_name or "-"
    yield "call_timeout", f"{client.config.call_timeout:g} s"
    yield "connections", len(connections)
    yield "in flight", sum(len(each.pending) + each.waiting for each in connections)
    out = [target.address for target in core.targets if target.health.is_out]
    yield "endpoints left out", " ".join(out) or "-"


def _figures(adapter: Adapter) -> Iterator[tuple[str, object]]:
    config, dispatcher, listener = adapter.config, adapter.dispatcher, adapter.listener
    counters = dispatcher.counters
    yield "servants", " ".join(dispatcher.servants)
    yield "connections", f"{len(listener.connections)} of {config.max_connections}"
    yield "accepted", listener.accepted
    yield "refused", listener.refused
    yield "running", dispatcher.running
    yield "waiting", f"{dispatcher.waiting} of {config.queue_capacity}"
    yield "requests", counters.requests
    yield "failed", counters.failed
    yield "overloads", counters.overloads
    yield "queue timeouts", counters.queue_timeouts
    yield "one-way dropped", counters.dropped


def view_connections(app: Application) -> str:
    """Who is connected to which adapter."""
    now = asyncio.get_running_loop().time()
    lines: list[str] = []
    for adapter in app.adapters:
        connections = adapter.listener.connections
        lines.append(
            f"[adapter] {adapter.name} {len(connections)} of {adapter.config.max_connections}"
        )
        lines.extend(
            f"  {each.peer[0]}:{each.peer[1]} idle {now - each.last_active:.1f} s "
            f"in flight {each.inflight} received {each.received} sent {each.sent}"
            for each in connections
        )
    return "\n".join(lines)
