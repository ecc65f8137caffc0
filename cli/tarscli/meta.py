"""What ``bin/_server_meta.yaml`` may say: one table of keys, read strictly.

A wrong type, an unknown key (with the nearest known one) or a key given twice is an error with
file, line and column, so that an adapter never disappears without a word.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import yaml
from tars_runtime.errors import ConfigError

from tarscli.options import suggest

__all__ = [
    "Adapter",
    "ServerMeta",
    "load_meta",
    "meta_values",
    "parse_meta",
    "servant_name",
]

_REGISTRY_HOST = "tars-registry.${namespace}.svc.cluster.local"
DEFAULT_LOCATOR = f"tars.tarsregistry.QueryObj@tcp -h {_REGISTRY_HOST} -p 17890"
DEFAULT_ENDPOINT = "tcp -h ${local_ip} -p ${random_port} -t 30000"


def _key(name: str, default: Any, widest: int = 0) -> Any:
    """A member whose YAML key is ``name``; ``widest`` is the registry's column, in characters.

    0 where the registry does not store it.
    """
    return field(default=default, metadata={"key": name, "widest": widest})


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter:
    """One entry of ``adapters``: a servant and where it listens."""

    object: str = _key("object", "")
    endpoint: str = _key("endpoint", DEFAULT_ENDPOINT, 128)
    maxconns: int = _key("maxconns", 200000)
    protocol: str = _key("protocol", "tars", 64)
    queuecap: int = _key("queuecap", 10000)
    queuetimeout: int = _key("queuetimeout", 60000)
    threads: int = _key("threads", 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerMeta:
    """The whole file, in the order in which ``server_info.yaml`` repeats it."""

    application: str = _key("application", "", 50)
    server: str = _key("server", "", 128)
    set_id: str = _key("set_id", "")
    locator: str = _key("locator", DEFAULT_LOCATOR)
    sample_rate: int = _key("sample_rate", 100000)
    max_sample_count: int = _key("max_sample_count", 50)
    stat_object: str = _key("statObj", "tars.tarsstat.StatObj")
    property_object: str = _key("propertyObj", "tars.tarsproperty.PropertyObj")
    async_threads: int = _key("asyncThreadNum", 3)
    sync_invoke_timeout: int = _key("sync_invoke_timeout", 3000)
    async_invoke_timeout: int = _key("async_invoke_timeout", 5000)
    report_interval: int = _key("report_interval", 6000)
    refresh_endpoint_interval: int = _key("refresh_endpoint_interval", 60000)
    adapters: tuple[Adapter, ...] = _key("adapters", ())
    local: str = _key("local", "tcp -h 127.0.0.1 -p ${random_port} -t 5000")
    log_size: str = _key("logSize", "100M")
    log_count: int = _key("logNum", 5)
    config_object: str = _key("configObj", "tars.tarsconfig.ConfigObj")
    notify_object: str = _key("notifyObj", "tars.tarsnotify.NotifyObj")
    log_object: str = _key("logObj", "tars.tarslog.LogObj")
    log_level: str = _key("logLevel", "DEBUG")
    deactivating_timeout: int = _key("deactivating_timeout", 3000)
    metrics_port: int = _key("metrics_port", 0)

    def with_adapters(self, adapters: tuple[Adapter, ...]) -> ServerMeta:
        """The same server with other adapters."""
        return replace(self, adapters=adapters)


def servant_name(server: ServerMeta, adapter: Adapter) -> str:
    """``App.Server.Obj``."""
    return f"{server.application}.{server.server}.{adapter.object}"


_READ_BY_NOBODY = ("version",)
"""Keys that all samples have and no program reads."""


def load_meta(path: Path) -> tuple[ServerMeta, dict[str, str]]:
    """Read ``path``: the server, and the texts of the scalar keys that the file really gives.

    A file that does not exist gives the defaults. Raises `ConfigError`.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ServerMeta(), {}
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: expected UTF-8, got {error.reason}") from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    return parse_meta(text, str(path))


def parse_meta(text: str, name: str) -> tuple[ServerMeta, dict[str, str]]:
    """`load_meta` for a text; ``name`` stands in messages."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise ConfigError(_of_yaml(error, name)) from error
    except RecursionError as error:
        raise ConfigError(
            f"{name}: expected lists and mappings of a few levels, got hundreds"
        ) from error
    if root is None:
        return ServerMeta(), {}
    values = _members(root, ServerMeta, name, "the file")
    given = {
        key: str(value)
        for key, value in (
            (_name(each), values.get(each.name)) for each in fields(ServerMeta)
        )
        if value is not None and not isinstance(value, tuple)
    }
    return ServerMeta(**values), given


def meta_values(server: ServerMeta | Adapter) -> dict[str, Any]:
    """``server`` under its YAML keys, in the table's order."""
    out: dict[str, Any] = {}
    for each in fields(server):
        value = getattr(server, each.name)
        if isinstance(value, tuple):
            value = [meta_values(adapter) for adapter in value]
        out[_name(each)] = value
    return out


def _name(member: Any) -> str:
    return str(member.metadata["key"])


def _members(node: yaml.Node, cls: type, name: str, what: str) -> dict[str, Any]:
    """The members of ``cls`` that the mapping ``node`` gives."""
    known = {_name(each): each for each in fields(cls)}
    values: dict[str, Any] = {}
    for key, value in _pairs(node, name, what):
        if key.value in _READ_BY_NOBODY and cls is ServerMeta:
            continue
        member = known.get(key.value)
        if member is None:
            raise _wrong(
                key, name, f"unknown key '{key.value}'{suggest(key.value, known)}"
            )
        if member.name in values:
            raise _wrong(key, name, f"key '{key.value}' is given twice; keep one")
        values[member.name] = _value(value, member.default, key.value, name)
    return values


def _pairs(
    node: yaml.Node, name: str, what: str
) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    if not isinstance(node, yaml.MappingNode):
        raise _wrong(node, name, f"expected {what} to be a mapping of key: value")
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise _wrong(key, name, "expected a plain key")
        yield key, value


def _value(node: yaml.Node, default: object, key: str, name: str) -> Any:
    if isinstance(default, tuple):
        return _adapters(node, key, name)
    if not isinstance(node, yaml.ScalarNode):
        raise _wrong(node, name, f"{key}: expected one value, got a list or mapping")
    null = node.tag == "tag:yaml.org,2002:null" and node.style is None
    if isinstance(default, int):
        return 0 if null else _integer(node, key, name)
    return "" if null else _text(node, key, name)


def _adapters(node: yaml.Node, key: str, name: str) -> tuple[Adapter, ...]:
    if isinstance(node, yaml.ScalarNode) and node.value in ("", "~", "null"):
        return ()
    if not isinstance(node, yaml.SequenceNode):
        raise _wrong(node, name, f"{key}: expected a list of adapters, each with '- '")
    found = []
    for position, each in enumerate(node.value):
        values = _members(each, Adapter, name, f"{key}[{position}]")
        if values.get("endpoint") == "":
            del values["endpoint"]
        found.append(Adapter(**values))
    return tuple(found)


def _text(node: yaml.ScalarNode, key: str, name: str) -> str:
    text = str(node.value)
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise _wrong(node, name, f"{key}: expected one line without control characters")
    return text


def _integer(node: yaml.ScalarNode, key: str, name: str) -> int:
    """``16``, ``0x10``, ``1_000`` and ``3.0`` are integers; a quoted number is a text."""
    text = str(node.value).replace("_", "")
    problem = _wrong(node, name, f"{key}: expected an integer, got '{node.value}'")
    if node.style is not None:
        raise problem
    try:
        number = float(text) if "." in text else int(text, 0)
        whole = int(number)
    except (ValueError, OverflowError):
        raise problem from None
    if number != whole or not -(2**31) <= whole < 2**31:
        raise problem
    return whole


def _wrong(node: yaml.Node, name: str, reason: str) -> ConfigError:
    mark = node.start_mark
    return ConfigError(f"{name}:{mark.line + 1}:{mark.column + 1}: {reason}")


def _of_yaml(error: yaml.YAMLError, name: str) -> str:
    mark = getattr(error, "problem_mark", None)
    where = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
    reason = getattr(error, "problem", None) or " ".join(str(error).split())
    return f"{where}: not YAML: {reason}"
