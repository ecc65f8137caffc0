"""TARS log levels and the standard library's, one table."""

from __future__ import annotations

import logging
from typing import Final

from tars_runtime.errors import UsageError

__all__ = ["LEVELS", "level_of", "set_level"]

TRACE: Final = 5

LEVELS: Final[dict[str, int]] = {
    "NONE": logging.CRITICAL + 10,
    "ERROR": logging.ERROR,
    "WARN": logging.WARNING,
    "INFO": logging.INFO,
    "DEBUG": logging.DEBUG,
    "TARS": TRACE,
}


def level_of(name: str) -> int:
    """The standard level of a TARS one; raises `UsageError`."""
    try:
        return LEVELS[name.upper()]
    except KeyError:
        raise UsageError(
            f"expected a log level of {', '.join(LEVELS)}, got {name[:40]!r}"
        ) from None


def set_level(name: str) -> None:
    """Set the level of the whole process: the root logger's."""
    logging.getLogger().setLevel(level_of(name))
