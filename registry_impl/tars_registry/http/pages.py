"""The pages: health, metrics, targets for Prometheus, and what the registry knows, as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from tars_registry.core.memory import Memory
from tars_registry.core.snapshots import origin
from tars_registry.http.exposition import CONTENT_TYPE, Family, exposition
from tars_registry.http.server import Page
from tars_registry.lookup.resolve import Question, resolve
from tars_registry.servants.metrics import metrics_targets

__all__ = ["Site"]

TEXT = "text/plain; charset=utf-8"


class Site:
    """Finds the page of a path. Read-only, from memory alone."""

    def __init__(
        self, memory: Memory, families: Callable[[], Iterator[Family]]
    ) -> None:
        self._memory = memory
        self._families = families
        self._pages: dict[str, Callable[[dict[str, str]], Page]] = {
            "/healthz": self._health,
            "/readyz": self._ready,
            "/metrics": self._metrics,
            "/sd/prometheus": self._targets,
            "/servers": self._servers,
            "/objects": self._objects,
            "/resolve": self._resolve,
        }

    def __call__(self, path: str, query: dict[str, str]) -> Page | None:
        """The page, or ``None``; raises `ValueError` for a query that makes no sense."""
        page = self._pages.get(path)
        return page(query) if page is not None else None

    def _health(self, _: dict[str, str]) -> Page:
        return Page("ok\n", TEXT)

    def _ready(self, _: dict[str, str]) -> Page:
        """Ready from the first full load on, also while the database is away: memory answers."""
        if self._memory.picture_taken is not None:
            return Page(f"ready, {origin(self._memory.picture_taken)}\n", TEXT)
        if self._memory.loaded:
            return Page("ready\n", TEXT)
        return Page(
            "the tables are not read yet\n", TEXT, HTTPStatus.SERVICE_UNAVAILABLE
        )

    def _metrics(self, _: dict[str, str]) -> Page:
        return Page(exposition(self._families()), CONTENT_TYPE)

    def _targets(self, query: dict[str, str]) -> Page:
        """HTTP service discovery; live servers only, unless ``all=1``."""
        everything = query.get("all") == "1"
        servers = [
            each
            for each in self._memory.catalog.servers.values()
            if everything or each.is_active
        ]
        found = [asdict(each) for each in metrics_targets(servers)]
        return _json(found)

    def _servers(self, query: dict[str, str]) -> Page:
        """Servers, of an application, a server name, a node or a state when they are given."""
        catalog = self._memory.catalog
        wanted = {name: value for name, value in query.items() if value}
        known = {"application", "server_name", "node_name", "present_state"}
        if unknown := wanted.keys() - known:
            raise ValueError(f"expected {', '.join(sorted(known))}, got {min(unknown)}")
        rows = [asdict(each) for each in catalog.servers.values()]
        return _json(
            [
                row | {"adapters": [asdict(one) for one in catalog.adapters[key]]}
                for key, row in zip(catalog.servers, rows, strict=True)
                if all(row[name] == value for name, value in wanted.items())
            ]
        )

    def _objects(self, _: dict[str, str]) -> Page:
        """Every object with its numbers of active and inactive endpoints."""
        catalog = self._memory.catalog
        rows = []
        for name in sorted(catalog.objects()):
            entries = catalog.entries(name) or ()
            active = sum(each.active for each in entries)
            rows.append(
                {"object": name, "active": active, "inactive": len(entries) - active}
            )
        return _json(rows)

    def _resolve(self, query: dict[str, str]) -> Page:
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


def _json(value: Any) -> Page:
    return Page(json.dumps(value, ensure_ascii=False) + "\n")
