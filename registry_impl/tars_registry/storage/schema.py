"""The tables: ``db_tars`` as the framework ships it, and side tables of our own.

Names, types, defaults and keys of ``t_...`` are TarsFramework's
(``deploy/framework/sql/db_tars.sql``), so that a C++ registry and the console can share the
database. What we need besides stands in ``tars2py_...`` tables, and nothing existing is altered.
"""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.elements import TextClause

__all__ = [
    "ADAPTERS",
    "CONFIG_FILES",
    "GROUP_PRIORITY",
    "GROUP_RULES",
    "LEASES",
    "LOCKS",
    "METADATA",
    "NODES",
    "NOW_STAMP",
    "OPTIONAL_COLUMNS",
    "REGISTRY_INFO",
    "SERVERS",
]

METADATA: Final = sa.MetaData()

OPTIONAL_COLUMNS: Final = ("flow_state", "metrics_port")
"""Columns of ``t_server_conf`` that older schemas lack; ``migrate`` adds them."""


class Words(sa.types.UserDefinedType[str]):
    """An enumeration of words: ``enum(...)`` in MySQL, plain text in SQLite.

    Read as it is: a word that a lax database let in must not break a query.
    """

    cache_ok = True

    def __init__(self, *words: str) -> None:
        self.words = words

    def get_col_spec(self, **_: Any) -> str:
        """The type where there are no enumerations."""
        return "VARCHAR(16)"


@compiles(Words, "mysql", "mariadb")
def _words_in_mysql(element: Words, *_: Any, **__: Any) -> str:
    return "enum(" + ",".join(f"'{word}'" for word in element.words) + ")"


class _StampDefault(TextClause):
    """``CURRENT_TIMESTAMP``, which MySQL also sets at each real change of the row."""

    inherit_cache = True


@compiles(_StampDefault, "mysql", "mariadb")
def _stamp_in_mysql(*_: Any, **__: Any) -> str:
    return "CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP"


NOW_STAMP: Final = _StampDefault("CURRENT_TIMESTAMP")
_SWITCH: Final = Words("active", "inactive")
_STATE: Final = Words("active", "inactive", "activating", "deactivating", "destroyed")


def _name(length: int) -> sa.types.TypeEngine[str]:
    """Text of a key: compared without case, as MySQL's collation does."""
    return sa.String(length).with_variant(sa.String(length, "NOCASE"), "sqlite")


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.Integer, primary_key=True, autoincrement=True)


def _text(
    name: str, length: int, default: str | None = "", *, required: bool = False
) -> sa.Column[str]:
    return sa.Column(
        name, sa.String(length), nullable=not required, server_default=default
    )


def _key(name: str, length: int, *, required: bool = False) -> sa.Column[str]:
    return sa.Column(name, _name(length), nullable=not required, server_default="")


def _number(
    name: str, default: int | None, *, required: bool = False
) -> sa.Column[int]:
    shown = None if default is None else str(default)
    return sa.Column(name, sa.Integer, nullable=not required, server_default=shown)


def _words(
    name: str, kind: Words, default: str, *, required: bool = True
) -> sa.Column[str]:
    return sa.Column(name, kind, nullable=not required, server_default=default)


def _stamp(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.TIMESTAMP, nullable=False, server_default=NOW_STAMP)


def _time(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime, nullable=True)


def _long(name: str) -> sa.Column[str]:
    long = sa.Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb")
    return sa.Column(name, long, nullable=True)


def _table(name: str, *parts: Any) -> sa.Table:
    return sa.Table(
        name,
        METADATA,
        *parts,
        mysql_engine="InnoDB",
        mysql_charset="utf8",
        sqlite_autoincrement=True,
    )


SERVERS: Final = _table(
    "t_server_conf",
    _id(),
    _key("application", 128),
    _key("server_name", 128),
    _text("node_group", 50, required=True),
    _key("node_name", 50, required=True),
    _stamp("registry_timestamp"),
    _text("base_path", 128),
    _text("exe_path", 128),
    _text("template_name", 128, required=True),
    _number("bak_flag", 0, required=True),
    _words("setting_state", _SWITCH, "inactive"),
    _words("present_state", _STATE, "inactive"),
    _number("process_id", 0, required=True),
    _text("patch_version", 128, required=True),
    _time("patch_time"),
    _text("patch_user", 128, required=True),
    _text("tars_version", 128, required=True),
    _time("posttime"),
    _text("lastuser", 30, None),
    _words(
        "server_type",
        Words(
            "tars_cpp", "not_tars", "tars_java", "tars_nodejs", "tars_php", "tars_go"
        ),
        "tars_cpp",
    ),
    _text("start_script_path", 128, None),
    _text("stop_script_path", 128, None),
    _text("monitor_script_path", 128, None),
    _text("enable_group", 1, "N"),
    _text("enable_set", 1, "N", required=True),
    _text("set_name", 16, None),
    _text("set_area", 16, None),
    _text("set_group", 64, None),
    _text("ip_group_name", 64, None),
    sa.Column("profile", sa.Text, nullable=True),
    _number("config_center_port", 0, required=True),
    _number("async_thread_num", 3),
    _words(
        "server_important_type",
        Words("0", "1", "2", "3", "4", "5"),
        "0",
        required=False,
    ),
    _text("grid_flag", 16, "NORMAL", required=True),
    _words("flow_state", _SWITCH, "active"),
    _number("metrics_port", 0),
    sa.UniqueConstraint("application", "server_name", "node_name", name="application"),
    sa.Index("node_name", "node_name"),
    sa.Index(
        "index_i_3",
        "setting_state",
        "server_type",
        "application",
        "server_name",
        "node_name",
    ),
    sa.Index("index_regtime", "registry_timestamp"),
)

ADAPTERS: Final = _table(
    "t_adapter_conf",
    _id(),
    _key("application", 50),
    _key("server_name", 128),
    _key("node_name", 50),
    _key("adapter_name", 100),
    _stamp("registry_timestamp"),
    _number("thread_num", 1),
    _text("endpoint", 128),
    _number("max_connections", 1000),
    _text("allow_ip", 255, required=True),
    _text("servant", 128),
    _number("queuecap", None),
    _number("queuetimeout", None),
    _time("posttime"),
    _text("lastuser", 30, None),
    _text("protocol", 64, "tars"),
    _text("handlegroup", 64),
    sa.UniqueConstraint(
        "application", "server_name", "node_name", "adapter_name", name="application"
    ),
    sa.Index("adapter_conf_endpoint_index", "endpoint"),
    sa.Index("index_regtime_1", "registry_timestamp"),
)

NODES: Final = _table(
    "t_node_info",
    _id(),
    _key("node_name", 128),
    _text("node_obj", 128),
    _text("endpoint_ip", 50),
    _number("endpoint_port", 0),
    _text("data_dir", 128),
    sa.Column("load_avg1", sa.Float, server_default="0"),
    sa.Column("load_avg5", sa.Float, server_default="0"),
    sa.Column("load_avg15", sa.Float, server_default="0"),
    _time("last_reg_time"),
    _time("last_heartbeat"),
    _words("setting_state", _SWITCH, "inactive", required=False),
    _words("present_state", _SWITCH, "inactive", required=False),
    _text("tars_version", 128, required=True),
    _text("template_name", 128, required=True),
    _stamp("modify_time"),
    _number("group_id", -1),
    sa.UniqueConstraint("node_name", name="node_name"),
    sa.Index("indx_node_info_1", "last_heartbeat"),
)

CONFIG_FILES: Final = _table(
    "t_config_files",
    _id(),
    _key("server_name", 128),
    sa.Column("set_name", sa.String(16), nullable=False, server_default=""),
    sa.Column("set_area", sa.String(16), nullable=False, server_default=""),
    sa.Column("set_group", sa.String(16), nullable=False, server_default=""),
    _key("host", 50, required=True),
    _text("filename", 128, None),
    _long("config"),
    _time("posttime"),
    _text("lastuser", 50, None),
    _number("level", 2),
    _number("config_flag", 0, required=True),
    sa.UniqueConstraint(
        "server_name",
        "filename",
        "host",
        "level",
        "set_name",
        "set_area",
        "set_group",
        name="application",
    ),
)

CONFIG_HISTORY: Final = _table(
    "t_config_history_files",
    _id(),
    _number("configid", None),
    _text("reason", 128),
    _text("reason_select", 20, required=True),
    _long("content"),
    _time("posttime"),
    _text("lastuser", 50, None),
)

CONFIG_REFERENCES: Final = _table(
    "t_config_references",
    _id(),
    _number("config_id", None),
    _number("reference_id", None),
    sa.UniqueConstraint("config_id", "reference_id", name="config_id"),
)

REGISTRY_INFO: Final = _table(
    "t_registry_info",
    _id(),
    _key("locator_id", 128, required=True),
    _key("servant", 128, required=True),
    _text("endpoint", 128, required=True),
    _time("last_heartbeat"),
    _words("present_state", _SWITCH, "inactive", required=False),
    _text("tars_version", 128, required=True),
    _stamp("modify_time"),
    _text("enable_group", 1, "N"),
    sa.UniqueConstraint("locator_id", "servant", name="locator_id"),
)

GROUP_RULES: Final = _table(
    "t_server_group_rule",
    sa.Column("group_id", sa.Integer, primary_key=True, autoincrement=True),
    _words("ip_order", Words("allow_denny", "denny_allow"), "denny_allow"),
    sa.Column("allow_ip_rule", sa.Text, nullable=True),
    sa.Column("denny_ip_rule", sa.Text, nullable=True),
    _text("lastuser", 50, None),
    _stamp("modify_time"),
    _key("group_name", 128),
    _text("group_name_cn", 128),
    sa.UniqueConstraint("group_name", name="group_name"),
)

GROUP_PRIORITY: Final = _table(
    "t_group_priority",
    _id(),
    _text("name", 128),
    sa.Column("group_list", sa.Text, nullable=True),
    _number("list_order", 0),
    _text("station", 128, required=True),
)

LEASES: Final = _table(
    "tars2py_lease",
    _id(),
    _key("app", 128, required=True),
    _key("server", 128, required=True),
    _key("node", 50, required=True),
    _text("instance", 128, required=True),
    _text("secret", 64, required=True),
    sa.Column("beat", sa.BigInteger, nullable=False, server_default="0"),
    _text("origin", 16, "ours", required=True),
    sa.UniqueConstraint("app", "server", "node", name="tars2py_lease_key"),
    sa.Index("tars2py_lease_node", "node"),
)
"""Who registered with us; ``beat`` is UNIX time. An empty ``app`` and ``server`` stand for a node
whose row we made. ``secret`` is a digest."""

LOCKS: Final = _table(
    "tars2py_lock",
    sa.Column("name", _name(200), primary_key=True),
    _text("owner", 128, required=True),
    sa.Column("until", sa.BigInteger, nullable=False, server_default="0"),
)
"""Leases of ``getLocker``, by the database's clock in UNIX milliseconds."""
