"""What is written: many changes in one transaction, each kind in as few statements as it allows.

Everything here runs inside a transaction of the caller's. Rows are written in the order of their
keys, so that two replicas wait for each other instead of deadlocking.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any, Final

from sqlalchemy import Connection, bindparam, text

from tars_registry.model import ACTIVE, INACTIVE, NO_FLOW, Key
from tars_registry.storage import reads
from tars_registry.storage.dialect import Dialect
from tars_registry.storage.rows import Stored
from tars_registry.table.changes import Register
from tars_registry.table.requests import AdapterSpec

__all__ = ["Clock", "beats", "register"]

CHUNK: Final = 500
"""Rows of one statement."""

NODE_OBJECT: Final = "tars.tarsnode.NodeObj@tcp -h {} -p 0"
"""``node_obj`` of a node without a node agent: port 0 says so."""

_SERVER_KEY: Final = "application, server_name, node_name"

_SERVER_COLUMNS: Final = (
    "application",
    "server_name",
    "node_name",
    "patch_version",
    "present_state",
    "enable_set",
    "set_name",
    "set_area",
    "set_group",
    "grid_flag",
    "server_type",
    "registry_timestamp",
    "patch_time",
    "posttime",
)

_ADAPTER_COLUMNS: Final = (
    "application",
    "server_name",
    "node_name",
    "adapter_name",
    "servant",
    "endpoint",
    "protocol",
    "thread_num",
    "max_connections",
    "queuecap",
    "queuetimeout",
)

_NODE_COLUMNS: Final = (
    "node_name",
    "node_obj",
    "endpoint_ip",
    "endpoint_port",
    "last_reg_time",
    "last_heartbeat",
    "setting_state",
    "present_state",
)

_LEASE_COLUMNS: Final = ("app", "server", "node", "instance", "secret", "beat")

_ALIVE: Final = (
    "present_state = CASE WHEN endpoint_port = 0 THEN 'active' ELSE present_state END"
)
"""A node with an agent (port not 0) is the agent's to describe."""


class Clock:
    """The database's time at the start of a transaction: session time as text, and UNIX time."""

    def __init__(self, connection: Connection, dialect: Dialect) -> None:
        self.text, self.unix = connection.execute(text(dialect.clock)).one()


def register(
    connection: Connection,
    dialect: Dialect,
    columns: str,
    changes: Sequence[Register],
) -> dict[Key, Stored]:
    """Write registrations and read back what is stored now."""
    ordered = sorted(changes, key=lambda each: each.key)
    clock = Clock(connection, dialect)
    _nodes(connection, dialect, clock, ordered)
    _servers(connection, dialect, clock, columns, ordered)
    _adapters(connection, dialect, ordered)
    _leases(connection, dialect, clock, ordered)
    stored = reads.of_keys(connection, columns, [each.key for each in ordered])
    return _without_stale(connection, ordered, stored)


def beats(
    connection: Connection,
    dialect: Dialect,
    nodes: Iterable[str],
    lease_ids: Iterable[int],
) -> None:
    """Note signs of life: of nodes for the C++ registry's sweep, of leases for ours.

    The one statement that runs for every heartbeat goes to the driver as it is.
    """
    alive = f"last_heartbeat = CURRENT_TIMESTAMP, {_ALIVE}"
    updates = (
        (f"UPDATE t_node_info SET {alive} WHERE node_name IN", sorted(nodes)),
        (
            f"UPDATE tars2py_lease SET beat = {dialect.unix} WHERE id IN",
            sorted(lease_ids),
        ),
    )
    for update, values in updates:
        for chunk in chunks(values):
            marks = ",".join([dialect.mark] * len(chunk))
            connection.exec_driver_sql(f"{update} ({marks})", tuple(chunk))


def chunks(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    """The values in groups of one statement's size."""
    return (values[at : at + CHUNK] for at in range(0, len(values), CHUNK))


def _nodes(
    connection: Connection,
    dialect: Dialect,
    clock: Clock,
    changes: Sequence[Register],
) -> None:
    names = sorted({each.registration.node for each in changes})
    known = _known_nodes(connection, names)
    statement = text(
        dialect.upsert(
            "t_node_info", _NODE_COLUMNS, "node_name", ("last_heartbeat", _ALIVE)
        )
    )
    rows = [
        {
            "node_name": name,
            "node_obj": NODE_OBJECT.format(name),
            "endpoint_ip": name,
            "endpoint_port": 0,
            "last_reg_time": clock.text,
            "last_heartbeat": clock.text,
            "setting_state": ACTIVE,
            "present_state": ACTIVE,
        }
        for name in names
    ]
    connection.execute(statement, rows)
    ours = [{"node": name} for name in names if name.lower() not in known]
    if ours:
        claim = f"{dialect.ignore} tars2py_lease (node) VALUES (:node)"
        connection.execute(text(claim), ours)


def _known_nodes(connection: Connection, names: Sequence[str]) -> set[str]:
    query = text("SELECT node_name FROM t_node_info WHERE node_name IN :names")
    query = query.bindparams(bindparam("names", expanding=True))
    return {
        str(row[0]).lower()
        for chunk in chunks(names)
        for row in connection.execute(query, {"names": chunk})
    }


def _servers(
    connection: Connection,
    dialect: Dialect,
    clock: Clock,
    selected: str,
    changes: Sequence[Register],
) -> None:
    """Servers, in groups that keep the same of the operator's columns."""
    with_flow = "flow_state" in selected

    def kept(change: Register) -> tuple[bool, bool]:
        return change.setting_state is None, change.flow_state is None

    for (keep_setting, keep_flow), group in groupby(sorted(changes, key=kept), kept):
        columns = [*_SERVER_COLUMNS, "setting_state"]
        updates = list(_SERVER_COLUMNS[3:])
        if not keep_setting:
            updates.append("setting_state")
        if with_flow:
            columns.append("flow_state")
            if not keep_flow:
                updates.append("flow_state")
        statement = dialect.upsert("t_server_conf", columns, _SERVER_KEY, updates)
        rows = [_server_row(each, clock, with_flow) for each in group]
        connection.execute(text(statement), rows)


def _server_row(change: Register, clock: Clock, with_flow: bool) -> dict[str, Any]:
    asked = change.registration
    name, area, group = asked.set_id or ("", "", "")
    row: dict[str, Any] = {
        "application": asked.application,
        "server_name": asked.server,
        "node_name": asked.node,
        "patch_version": asked.version,
        "present_state": asked.state,
        "enable_set": "Y" if asked.set_id else "N",
        "set_name": name,
        "set_area": area,
        "set_group": group,
        "grid_flag": NO_FLOW if asked.no_flow else "NORMAL",
        "server_type": "tars_cpp",
        "registry_timestamp": clock.text,
        "patch_time": clock.text,
        "posttime": clock.text,
        "setting_state": change.setting_state or ACTIVE,
    }
    if with_flow:
        row["flow_state"] = change.flow_state or (INACTIVE if asked.no_flow else ACTIVE)
    return row


def _adapters(
    connection: Connection, dialect: Dialect, changes: Sequence[Register]
) -> None:
    rows = [
        _adapter_row(each, adapter)
        for each in changes
        for adapter in each.registration.adapters
    ]
    if rows:
        statement = dialect.upsert(
            "t_adapter_conf",
            _ADAPTER_COLUMNS,
            f"{_SERVER_KEY}, adapter_name",
            _ADAPTER_COLUMNS[4:],
        )
        connection.execute(text(statement), rows)


def _adapter_row(change: Register, adapter: AdapterSpec) -> dict[str, Any]:
    return {
        "application": change.registration.application,
        "server_name": change.registration.server,
        "node_name": change.registration.node,
        "adapter_name": adapter.name,
        "servant": adapter.servant,
        "endpoint": adapter.endpoint,
        "protocol": adapter.protocol,
        "thread_num": adapter.thread_num,
        "max_connections": adapter.max_connections,
        "queuecap": adapter.queuecap,
        "queuetimeout": adapter.queuetimeout,
    }


def _leases(
    connection: Connection,
    dialect: Dialect,
    clock: Clock,
    changes: Sequence[Register],
) -> None:
    statement = dialect.upsert(
        "tars2py_lease",
        _LEASE_COLUMNS,
        "app, server, node",
        ("instance", "secret", "beat", "origin = 'ours'"),
    )
    rows = [
        {
            "app": each.registration.application,
            "server": each.registration.server,
            "node": each.registration.node,
            "instance": each.instance,
            "secret": each.secret,
            "beat": clock.unix,
        }
        for each in changes
    ]
    connection.execute(text(statement), rows)


def _without_stale(
    connection: Connection, changes: Sequence[Register], stored: dict[Key, Stored]
) -> dict[Key, Stored]:
    """Delete adapters that their server no longer has, and those of evicted squatters."""
    gone = {adapter for each in changes for adapter in each.evict}
    kept: dict[Key, Stored] = {}
    for change in changes:
        names = {each.name.lower() for each in change.registration.adapters}
        now = stored[change.key]
        live = tuple(
            each for each in now.adapters if each.adapter_name.lower() in names
        )
        gone.update(each.id for each in now.adapters if each not in live)
        kept[change.key] = Stored(server=now.server, adapters=live, lease=now.lease)
    delete = text("DELETE FROM t_adapter_conf WHERE id IN :names").bindparams(
        bindparam("names", expanding=True)
    )
    for chunk in chunks(sorted(gone)):
        connection.execute(delete, {"names": chunk})
    return kept
