"""The TARS trace key: ``type[.kilobytes]-trace|span[|parent]``, passed on with a fresh span.

The form with two parts is sent, which the C++ and Go runtimes read the same way.
"""

from __future__ import annotations

import secrets

__all__ = ["next_span"]


def next_span(key: str) -> str:
    """The key for a call made while one with ``key`` is served; ``""`` for a key that is none."""
    trace, bar, _ = key.partition("|")
    if not bar or "-" not in trace:
        return ""
    return f"{trace}|{secrets.token_hex(8)}"
