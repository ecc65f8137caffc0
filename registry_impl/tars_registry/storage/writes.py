"""What is written: many registrations, or many signs of life, in as few statements as it takes.

Everything here runs inside a transaction of the caller's. Rows are written in the order of their
keys, so that two replicas wait for each other instead of deadlocking.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final

from tars_registry.model import ACTIVE, INACTIVE, NO_FLOW, NORMAL, SERVER_TYPE, Key
from tars_registry.storage.reads import Noted
from tars_registry.storage.rows import Stored
from tars_registry.storage.statements import Statements, Upsert, Value
from tars_registry.storage.written import Written
from tars_registry.table.changes import Register

__all__ = ["Clock", "beats", "register"]

Row = tuple[Value, ...]

NODE_OBJECT: Final = "tars.tarsnode.NodeObj@tcp -h {} -p 0"
"""``node_obj`` of a node without a node agent: port 0 says so."""

_ALIVE: Final = (
    "present_state = CASE WHEN endpoint_port = 0 THEN 'active' ELSE present_state END"
)
"""A node with an agent (port not 0) is the agent's to describe."""

_KEY: Final = ("application", "server_name", "node_name")

_NODES: Final = Upsert(
    table="t_node_info",
    columns=(
        "node_name",
        "node_obj",
        "endpoint_ip",
        "endpoint_port",
        "last_reg_time",
        "last_heartbeat",
        "setting_state",
        "present_state",
    ),
    key="node_name",
    updates=("last_heartbeat", _ALIVE),
)

_OUR_NODES: Final = Upsert(
    table="tars2py_lease", columns=("node",), key="app, server, node", updates=()
)

_WRITTEN: Final = (
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
_SWITCHES: Final = ("setting_state", "flow_state")
"""What an operator may have set."""

_SERVERS: Final = Upsert(
    table="t_server_conf",
    columns=(*_KEY, *_WRITTEN, *_SWITCHES),
    key=", ".join(_KEY),
    updates=(*_WRITTEN, *_SWITCHES),
)

_SERVERS_BEFORE_FLOW: Final = replace(
    _SERVERS, columns=_SERVERS.columns[:-1], updates=_SERVERS.updates[:-1]
)
"""For a schema that lacks ``flow_state``."""

_SERVED: Final = (
    "servant",
    "endpoint",
    "protocol",
    "thread_num",
    "max_connections",
    "queuecap",
    "queuetimeout",
)

_ADAPTERS: Final = Upsert(
    table="t_adapter_conf",
    columns=(*_KEY, "adapter_name", *_SERVED),
    key=", ".join((*_KEY, "adapter_name")),
    updates=_SERVED,
)

_LEASES: Final = Upsert(
    table="tars2py_lease",
    columns=("app", "server", "node", "instance", "secret", "beat"),
    key="app, server, node",
    updates=("instance", "secret", "beat", "origin = 'ours'"),
)


class Clock:
    """The database's time at the start of a transaction: session time as text, and UNIX time."""

    def __init__(self, statements: Statements) -> None:
        found = statements.connection.exec_driver_sql(statements.dialect.clock).one()
        self.text: str = found[0]
        self.unix: int = found[1]


def register(
    statements: Statements,
    optional: frozenset[str],
    changes: Sequence[Register],
    noted: Noted | None = None,
) -> dict[Key, Stored]:
    """Write registrations of different servers; returns what is stored now.

    Adapters that their server no longer has go, and those of evicted squatters.
    """
    ordered = sorted(changes, key=lambda each: each.key)
    clock = Clock(statements)
    written = Written(statements, optional, ordered, clock.text, noted)
    _nodes(statements, clock, ordered)
    _servers(written, clock, "flow_state" in optional, ordered)
    written.write(_ADAPTERS, [row for each in ordered for row in _adapters(each)])
    written.write(_LEASES, [_lease(each, clock) for each in ordered])
    stored = written.read()
    gone = written.gone.union(*(each.evict for each in ordered))
    statements.where_in("DELETE FROM t_adapter_conf WHERE id", sorted(gone))
    return stored


def beats(
    statements: Statements, nodes: Iterable[str], lease_ids: Iterable[int]
) -> None:
    """Note signs of life: of nodes for the C++ registry's sweep, of leases for ours."""
    statements.where_in(
        f"UPDATE t_node_info SET last_heartbeat = CURRENT_TIMESTAMP, {_ALIVE} WHERE node_name",
        sorted(nodes),
    )
    statements.where_in(
        f"UPDATE tars2py_lease SET beat = {statements.dialect.unix} WHERE id",
        sorted(lease_ids),
    )


def _nodes(statements: Statements, clock: Clock, changes: Sequence[Register]) -> None:
    """Nodes; those that were not there are noted as ours."""
    names = sorted({each.registration.node for each in changes})
    query = "SELECT node_name FROM t_node_info WHERE node_name"
    known = {str(row[0]).lower() for row in statements.where_in(query, names)}
    now = clock.text
    statements.write(
        _NODES,
        [
            (name, NODE_OBJECT.format(name), name, 0, now, now, ACTIVE, ACTIVE)
            for name in names
        ],
    )
    statements.write(
        _OUR_NODES, [(name,) for name in names if name.lower() not in known]
    )


def _servers(
    written: Written, clock: Clock, with_flow: bool, changes: Sequence[Register]
) -> None:
    """Servers, in groups that keep the same of the operator's columns."""
    every = _SERVERS if with_flow else _SERVERS_BEFORE_FLOW

    def kept(change: Register) -> tuple[str, ...]:
        switches = change.setting_state, change.flow_state
        return tuple(
            column
            for column, wanted in zip(_SWITCHES, switches, strict=True)
            if wanted is None
        )

    for columns, group in groupby(sorted(changes, key=kept), kept):
        rows = [_server(each, clock) for each in group]
        if not with_flow:
            rows = [row[:-1] for row in rows]
        written.write(every.keeping(*columns), rows)


def _server(change: Register, clock: Clock) -> Row:
    asked = change.registration
    flow = INACTIVE if asked.no_flow else ACTIVE
    return (
        asked.application,
        asked.server,
        asked.node,
        asked.version,
        asked.state,
        "Y" if asked.set_id else "N",
        *(asked.set_id or ("", "", "")),
        NO_FLOW if asked.no_flow else NORMAL,
        SERVER_TYPE,
        clock.text,
        clock.text,
        clock.text,
        change.setting_state or ACTIVE,
        change.flow_state or flow,
    )


def _adapters(change: Register) -> Iterator[Row]:
    asked = change.registration
    for each in asked.adapters:
        yield (
            asked.application,
            asked.server,
            asked.node,
            each.name,
            each.servant,
            each.endpoint,
            each.protocol,
            each.thread_num,
            each.max_connections,
            each.queuecap,
            each.queuetimeout,
        )


def _lease(change: Register, clock: Clock) -> Row:
    asked = change.registration
    return (
        asked.application,
        asked.server,
        asked.node,
        change.instance,
        change.secret,
        clock.unix,
    )
