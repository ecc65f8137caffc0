"""The settings of one adapter: a domain of the server's that has an ``endpoint``."""

from __future__ import annotations

from dataclasses import dataclass

from tars_runtime.config.settings import flag, integer, millis, read, text
from tars_runtime.config.tree import Config

__all__ = ["AdapterConfig"]

SERVER = "/tars/application/server"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterConfig:
    """One listening socket: its endpoint, its servants, its limits."""

    name: str = ""
    endpoint: str = text(
        "endpoint", "", "where to listen: ``tcp -h ... -p ... -t ...``"
    )
    servant: str = text(
        "servant", "", "the objects served here, ``App.Server.Obj``, blank-separated"
    )
    protocol: str = text(
        "protocol", "tars", "``tars``, or anything else for a mounted protocol"
    )
    threads: int = integer(
        "threads", 8, "threads for servant methods that are plain ``def``", 1
    )
    concurrency: int = integer(
        "concurrency", 1000, "coroutines that may run at once; the rest wait", 1
    )
    max_connections: int = integer("maxconns", 1024, "connections at once", 1)
    queue_capacity: int = integer(
        "queuecap", 1024, "requests that may wait; above four fifths: -9", 1
    )
    queue_timeout: float = millis(
        "queuetimeout", 10.0, "a request that waited longer is answered -6", 3.0
    )
    enforce_deadline: bool = flag(
        "enforce-deadline", False, "cancel coroutines whose caller has given up"
    )
    allow: str = text("allow", "", "peers that may connect: ``10.0.*;192.168.0.0/16``")
    deny: str = text("deny", "", "peers that may not")
    order: str = text("order", "allow,deny", "which list is asked first")
    ca: str = text("ca", "", "as the server's ``ca``, for this adapter")
    cert: str = text("cert", "", "as the server's ``cert``")
    key: str = text("key", "", "as the server's ``key``")
    ciphers: str = text("ciphers", "", "as the server's ``ciphers``")
    verify_client: bool = flag("verifyclient", False, "as the server's")

    @property
    def servants(self) -> tuple[str, ...]:
        """The objects' names."""
        return tuple(self.servant.split())

    @classmethod
    def all_from_config(cls, config: Config) -> list[AdapterConfig]:
        """Every adapter of the file, in order; raises `ConfigError`."""
        return [
            read(cls, config, f"{SERVER}/{each.name}", name=each.name)
            for each in config.domain(SERVER).domains.values()
            if "endpoint" in each.values
        ]
