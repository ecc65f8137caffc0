"""Who calls the servant method that runs, as the access rules want to know it."""

from __future__ import annotations

from tars_runtime import rpc

from tars_registry.core.access import Caller

__all__ = ["calling"]


def calling() -> Caller:
    """The caller's address and what it said in the call's context."""
    current = rpc.current()
    return Caller(current.peer[0], current.context)
