"""HTTP/1.1 for servants that are ASGI applications: h11 reads and writes, this moves the bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tars_runtime.errors import UsageError
from tars_runtime.http.lifespan import AsgiApp
from tars_runtime.http.observers import HttpObserver

if TYPE_CHECKING:
    from tars_runtime.http.site import AsgiSite

__all__ = ["AsgiApp", "HttpObserver", "load_asgi_site"]


def load_asgi_site() -> type[AsgiSite]:
    """The class behind a mounted application; raises `UsageError` when h11 is not installed."""
    try:
        from tars_runtime.http.site import AsgiSite
    except ModuleNotFoundError as error:
        raise UsageError(
            "expected h11 for HTTP servants, got none: pip install 'tars2py[http]'"
        ) from error
    return AsgiSite
