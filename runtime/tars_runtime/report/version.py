"""Which version of the framework runs here, as the platform is told."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version

__all__ = ["framework_version"]


@cache
def framework_version() -> str:
    """``0.1.0``; ``0`` when the package is not installed."""
    try:
        return version("tars2py")
    except PackageNotFoundError:
        return "0"
