"""``log/cmd.log``: what commands did, for whoever looks into the pod afterwards.

Never a reason to fail: without a writable ``log/`` nothing is written.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

__all__ = ["line_of", "note"]

_SIZE = 10 << 20


def line_of(who: str, level: str, text: str, now: float | None = None) -> str:
    """``time|who|LEVEL|text`` without a line break in it; ``now`` in seconds since 1970."""
    moment = time.time() if now is None else now
    stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(moment))
    flat = " ".join(text.splitlines())
    return f"{stamp}.{int(moment * 1000) % 1000:03d}|{who}|{level.upper()}|{flat}\n"


def note(path: Path, who: str, text: str, level: str = "info") -> None:
    """Append one line to the log ``path``, which is rolled once at 10 MiB."""
    try:
        if path.exists() and path.stat().st_size > _SIZE:
            os.replace(path, path.with_name("cmd1.log"))
        with path.open("a", encoding="utf-8", errors="replace") as file:
            file.write(line_of(who, level, text))
    except OSError:
        return
