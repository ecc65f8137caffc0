"""What is changed or removed of rows that exist: one small step for each kind of change.

Every step says whether it found what it expected; a state that somebody else changed meanwhile
is left alone.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection, text

from tars_registry.model import Key
from tars_registry.storage.dialect import Dialect
from tars_registry.table.changes import (
    Deregister,
    Destroy,
    Expire,
    SetFlow,
    SetMetricsPort,
    SetState,
)

__all__ = ["collectable", "deregister", "destroy", "expire", "forget_nodes", "set_one"]

_SERVER: Final = "application = :app AND server_name = :server AND node_name = :node"
_LEASE: Final = "app = :app AND server = :server AND node = :node"

_SET_STATE: Final = text(
    "UPDATE t_server_conf SET present_state = :new, registry_timestamp = CURRENT_TIMESTAMP "
    f"WHERE {_SERVER} AND present_state = :old"
)
_SET_METRICS: Final = text(
    f"UPDATE t_server_conf SET metrics_port = :port WHERE {_SERVER}"
)
_SET_FLOW: Final = text(
    "UPDATE t_server_conf SET flow_state = :flow_state, "
    f"registry_timestamp = CURRENT_TIMESTAMP WHERE {_SERVER}"
)
_SET_SETTING: Final = text(
    "UPDATE t_server_conf SET setting_state = :flow_state, "
    f"registry_timestamp = CURRENT_TIMESTAMP WHERE {_SERVER}"
)

_SIBLING: Final = text(
    "SELECT MIN(id) FROM t_server_conf WHERE application = :app "
    "AND server_name = :server AND node_name <> :node"
)
_TOUCH: Final = text(
    "UPDATE t_server_conf SET registry_timestamp = CURRENT_TIMESTAMP WHERE id = :id"
)

_REMOVE: Final = (
    text(f"DELETE FROM t_adapter_conf WHERE {_SERVER}"),
    text(f"DELETE FROM t_server_conf WHERE {_SERVER}"),
    text(
        "DELETE FROM t_config_files "
        "WHERE host <> '' AND host = :node AND server_name = :config"
    ),
    text(f"DELETE FROM tars2py_lease WHERE {_LEASE}"),
)

_IDLE_NODE: Final = text(
    "UPDATE t_node_info SET present_state = 'inactive' WHERE node_name = :node "
    "AND endpoint_port = 0 AND NOT EXISTS "
    "(SELECT 1 FROM tars2py_lease WHERE node = :node AND app <> '' AND origin = 'ours')"
)

_DESTROY: Final = text(
    "UPDATE t_server_conf SET present_state = 'destroyed', setting_state = 'inactive', "
    f"registry_timestamp = CURRENT_TIMESTAMP WHERE {_SERVER}"
)
_GIVE_UP_LEASE: Final = text(
    f"UPDATE tars2py_lease SET origin = 'given up' WHERE {_LEASE}"
)
"""The row stays, so that the server is collected in its time."""


def parameters(key: Key) -> dict[str, Any]:
    """A key as the statements here want it."""
    return {"app": key.application, "server": key.server, "node": key.node}


def set_one(
    connection: Connection,
    optional: frozenset[str],
    change: SetState | SetMetricsPort | SetFlow,
) -> bool:
    """Set one column of a server; false when the row is gone, or its state not as expected.

    Without a ``flow_state`` column a flow is closed and opened by ``setting_state``; without a
    ``metrics_port`` column there is nothing to write.
    """
    row = parameters(change.key)
    match change:
        case SetState():
            row |= {"old": change.old, "new": change.new}
            statement = _SET_STATE
        case SetFlow():
            row |= {"flow_state": change.flow_state}
            statement = _SET_FLOW if "flow_state" in optional else _SET_SETTING
        case SetMetricsPort():
            if "metrics_port" not in optional:
                return True
            row |= {"port": change.port}
            statement = _SET_METRICS
    return bool(connection.execute(statement, row).rowcount)


def deregister(connection: Connection, dialect: Dialect, change: Deregister) -> bool:
    """Remove a server; a sibling row is touched, so that a C++ registry looks again."""
    row = parameters(change.key)
    if change.silent_for:
        row["seconds"] = change.silent_for
        silent = text(
            f"SELECT 1 FROM tars2py_lease WHERE {_LEASE} AND beat < {dialect.unix} - :seconds"
        )
        if connection.execute(silent, row).first() is None:
            return False
    row["config"] = f"{change.key.application}.{change.key.server}"
    sibling = connection.execute(_SIBLING, row).scalar()
    if sibling is not None:
        connection.execute(_TOUCH, {"id": sibling})
    removed = [connection.execute(each, row).rowcount for each in _REMOVE]
    connection.execute(_IDLE_NODE, row)
    return any(removed)


def destroy(connection: Connection, change: Destroy) -> bool:
    """Mark a server destroyed and give up its lease."""
    row = parameters(change.key)
    found = connection.execute(_DESTROY, row).rowcount
    connection.execute(_GIVE_UP_LEASE, row)
    connection.execute(_IDLE_NODE, row)
    return bool(found)


def expire(connection: Connection, dialect: Dialect, change: Expire) -> bool:
    """Make a silent server inactive; false when it was heard of, here or by another replica."""
    row = parameters(change.key)
    row |= {"old": change.old, "seconds": int(change.length)}
    unix = connection.execute(text(dialect.clock)).one()[1]
    row["limit"] = int(unix) - int(change.length)
    heard = (
        f" AND NOT EXISTS (SELECT 1 FROM t_node_info WHERE node_name = :node "
        f"AND last_heartbeat > {dialect.before})"
    )
    statement = text(
        "UPDATE t_server_conf SET present_state = 'inactive', "
        f"registry_timestamp = CURRENT_TIMESTAMP WHERE {_SERVER} "
        f"AND present_state = :old AND EXISTS (SELECT 1 FROM tars2py_lease WHERE {_LEASE} "
        f"AND origin = 'ours' AND beat <= :limit){heard if change.alone else ''}"
    )
    if not connection.execute(statement, row).rowcount:
        return False
    if change.alone:
        connection.execute(
            text(
                "UPDATE t_node_info SET present_state = 'inactive' "
                "WHERE node_name = :node AND endpoint_port = 0"
            ),
            row,
        )
    return True


def collectable(connection: Connection, dialect: Dialect, age: int) -> list[Key]:
    """Servers of ours that have been silent and out of service for ``age`` seconds; 500 at most."""
    unix = int(connection.execute(text(dialect.clock)).one()[1])
    query = text(
        "SELECT l.app, l.server, l.node FROM tars2py_lease l LEFT JOIN t_server_conf s "
        "ON s.application = l.app AND s.server_name = l.server AND s.node_name = l.node "
        "WHERE l.origin IN ('ours', 'given up') AND l.app <> '' AND l.beat < :limit "
        "AND (s.id IS NULL OR s.present_state <> 'active') ORDER BY l.id LIMIT 500"
    )
    return [Key.of(*row) for row in connection.execute(query, {"limit": unix - age})]


def forget_nodes(connection: Connection, dialect: Dialect, age: int) -> int:
    """Remove nodes that we made, that have no server, and were silent for ``age`` seconds."""
    query = text(
        "SELECT l.node FROM tars2py_lease l JOIN t_node_info n ON n.node_name = l.node "
        "WHERE l.app = '' AND l.origin = 'ours' AND n.endpoint_port = 0 "
        f"AND n.last_heartbeat < {dialect.before} "
        "AND NOT EXISTS (SELECT 1 FROM t_server_conf s WHERE s.node_name = l.node) LIMIT 500"
    )
    nodes = [row[0] for row in connection.execute(query, {"seconds": age})]
    for node in nodes:
        for statement in (
            "DELETE FROM t_node_info WHERE node_name = :node AND endpoint_port = 0",
            "DELETE FROM tars2py_lease WHERE app = '' AND node = :node",
        ):
            connection.execute(text(statement), {"node": node})
    return len(nodes)
