"""Requests that the operator wants to be dyed: ``tars.setdyeing KEY OBJECT [FUNCTION]``.

A request whose status carries the key as ``STATUS_GRID_KEY`` becomes a dyed one: it is logged
apart, and so are the calls that it causes.
"""

from __future__ import annotations

from dataclasses import dataclass

from tars_runtime.errors import UsageError
from tars_runtime.protocol import Flag, Request, Status

__all__ = ["DyeSwitch"]


@dataclass(slots=True)
class DyeSwitch:
    """Which requests are dyed; none without a key."""

    key: str = ""
    object: str = ""
    function: str = ""

    def set(self, words: list[str]) -> str:
        """Take ``KEY OBJECT [FUNCTION]``; nothing turns it off. Raises `UsageError`."""
        if len(words) not in (0, 2, 3):
            raise UsageError(
                f"expected KEY OBJECT [FUNCTION], or nothing, got {len(words)} words"
            )
        self.key, self.object, self.function = (*words, "", "", "")[:3]
        if not self.key:
            return "no requests are dyed"
        where = f"{self.object}.{self.function or '*'}"
        return f"requests to {where} with the key {self.key} are dyed"

    def dye(self, request: Request) -> None:
        """Dye a request that the switch is meant for."""
        if not self.key or request.status.get(Status.GRID_KEY) != self.key:
            return
        if request.servant == self.object and self.function in ("", request.function):
            request.message_type |= Flag.DYED
            request.status = {**request.status, Status.DYED_KEY: self.key}
