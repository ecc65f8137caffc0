"""What an option is, and the kinds of text that it may have."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

__all__ = ["Kind", "Setting"]


class Kind(Enum):
    """How an option's text is read."""

    TEXT = "string"
    NUMBER = "int"
    TIME = "time"
    SIZE = "size"
    SWITCH = "switch"
    CHOICE = "choice"


class Setting(NamedTuple):
    """One option; a named tuple, because dataclasses take longer to load than help to print."""

    key: str
    """Its name in code and in ``config show``; the flag is ``--key``, with dashes."""

    help: str
    commands: tuple[str, ...]
    """The commands that know it; ``*`` is all of them."""

    variable: str = ""
    """The environment variable; empty for what only a flag can say."""

    kind: Kind = Kind.TEXT
    default: str = ""
    meta: str = ""
    """The key of ``_server_meta.yaml`` that gives the default."""

    low: float | None = None
    high: float | None = None
    """Bounds, inclusive; times in seconds."""

    choices: tuple[str, ...] = ()
    empty_is_unset: bool = False
    """A variable that is set but empty counts as not set (the process-wide ones)."""

    @property
    def flag(self) -> str:
        """``--report-interval`` for ``report_interval``."""
        return "--" + self.key.replace("_", "-")
