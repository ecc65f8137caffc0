"""Dead nodes, as ``clean`` means them: inactive, silent since before a time, and ours."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

from tars_registry.model import Key
from tars_registry.storage.dialect import Dialect
from tars_registry.table.leases import DAY

__all__ = ["Dead", "dead", "is_given_up", "remove_nodes"]


@dataclass(frozen=True, slots=True)
class Dead:
    """Servers on dead nodes, and dead nodes without any server."""

    servers: tuple[Key, ...]
    bare_nodes: tuple[str, ...]


def dead(connection: Connection, dialect: Dialect, before: str) -> Dead:
    """Find them; ``before`` is a time of the database's session, empty for a day ago."""
    limit = ":before" if before else dialect.before
    row = {"before": before} if before else {"seconds": DAY}
    node = f"n.present_state = 'inactive' AND n.endpoint_port = 0 AND n.last_heartbeat < {limit}"
    servers = connection.execute(
        text(
            "SELECT l.app, l.server, l.node FROM tars2py_lease l JOIN t_node_info n "
            "ON n.node_name = l.node "
            f"WHERE l.app <> '' AND l.origin IN ('ours', 'given up') AND {node} "
            "ORDER BY l.node, l.app, l.server"
        ),
        row,
    )
    keys = tuple(Key.of(*each) for each in servers)
    bare = connection.execute(
        text(
            "SELECT l.node FROM tars2py_lease l JOIN t_node_info n ON n.node_name = l.node "
            f"WHERE l.app = '' AND l.origin = 'ours' AND {node} "
            "AND NOT EXISTS (SELECT 1 FROM t_server_conf s WHERE s.node_name = l.node) "
            "ORDER BY l.node"
        ),
        row,
    )
    return Dead(keys, tuple(str(each[0]) for each in bare))


def is_given_up(connection: Connection, key: Key) -> bool:
    """Whether a server of ours was taken out of service and waits to be collected."""
    found = connection.execute(
        text(
            "SELECT 1 FROM tars2py_lease WHERE app = :app AND server = :server "
            "AND node = :node AND origin = 'given up'"
        ),
        {"app": key.application, "server": key.server, "node": key.node},
    )
    return found.first() is not None


def remove_nodes(connection: Connection, nodes: tuple[str, ...]) -> int:
    """Remove nodes that have no server."""
    removed = 0
    for node in nodes:
        found = connection.execute(
            text(
                "DELETE FROM t_node_info WHERE node_name = :node AND endpoint_port = 0 "
                "AND NOT EXISTS (SELECT 1 FROM t_server_conf s WHERE s.node_name = :node)"
            ),
            {"node": node},
        )
        connection.execute(
            text("DELETE FROM tars2py_lease WHERE app = '' AND node = :node"),
            {"node": node},
        )
        removed += found.rowcount
    return removed
