"""Who is told of answered HTTP requests, and under which name a request counts.

Paths are as many as clients care to invent; what is counted are routes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

__all__ = ["GONE", "HttpObserver", "route_of"]

HttpObserver: TypeAlias = Callable[[str, str, int, float, str, tuple[str, int]], None]
"""Told of each request: object, route, status, seconds, the client's address, and the host and
port that it came to."""

GONE: Final = 499
"""The status of a request whose client went before the answer began, as nginx has it."""


def route_of(scope: Mapping[str, Any], status: int) -> str:
    """The route's pattern, where the application's framework left it in the scope (FastAPI does).

    Without it, the path's first part; ``/`` for what was answered with an error, since such paths
    may be anything.
    """
    pattern = getattr(scope.get("route"), "path", None)
    if isinstance(pattern, str) and pattern:
        return pattern
    if status >= 400:
        return "/"
    return "/" + str(scope["path"]).lstrip("/").partition("/")[0]
