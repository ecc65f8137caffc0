"""A running C++ registry's tables and 304 of its answers (3.0.17), as rows of ours."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from tars_registry.lookup.catalog import Catalog
from tars_registry.lookup.groups import Groups
from tars_registry.model import Adapter, GroupRule, Key, Priority, RegistryInfo, Server

R = TypeVar("R")

PATH = Path(__file__).with_name("golden.json")


@dataclass(frozen=True, slots=True)
class Call:
    """One recorded call."""

    function: str
    arguments: list[str]
    context: dict[str, str]
    request: bytes
    reply: bytes
    ret: int
    active: list[dict[str, Any]]
    inactive: list[dict[str, Any]]

    def __str__(self) -> str:
        place = f" from {self.context}" if self.context else ""
        return f"{self.function}{tuple(self.arguments)}{place}"


@cache
def recorded() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(PATH.read_text(encoding="utf-8"))
    return read


def tables() -> dict[str, list[dict[str, Any]]]:
    """The tables as they were."""
    found: dict[str, list[dict[str, Any]]] = recorded()["tables"]
    return found


def calls() -> Iterator[Call]:
    """The recorded calls."""
    for each in recorded()["calls"]:
        yield Call(
            function=each["function"],
            arguments=each["args"],
            context=each["context"],
            request=bytes.fromhex(each["request_hex"]),
            reply=bytes.fromhex(each["reply_hex"]),
            ret=each.get("ret", 0),
            active=each.get("active", []),
            inactive=each.get("inactive", []),
        )


def catalog() -> Catalog:
    """A catalog filled with the recorded tables."""
    made = Catalog()
    made.set_groups(
        Groups.of(
            _rows("t_server_group_rule", GroupRule), _rows("t_group_priority", Priority)
        )
    )
    made.set_registries(_rows("t_registry_info", RegistryInfo))
    adapters: dict[Key, list[Adapter]] = {}
    for adapter in _rows("t_adapter_conf", Adapter):
        adapters.setdefault(adapter.key, []).append(adapter)
    for server in _rows("t_server_conf", Server):
        made.put(server, adapters.get(server.key, ()))
    return made


def _rows(table: str, kind: type[R]) -> list[R]:
    names = {each.name for each in fields(kind)}  # type: ignore[arg-type]  # each kind is a dataclass
    return [
        kind(**{name: _plain(value) for name, value in row.items() if name in names})
        for row in tables()[table]
    ]


def _plain(value: Any) -> Any:
    return "" if value is None else value
