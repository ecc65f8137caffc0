"""The pages: health, metrics, targets for Prometheus, and what the registry knows, as JSON.

A page as long as the tables is made in a thread, from rows that do not change: heartbeats and
queries do not wait for whoever reads it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, fields
from http import HTTPStatus
from typing import Any, Final

from tars_registry.core.memory import Memory, Row
from tars_registry.core.snapshots import origin
from tars_registry.http.exposition import CONTENT_TYPE, Family, exposition
from tars_registry.http.server import Page
from tars_registry.lookup.resolve import Question, resolve
from tars_registry.model import Adapter, Server
from tars_registry.servants.metrics import metrics_targets

__all__ = ["Site"]

TEXT: Final = "text/plain; charset=utf-8"

FILTERS: Final = frozenset({"application", "server_name", "node_name", "present_state"})
"""What ``/servers`` may be asked for."""

SERVER: Final = tuple(each.name for each in fields(Server))
ADAPTER: Final = tuple(each.name for each in fields(Adapter))


class Site:
    """Finds the page of a path. Read-only, from memory alone."""

    def __init__(
        self, memory: Memory, families: Callable[[], Iterator[Family]]
    ) -> None:
        self._memory = memory
        self._families = families
        self._pages: dict[str, Callable[[dict[str, str]], Awaitable[Page]]] = {
            "/healthz": self._health,
            "/readyz": self._ready,
            "/metrics": self._metrics,
            "/sd/prometheus": self._targets,
            "/servers": self._servers,
            "/objects": self._objects,
            "/resolve": self._resolve,
        }

    async def __call__(self, path: str, query: dict[str, str]) -> Page | None:
        """The page, or ``None``; raises `ValueError` for a query that makes no sense."""
        page = self._pages.get(path)
        return await page(query) if page is not None else None

    async def _health(self, _: dict[str, str]) -> Page:
        return Page("ok\n", TEXT)

    async def _ready(self, _: dict[str, str]) -> Page:
        """Ready from the first full load on, also while the database is away: memory answers."""
        if self._memory.picture_taken is not None:
            return Page(f"ready, {origin(self._memory.picture_taken)}\n", TEXT)
        if self._memory.loaded:
            return Page("ready\n", TEXT)
        return Page(
            "the tables are not read yet\n", TEXT, HTTPStatus.SERVICE_UNAVAILABLE
        )

    async def _metrics(self, _: dict[str, str]) -> Page:
        return Page(exposition(self._families()), CONTENT_TYPE)

    async def _targets(self, query: dict[str, str]) -> Page:
        """HTTP service discovery; live servers only, unless ``all=1``."""
        everything = query.get("all") == "1"
        servers = list(self._memory.catalog.servers.values())
        return await asyncio.to_thread(_targets_page, servers, everything)

    async def _servers(self, query: dict[str, str]) -> Page:
        """Servers, of an application, a server name, a node or a state when they are given."""
        wanted = {name: value for name, value in query.items() if value}
        if unknown := wanted.keys() - FILTERS:
            raise ValueError(
                f"expected {', '.join(sorted(FILTERS))}, got {min(unknown)}"
            )
        return await asyncio.to_thread(_servers_page, self._memory.rows(), wanted)

    async def _objects(self, _: dict[str, str]) -> Page:
        """Every object with its numbers of active and inactive endpoints."""
        catalog = self._memory.catalog
        rows = []
        for name in sorted(catalog.objects()):
            entries = catalog.entries(name) or ()
            active = sum(each.active for each in entries)
            rows.append(
                {"object": name, "active": active, "inactive": len(entries) - active}
            )
            await asyncio.sleep(
                0
            )  # entries are made here when they are asked for first
        return _json(rows)

    async def _resolve(self, query: dict[str, str]) -> Page:
        """What a caller would get, and which rule decides."""
        if not query.get("object"):
            raise ValueError("expected ?object=App.Server.Obj, got none")
        question = Question(
            object=query["object"],
            node=query.get("node", ""),
            set_id=query.get("set", ""),
            station=query.get("station", ""),
        )
        found = resolve(self._memory.catalog, question)
        return _json(
            {
                "ret": found.ret,
                "rule": found.rule,
                "active": [asdict(each.endpoint) for each in found.active],
                "inactive": [asdict(each.endpoint) for each in found.inactive],
            }
        )


def _targets_page(servers: Iterable[Server], everything: bool) -> Page:
    live = [each for each in servers if everything or each.is_active]
    return _json([asdict(each) for each in metrics_targets(live)])


def _servers_page(rows: Iterable[Row], wanted: Mapping[str, str]) -> Page:
    return _json(
        [
            _plain(server, SERVER)
            | {"adapters": [_plain(each, ADAPTER) for each in adapters]}
            for server, adapters, _ in rows
            if all(getattr(server, name) == value for name, value in wanted.items())
        ]
    )


def _plain(row: Server | Adapter, columns: Iterable[str]) -> dict[str, Any]:
    """A row as JSON has it; ``asdict`` copies every value, and takes ten times as long."""
    return {column: getattr(row, column) for column in columns}


def _json(value: Any) -> Page:
    return Page(json.dumps(value, ensure_ascii=False) + "\n")
