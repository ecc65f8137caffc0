"""The rows that the registry keeps, and the words that may stand in them.

Names are those of the ``db_tars`` schema, so that a reader of the tables recognises everything.
Rows are frozen: a change makes a new row, and readers in other threads never see half of one.
"""

from __future__ import annotations

from dataclasses import dataclass
from sys import intern
from typing import Final, NamedTuple

__all__ = [
    "ACTIVE",
    "DEACTIVATING",
    "DESTROYED",
    "INACTIVE",
    "NORMAL",
    "NO_FLOW",
    "SERVER_TYPE",
    "STATES",
    "SWITCHES",
    "Adapter",
    "GroupRule",
    "Key",
    "Priority",
    "RegistryInfo",
    "Server",
    "is_yes",
]

ACTIVE: Final = "active"
INACTIVE: Final = "inactive"
DEACTIVATING: Final = "deactivating"
DESTROYED: Final = "destroyed"

STATES: Final = frozenset({ACTIVE, INACTIVE, "activating", DEACTIVATING, DESTROYED})
"""What ``t_server_conf.present_state`` may hold. Only ``active`` is routable."""

SWITCHES: Final = frozenset({ACTIVE, INACTIVE})
"""What ``setting_state``, ``flow_state`` and the states of a node may hold."""

NORMAL: Final = "NORMAL"
NO_FLOW: Final = "NO_FLOW"
"""The ``grid_flag`` of a server that is deployed but shall get no traffic."""

SERVER_TYPE: Final = "tars_cpp"
"""The ``server_type`` of every server that registers, whatever its language."""


class Key(NamedTuple):
    """One server on one node, as the tables compare names: case and trailing blanks ignored."""

    application: str
    server: str
    node: str

    @classmethod
    def of(cls, application: str, server: str, node: str) -> Key:
        """The key of these names, which may be written in any case."""
        return cls(
            intern(application.rstrip(" ").lower()),
            intern(server.rstrip(" ").lower()),
            intern(node.rstrip(" ").lower()),
        )

    def __str__(self) -> str:
        return f"{self.application}.{self.server} on {self.node}"


def fold(name: str) -> str:
    """A name as the database's collation compares it."""
    return name.rstrip(" ").lower()


def is_yes(flag: str) -> bool:
    """The flags ``enable_set`` and ``enable_group`` are set by ``Y`` or ``y`` alone."""
    return flag in ("Y", "y")


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A row of ``t_server_conf``: one server on one node."""

    id: int
    application: str
    server_name: str
    node_name: str
    setting_state: str = ACTIVE
    present_state: str = INACTIVE
    flow_state: str = ACTIVE
    grid_flag: str = NORMAL
    bak_flag: int = 0
    enable_group: str = "N"
    enable_set: str = "N"
    set_name: str = ""
    set_area: str = ""
    set_group: str = ""
    ip_group_name: str = ""
    patch_version: str = ""
    server_type: str = SERVER_TYPE
    metrics_port: int = 0

    @property
    def key(self) -> Key:
        """What identifies the row."""
        return Key.of(self.application, self.server_name, self.node_name)

    @property
    def set_id(self) -> str:
        """``name.area.group`` as the columns say, or empty when the server is in no set."""
        if not is_yes(self.enable_set):
            return ""
        return f"{self.set_name}.{self.set_area}.{self.set_group}"

    @property
    def is_active(self) -> bool:
        """Whether clients may be sent here; ``NO_FLOW`` is honoured like a closed flow."""
        return (
            self.setting_state == ACTIVE
            and self.present_state == ACTIVE
            and self.flow_state != INACTIVE
            and self.grid_flag != NO_FLOW
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter:
    """A row of ``t_adapter_conf``: one endpoint of a server on a node."""

    id: int
    application: str
    server_name: str
    node_name: str
    adapter_name: str
    servant: str
    endpoint: str
    protocol: str = "tars"
    thread_num: int = 1
    max_connections: int = 1000
    queuecap: int = 0
    queuetimeout: int = 0

    @property
    def key(self) -> Key:
        """The server that this adapter belongs to."""
        return Key.of(self.application, self.server_name, self.node_name)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryInfo:
    """A row of ``t_registry_info``: a servant of a C++ registry, published as an endpoint."""

    id: int
    locator_id: str
    servant: str
    endpoint: str
    present_state: str
    tars_version: str = ""
    enable_group: str = "N"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRule:
    """A row of ``t_server_group_rule``: which addresses make up a group."""

    group_id: int
    group_name: str
    allow_ip_rule: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Priority:
    """A row of ``t_group_priority``: groups that stand in for each other, and their station."""

    id: int
    list_order: int
    group_list: str
    station: str
