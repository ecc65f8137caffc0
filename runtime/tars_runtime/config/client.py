"""The settings of a client: ``/tars/application/client``, or keyword arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tars_runtime.config.objects import ObjectConfig
from tars_runtime.config.settings import flag, integer, millis, read, size, text
from tars_runtime.config.tree import Config

__all__ = ["ClientConfig", "set_name"]

DOMAIN = "/tars/application/client"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientConfig:
    """What a `Communicator` is told. Times are seconds here and milliseconds in the file."""

    locator: str = text(
        "locator",
        "",
        "the registry: ``tars.tarsregistry.QueryObj@tcp -h 10.0.0.1 -p 17890``; "
        "several endpoints are joined by ``:``",
    )
    call_timeout: float = millis(
        "async-invoke-timeout sync-invoke-timeout",
        3.0,
        "how long a call may take, resolving and connecting included",
    )
    min_timeout: float = millis(
        "min-timeout", 0.0, "calls get at least this long, whatever they ask for"
    )
    connect_timeout: float = millis(
        "connect-timeout clientdialtimeout",
        3.0,
        "how long connecting may take, within the call's own time",
        0.1,
    )
    refresh_interval: float = millis(
        "refresh-endpoint-interval",
        60.0,
        "how old an object's endpoint list may become",
        5.0,
    )
    keep_alive: float = millis(
        "keep-alive-interval",
        0.0,
        "ping a connection idle for this long; 0 turns pings off",
    )
    idle_timeout: float = millis(
        "clientidletimeout",
        600.0,
        "close a connection on which nothing happened for this long; 0 keeps it",
    )
    connections: int = integer("connections", 1, "connections per endpoint", 1)
    max_inflight: int = integer(
        "objqueuemax",
        10_000,
        "calls in flight per connection; more fail at once with -13",
        1,
    )
    max_frame: int = size(
        "maxPackageLength", 10 * 1024 * 1024, "the largest reply that is accepted"
    )
    node_name: str = text(
        "nodename localip",
        "",
        "this machine's name, sent to the registry as context ``node_name``",
    )
    module_name: str = text(
        "modulename", "", "the caller's name in statistics; empty: the program's"
    )
    set_name: str = text(
        "setdivision", "", "the set of this client, ``name.area.group``"
    )
    data_path: str = text(
        "cdatapath", "", "where the endpoint cache is kept; empty keeps none"
    )
    stat: str = text("stat", "", "the statistics object; empty turns reports off")
    property: str = text("property", "", "the property object; empty turns reports off")
    report_interval: float = millis(
        "report-interval", 60.0, "how often statistics are sent", 10.0
    )
    report_timeout: float = millis(
        "report-timeout", 5.0, "how long one statistics call may take"
    )
    max_report_size: int = integer(
        "max-report-size", 1400, "bytes of one packet of a report over UDP", 500
    )
    ca: str = text("ca", "", "certificates that are trusted for ssl endpoints (PEM)")
    cert: str = text("cert", "", "this client's certificate (PEM)")
    key: str = text("key", "", "this client's private key (PEM)")
    ciphers: str = text("ciphers", "", "OpenSSL cipher list")
    server_name: str = text(
        "tls-server-name", "", "the name that a server's certificate must carry"
    )
    timeout_log: bool = flag("timeout-log-flag", True, "log calls that timed out")
    objects: Mapping[str, ObjectConfig] = field(default_factory=dict[str, ObjectConfig])
    """What differs for single objects, by ``App.Server.Obj``."""

    @classmethod
    def from_config(cls, config: Config) -> ClientConfig:
        """Read from a file's tree; raises `ConfigError`."""
        known: dict[str, object] = {
            "set_name": set_name(config),
            "objects": ObjectConfig.all_from_config(config, DOMAIN),
        }
        for name, path in _FROM_SERVER.items():
            value = config.get(f"/tars/application/server/{path}", "")
            if value and not config.get(f"{DOMAIN}/{path}"):
                known[name] = value
        if not config.get(f"{DOMAIN}/cdatapath") and "data_path" not in known:
            known["data_path"] = config.get(f"{DOMAIN}/datapath", "")
        return read(cls, config, DOMAIN, **known)


_FROM_SERVER = {"node_name": "nodename", "data_path": "datapath"}


def set_name(config: Config) -> str:
    """The process's set, when ``enableset`` is on; a wildcard in name or area turns it off."""
    application = "/tars/application/"
    if config.get(f"{application}enableset", "n").lower() != "y":
        return ""
    division = config.get(f"{application}setdivision", "")
    parts = division.split(".")
    usable = len(parts) == 3 and all(parts) and "*" not in parts[:2]
    return division if usable else ""
