"""Every setting of ``tarsregistry serve``, in one table: flag, variables, default, meaning.

``--help`` and docs/registry.md are printed from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tars_registry.table.leases import DAY

__all__ = ["DOMAIN", "HTTP_PORT", "PLACES", "SETTINGS", "Setting"]

HTTP_PORT: Final = 9325
QUERY_PORT: Final = 17890

DOMAIN: Final = "/tars/registry"
"""Where the settings are in a configuration file."""

PLACES: Final = {
    "host": "/tars/application/server/localip",
    "data": "/tars/application/server/datapath",
    "local": "/tars/application/server/local",
}
"""Settings that every server's configuration has a place for."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting."""

    name: str
    variables: tuple[str, ...]
    default: str
    about: str

    @property
    def flag(self) -> str:
        """The setting as an option of the command line."""
        return "--" + self.name


SETTINGS: Final = (
    Setting(
        "host",
        ("TARS_REGISTRY_HOST", "POD_IP"),
        "127.0.0.1",
        "address to listen on",
    ),
    Setting(
        "port",
        ("TARS_REGISTRY_PORT",),
        str(QUERY_PORT),
        "port of QueryObj and Registry; 0 takes a free one",
    ),
    Setting(
        "node",
        ("TARS_REGISTRY_NODE", "POD_IP"),
        "",
        "address under which clients reach this registry (default: the host)",
    ),
    Setting(
        "db",
        ("TARS_REGISTRY_DB",),
        "",
        "SQLite file, mysql:// URL or Go DSN (default: DB_DSN, DB_HOST and friends, "
        "else tarsregistry.db in the data folder)",
    ),
    Setting(
        "data",
        ("TARS_REGISTRY_DATA",),
        "",
        "folder of the SQLite file (default: $TARS_PATH/data, else the current folder)",
    ),
    Setting(
        "snapshot",
        ("TARS_REGISTRY_SNAPSHOT",),
        "",
        "file with the last good table, for a start while MySQL is away; 'off' for none "
        "(default: tarsregistry.snapshot in the data folder)",
    ),
    Setting(
        "http-port",
        ("TARS_REGISTRY_HTTP_PORT",),
        "",
        f"port of /metrics, /healthz, /readyz and the read-only JSON; 'off' for none, 0 takes a "
        f"free one (default: {HTTP_PORT}, unless it is taken)",
    ),
    Setting(
        "ack",
        ("TARS_REGISTRY_ACK",),
        "commit",
        "when a heartbeat is answered: after its 'commit', or from 'memory'",
    ),
    Setting(
        "access",
        ("TARS_REGISTRY_ACCESS",),
        "",
        "'off', 'report' (count and allow) or 'require' (default: off on loopback, else report)",
    ),
    Setting(
        "token-file",
        ("TARS_REGISTRY_TOKEN_FILE",),
        "",
        "file with the token that opens everything",
    ),
    Setting(
        "networks",
        ("TARS_REGISTRY_NETWORKS",),
        "",
        "networks, comma-separated, where endpoints may be besides the registering node",
    ),
    Setting(
        "trusted",
        ("TARS_REGISTRY_TRUSTED",),
        "",
        "networks, comma-separated, whose callers need neither token nor secret",
    ),
    Setting(
        "reserved",
        ("TARS_REGISTRY_RESERVED",),
        "",
        "servers of application tars, comma-separated, that may register without the token",
    ),
    Setting(
        "keep",
        ("TARS_REGISTRY_KEEP",),
        str(DAY),
        "seconds after which the rows of a dead server are removed",
    ),
    Setting(
        "tls-port",
        ("TARS_REGISTRY_TLS_PORT",),
        "",
        "port of a second listener that speaks TLS; needs tls-cert and tls-key",
    ),
    Setting("tls-cert", ("TARS_REGISTRY_TLS_CERT",), "", "certificate (PEM)"),
    Setting("tls-key", ("TARS_REGISTRY_TLS_KEY",), "", "private key (PEM)"),
    Setting(
        "tls-ca",
        ("TARS_REGISTRY_TLS_CA",),
        "",
        "certificates that clients must be signed by (PEM)",
    ),
    Setting(
        "local",
        ("TARS_REGISTRY_LOCAL",),
        "",
        "endpoint of the admin object, on loopback: 'tcp -h 127.0.0.1 -p 17899'",
    ),
    Setting(
        "log-level",
        ("TARS_REGISTRY_LOG_LEVEL",),
        "INFO",
        "DEBUG, INFO, WARNING or ERROR",
    ),
)
