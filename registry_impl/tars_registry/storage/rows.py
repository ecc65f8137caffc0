"""From a database's row to one of ours: nulls become defaults, nothing else changes.

Names and words repeat in thousands of rows, so each is kept once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from sys import intern
from typing import Any, Final

from tars_registry.model import (
    Adapter,
    GroupRule,
    Key,
    Priority,
    RegistryInfo,
    Server,
)
from tars_registry.table.changes import Change

__all__ = [
    "COLUMNS",
    "KEYS",
    "OF_SERVERS",
    "STAMPS",
    "Done",
    "LeaseRow",
    "Stored",
    "adapter",
    "lease",
    "server",
]

COLUMNS: Final = {
    "servers": (
        "id, application, server_name, node_name, setting_state, present_state, "
        "grid_flag, bak_flag, enable_group, enable_set, set_name, set_area, set_group, "
        "ip_group_name, patch_version, server_type"
    ),
    "adapters": (
        "id, application, server_name, node_name, adapter_name, servant, endpoint, "
        "protocol, thread_num, max_connections, queuecap, queuetimeout"
    ),
    "leases": "id, app, server, node, instance, secret, origin, beat, {unix}",
    "registries": (
        "id, locator_id, servant, endpoint, present_state, tars_version, enable_group"
    ),
    "rules": "group_id, group_name, allow_ip_rule",
    "priorities": "id, list_order, group_list, station",
}
"""What is selected, in this order; ``servers`` continues with ``flow_state`` and ``metrics_port``,
or with literals where a schema lacks them; ``leases`` want the dialect's UNIX time."""

KEYS: Final = {
    "t_server_conf": "application, server_name, node_name",
    "t_adapter_conf": "application, server_name, node_name",
    "tars2py_lease": "app, server, node",
}
"""Where a row says which server it belongs to."""

OF_SERVERS: Final = {
    "t_server_conf": "TRUE",
    "t_adapter_conf": "TRUE",
    "tars2py_lease": "app <> ''",
}
"""Which rows belong to a server."""

STAMPS: Final = {
    "t_server_conf": "registry_timestamp",
    "t_adapter_conf": "registry_timestamp",
    "tars2py_lease": "CRC32(CONCAT(instance, secret, origin))",
}
"""What tells whether a row changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseRow:
    """A row of ``tars2py_lease``."""

    id: int
    key: Key
    instance: str
    secret: str
    age: int | None = None
    """Seconds since the sign of life that it tells; ``None`` when that is not known."""
    held: bool = True
    """Whether the server still lives by it: one that was destroyed gave it up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """Everything that the database has about one server on one node."""

    server: Server | None = None
    adapters: tuple[Adapter, ...] = ()
    lease: LeaseRow | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """A change that was committed."""

    change: Change
    found: bool
    """Whether the rows were as the change expected them."""
    stored: Stored
    """What the database has about the server now."""


def server(row: Sequence[Any]) -> Server:
    """A row of ``t_server_conf``."""
    return Server(
        id=row[0],
        application=intern(row[1] or ""),
        server_name=intern(row[2] or ""),
        node_name=intern(row[3] or ""),
        setting_state=intern(row[4] or ""),
        present_state=intern(row[5] or ""),
        grid_flag=intern(row[6] or ""),
        bak_flag=row[7] or 0,
        enable_group=intern(row[8] or ""),
        enable_set=intern(row[9] or ""),
        set_name=intern(row[10] or ""),
        set_area=intern(row[11] or ""),
        set_group=intern(row[12] or ""),
        ip_group_name=intern(row[13] or ""),
        patch_version=intern(row[14] or ""),
        server_type=intern(row[15] or ""),
        flow_state=intern(row[16] or ""),
        metrics_port=row[17] or 0,
    )


def adapter(row: Sequence[Any]) -> Adapter:
    """A row of ``t_adapter_conf``."""
    return Adapter(
        id=row[0],
        application=intern(row[1] or ""),
        server_name=intern(row[2] or ""),
        node_name=intern(row[3] or ""),
        adapter_name=intern(row[4] or ""),
        servant=intern(row[5] or ""),
        endpoint=row[6] or "",
        protocol=intern(row[7] or ""),
        thread_num=row[8] or 0,
        max_connections=row[9] or 0,
        queuecap=row[10] or 0,
        queuetimeout=row[11] or 0,
    )


def lease(row: Sequence[Any]) -> LeaseRow:
    """A row of ``tars2py_lease``."""
    return LeaseRow(
        id=row[0],
        key=Key.of(row[1], row[2], row[3]),
        instance=intern(row[4]),
        secret=intern(row[5]),
        held=row[6] == "ours",
        age=max(0, row[8] - row[7]),
    )


def registry(row: Sequence[Any]) -> RegistryInfo:
    """A row of ``t_registry_info``."""
    return RegistryInfo(
        id=row[0],
        locator_id=row[1],
        servant=row[2],
        endpoint=row[3],
        present_state=intern(row[4] or ""),
        tars_version=row[5] or "",
        enable_group=intern(row[6] or ""),
    )


def rule(row: Sequence[Any]) -> GroupRule:
    """A row of ``t_server_group_rule``."""
    return GroupRule(
        group_id=row[0], group_name=row[1] or "", allow_ip_rule=row[2] or ""
    )


def priority(row: Sequence[Any]) -> Priority:
    """A row of ``t_group_priority``."""
    return Priority(
        id=row[0],
        list_order=row[1] or 0,
        group_list=row[2] or "",
        station=row[3] or "",
    )
