"""``data/server_info.yaml``: what genconf decided, handed to supervisor, prestop and notify."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

import yaml
from tars_runtime.errors import ConfigError
from tars_runtime.net.endpoint import Endpoint

from tarscli.meta import Adapter, ServerMeta, meta_values, servant_name

_T = TypeVar("_T", Adapter, ServerMeta)

__all__ = ["ServerInfo", "dump_info", "load_info"]


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """One server with every placeholder resolved."""

    server: ServerMeta
    local_ip: str
    tars_path: str

    @property
    def name(self) -> str:
        """``App.Server``."""
        return f"{self.server.application}.{self.server.server}"

    @property
    def admin(self) -> Endpoint:
        """Where the admin object listens."""
        return Endpoint.parse(self.server.local)

    @property
    def servants(self) -> tuple[tuple[str, Adapter], ...]:
        """Each servant's full name with its adapter."""
        return tuple(
            (servant_name(self.server, each), each) for each in self.server.adapters
        )


def dump_info(info: ServerInfo) -> str:
    """The file's text: ``conf`` with every key of the meta file, then address and path."""
    tree = {
        "conf": meta_values(info.server),
        "local_ip": info.local_ip,
        "tars_path": info.tars_path,
    }
    return str(yaml.safe_dump(tree, sort_keys=False, width=1 << 20, allow_unicode=True))


def load_info(path: Path) -> ServerInfo:
    """Read the file; raises `ConfigError` when genconf has not run or the file is broken."""
    try:
        tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(
            f"{path}: no such file; run tarscli genconf first, or check TARS_PATH"
        ) from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: broken; run tarscli genconf again") from error
    try:
        conf = dict(tree["conf"])
        adapters = tuple(_made(Adapter, each) for each in conf.pop("adapters") or ())
        server = _made(ServerMeta, conf).with_adapters(adapters)
        return ServerInfo(server, str(tree["local_ip"]), str(tree["tars_path"]))
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(
            f"{path}: expected what genconf writes; run it again"
        ) from error


def _made(cls: type[_T], values: dict[str, Any]) -> _T:
    """``cls`` from YAML keys; keys of a newer version are left out."""
    found: dict[str, Any] = {}
    for each in fields(cls):
        if each.metadata["key"] in values:
            kind: Any = type(each.default)
            found[each.name] = kind(values[each.metadata["key"]])
    return cls(**found)
