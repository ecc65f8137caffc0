"""What a server's author does around its life: hooks, the lifespan, checks of its health."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

__all__ = ["Check", "Hook", "Hooks"]

Hook: TypeAlias = Callable[[], Awaitable[None] | None]
Check: TypeAlias = Callable[[], Awaitable[bool] | bool]


class Hooks:
    """The part of an `Application` that calls back."""

    def __init__(self) -> None:
        self.start_hooks: list[Hook] = []
        self.stop_hooks: list[Hook] = []
        self.health_checks: list[Check] = []
        self.healthy = True
        """Set to false while the server cannot do its work: heartbeats then stop."""

    def on_start(self, hook: Hook) -> Hook:
        """Run when the ports are bound, before anybody can connect."""
        self.start_hooks.append(hook)
        return hook

    def on_stop(self, hook: Hook) -> Hook:
        """Run after the last call has ended."""
        self.stop_hooks.append(hook)
        return hook

    def health_check(self, check: Check) -> Check:
        """Asked before each heartbeat; false or an exception holds it back."""
        self.health_checks.append(check)
        return check
