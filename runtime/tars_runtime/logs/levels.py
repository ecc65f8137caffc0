"""TARS log levels and the standard library's: one table, read both ways."""

from __future__ import annotations

import logging
from typing import Final

from tars_runtime.errors import UsageError

__all__ = ["LEVELS", "TRACE", "level_of", "word_of"]

TRACE: Final = 5
"""The level ``TARS``, below DEBUG: the framework's own details."""

LEVELS: Final[dict[str, int]] = {
    "NONE": logging.CRITICAL + 10,
    "ERROR": logging.ERROR,
    "WARN": logging.WARNING,
    "INFO": logging.INFO,
    "DEBUG": logging.DEBUG,
    "TARS": TRACE,
}

_DOWNWARDS: Final = sorted(
    ((level, word) for word, level in LEVELS.items() if word != "NONE"), reverse=True
)


def level_of(name: str) -> int:
    """The standard level of a TARS one; raises `UsageError`."""
    try:
        return LEVELS[name.upper()]
    except KeyError:
        raise UsageError(
            f"expected a log level of {', '.join(LEVELS)}, got {name[:40]!r}"
        ) from None


def word_of(level: int) -> str:
    """The word that stands in a line: the TARS level at or below the standard one."""
    for least, word in _DOWNWARDS:
        if level >= least:
            return word
    return "TARS"
