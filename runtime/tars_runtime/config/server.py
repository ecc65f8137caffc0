"""The settings of a server: ``/tars/application/server``, or keyword arguments."""

from __future__ import annotations

from dataclasses import dataclass

from tars_runtime.config.client import set_name
from tars_runtime.config.settings import flag, integer, millis, read, size, text
from tars_runtime.config.tree import Config

__all__ = ["ServerConfig"]

DOMAIN = "/tars/application/server"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerConfig:
    """What an `Application` is told. Times are seconds here and milliseconds in the file."""

    app: str = text("app", "UNKNOWN", "the application's name")
    server: str = text("server", "UNKNOWN", "the server's name")
    local: str = text(
        "local",
        "",
        "the admin object's endpoint, on loopback; empty: no admin object",
    )
    admin_off_loopback: bool = flag(
        "admin-off-loopback",
        False,
        "allow ``local`` off loopback: whoever reaches it can stop the server",
    )
    node: str = text(
        "node", "", "the node's object, ``tars.tarsnode.ServerObj@...``: heartbeats"
    )
    node_name: str = text(
        "nodename node_name localip", "", "this machine's name towards the platform"
    )
    localip: str = text(
        "localip", "", "this machine's address; stands for ``localip`` in endpoints"
    )
    config: str = text("config", "", "the configuration service's object")
    notify: str = text("notify", "", "the notification service's object")
    log: str = text("log", "", "the log service's object")
    basepath: str = text("basepath", "", "where remote configuration is kept")
    datapath: str = text("datapath", "", "where the server keeps its data")
    logpath: str = text("logpath", "", "where logs are written; empty: standard error")
    log_size: int = size("logsize", 50 * 1024 * 1024, "a rolling log's size")
    log_count: int = integer("lognum", 10, "a rolling log's files", 1)
    log_level: str = text(
        "logLevel loglevel", "DEBUG", "NONE, ERROR, WARN, INFO, DEBUG or TARS"
    )
    log_format: str = text(
        "logformat", "text", "``text``: lines as in C++; ``json``: an object per line"
    )
    max_frame: int = size(
        "maxPackageLength", 10 * 1024 * 1024, "the largest request that is accepted"
    )
    grace: float = millis(
        "gracedowntimeout", 0.0, "how long a stop waits for calls; 0: see deactivating"
    )
    deactivating: float = millis(
        "deactivating-timeout", 3.0, "a stop waits half a second less than this", 0.5
    )
    heartbeat_interval: float = millis(
        "mainloopticker", 10.0, "how often the node hears from each adapter", 1.0
    )
    zombie_timeout: float = millis(
        "zombietimeout",
        10.0,
        "an adapter whose waiting requests get nowhere for this long sends no heartbeat",
        1.0,
    )
    idle_timeout: float = millis(
        "idletimeout sessiontimeout",
        0.0,
        "close idle connections after this long; 0: the endpoint's -t",
    )
    unfinished: int = size(
        "unfinished-limit",
        256 * 1024 * 1024,
        "bytes of half-arrived requests that an adapter's connections hold together",
    )
    request_timeout: float = millis(
        "request-timeout", 120.0, "how long one request may take to arrive; 0: for ever"
    )
    backlog_limit: int = size(
        "backpacketlimit", 100 * 1024 * 1024, "unsent bytes that make a reader slow"
    )
    backlog_least: int = size(
        "backpacketmin", 1024, "bytes that a slow reader must take in five seconds"
    )
    check_set: bool = flag(
        "checkset", True, "refuse callers of another area of the same set"
    )
    report_flow: bool = flag(
        "reportflow", True, "count answered requests in statistics"
    )
    ignore_signals: bool = flag("ignore-signal", False, "install no signal handlers")
    processes: int = integer(
        "processes", 1, "worker processes that share the listening ports", 1
    )
    worker_timeout: float = millis(
        "worker-timeout",
        30.0,
        "a worker process that gives no sign for this long is killed and replaced",
        1.0,
    )
    metrics_port: int = integer(
        "metrics_port", 0, "where Prometheus reads ``/metrics`` over HTTP; 0: nowhere"
    )
    metrics_host: str = text(
        "metrics_host", "", "the address of ``metrics_port``; empty: ``localip``"
    )
    ca: str = text("ca", "", "certificates that clients are checked against (PEM)")
    cert: str = text("cert", "", "the server's certificate (PEM)")
    key: str = text("key", "", "the server's private key (PEM)")
    ciphers: str = text("ciphers", "", "OpenSSL cipher list")
    verify_client: bool = flag("verifyclient", False, "ask for a client's certificate")
    set_name: str = text("setdivision", "", "the set of this server")

    @classmethod
    def from_config(cls, config: Config) -> ServerConfig:
        """Read from a file's tree; raises `ConfigError`."""
        return read(cls, config, DOMAIN, set_name=set_name(config))

    @property
    def full_name(self) -> str:
        """``App.Server``."""
        return f"{self.app}.{self.server}"

    @property
    def grace_period(self) -> float:
        """How long a stop waits for calls in flight, in seconds."""
        return self.grace or self.deactivating - 0.5
