"""What differs for one object: a sub-domain of the client's that carries the object's name.

::

    <client>
      ca=/etc/tars/ca.pem
      <Pay.LedgerServer.LedgerObj>
        ca=/etc/tars/ledger-ca.pem
        cert=/etc/tars/me.pem
        key=/etc/tars/me.key
      </Pay.LedgerServer.LedgerObj>
    </client>

What a sub-domain leaves out is the client's. ``accesskey`` and ``secretkey``, which C++ reads
here, belong to a handshake that is not spoken (``-e 1``) and are left alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from tars_runtime.config.settings import read, text
from tars_runtime.config.tree import Config

__all__ = ["ObjectConfig"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectConfig:
    """How one object is reached, where that is not as for the others."""

    ca: str = text("ca", "", "as the client's ``ca``, for this object")
    cert: str = text("cert", "", "as the client's ``cert``")
    key: str = text("key", "", "as the client's ``key``")
    ciphers: str = text("ciphers", "", "as the client's ``ciphers``")
    server_name: str = text("tls-server-name", "", "as the client's")

    @classmethod
    def all_from_config(cls, config: Config, path: str) -> dict[str, ObjectConfig]:
        """Those of the domain at ``path``, by object; raises `ConfigError`."""
        return {
            name: read(cls, config, f"{path}/{name}")
            for name in config.domain(path).domains
            if name.count(".") == 2
        }
