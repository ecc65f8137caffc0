"""How many files, and so connections, this process may have open."""

from __future__ import annotations

import resource
from contextlib import suppress

__all__ = ["raise_file_limit"]


def raise_file_limit() -> int:
    """Raise the soft limit to the hard one; gives the limit that holds.

    The usual soft limit of 1024 is less than one busy adapter takes.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            return hard
    return soft
