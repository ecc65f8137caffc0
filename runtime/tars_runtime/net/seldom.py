"""Warnings that peers can cause at will: a few are logged, the rest is counted.

Without this, whoever connects often enough fills the disk.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

__all__ = ["Seldom"]

BURST: Final = 5
"""Lines of one kind that may follow each other closely."""
PERIOD: Final = 10.0
"""Seconds after which as many more may come."""


@dataclass(slots=True)
class Kind:
    """Lines of one message: when the period began, how many came, how many were not logged."""

    since: float
    lines: int = 0
    held_back: int = 0


class Seldom:
    """``warn("%s refused", peer)``: a warning, unless there were too many of this message."""

    def __init__(
        self, log: logging.Logger, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._log = log
        self._clock = clock
        self._kinds: dict[str, Kind] = {}

    def __call__(self, message: str, *arguments: object) -> None:
        """Log, or count; the messages, not the arguments, tell kinds apart."""
        now = self._clock()
        kind = self._kinds.setdefault(message, Kind(now))
        if now - kind.since >= PERIOD:
            missed = kind.held_back
            kind.since, kind.lines, kind.held_back = now, 0, 0
            if missed:
                message += f" (and {missed} such lines before that)"
        if kind.lines >= BURST:
            kind.held_back += 1
            return
        kind.lines += 1
        self._log.warning(message, *arguments)
