"""Where metrics can be read: servers with a metrics port, grouped as Prometheus wants them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tars_runtime.interfaces.tars import MetricsAdapterInfo

from tars_registry.model import Server

__all__ = ["metrics_targets"]


def metrics_targets(
    servers: Iterable[Server], wanted: Mapping[str, str] | None = None
) -> list[MetricsAdapterInfo]:
    """One group per application, server and set; only those whose labels are as ``wanted``."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for server in sorted(servers, key=lambda each: each.id):
        if server.metrics_port > 0:
            group = server.application, server.server_name, server.set_id
            groups.setdefault(group, []).append(_target(server))
    made = [
        MetricsAdapterInfo(
            targets=targets,
            labels={"application": application, "server": name, "set": set_id},
        )
        for (application, name, set_id), targets in groups.items()
    ]
    return [
        each
        for each in made
        if all(each.labels.get(name) == value for name, value in (wanted or {}).items())
    ]


def _target(server: Server) -> str:
    """``host:port``; an IPv6 address in brackets."""
    host = server.node_name
    return (
        f"[{host}]:{server.metrics_port}"
        if ":" in host
        else f"{host}:{server.metrics_port}"
    )
