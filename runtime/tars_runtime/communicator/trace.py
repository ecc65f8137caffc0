"""The TARS trace key: ``type[.kilobytes]-trace|span[|parent]``, passed on with a fresh span.

The form with two parts is sent, which the C++ and Go runtimes read the same way.
"""

from __future__ import annotations

import secrets

__all__ = ["next_span"]


def next_span(key: str) -> str:
    """The key for a call made while one with ``key`` is served; ``""`` for a key that is none."""
    trace, *spans = key.split("|")
    if not trace or len(spans) not in (1, 2):
        return ""
    return f"{trace}|{secrets.token_hex(8)}"
