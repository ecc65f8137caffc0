"""How much processor and memory the container may use, told to the server's runtime.

Control groups of both versions are read. A variable that is set already stays.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

__all__ = ["cpu_limit", "limit_variables", "memory_limit"]

_ROOT = Path("/sys/fs/cgroup")
_UNLIMITED = 1 << 60


def cpu_limit(root: Path = _ROOT) -> float | None:
    """Processors that may be used, or `None` without a limit."""
    words = _words(root / "cpu.max")
    if not words:
        quota = _words(root / "cpu" / "cpu.cfs_quota_us")
        period = _words(root / "cpu" / "cpu.cfs_period_us")
        words = [*quota, *period]
    if len(words) != 2 or not all(each.isdigit() for each in words) or words[1] == "0":
        return None
    return int(words[0]) / int(words[1])


def memory_limit(root: Path = _ROOT) -> int | None:
    """Bytes that may be used, or `None` without a limit."""
    words = _words(root / "memory.max") or _words(
        root / "memory" / "memory.limit_in_bytes"
    )
    if not words or not words[0].isdigit() or int(words[0]) >= _UNLIMITED:
        return None
    return int(words[0])


def limit_variables(
    environment: Mapping[str, str], root: Path = _ROOT
) -> dict[str, str]:
    """The variables to add for the server."""
    cpus = cpu_limit(root)
    count = str(max(int(cpus), 1)) if cpus is not None else str(os.cpu_count() or 1)
    wanted = {"GOMAXPROCS": count, "TARS_CPU_LIMIT": count}
    if cpus is not None:
        wanted["OMP_NUM_THREADS"] = count
    memory = memory_limit(root)
    if memory is not None:
        wanted["GOMEMLIMIT"] = str(memory * 9 // 10)
        wanted["TARS_MEMORY_LIMIT"] = str(memory)
    return {name: value for name, value in wanted.items() if name not in environment}


def _words(path: Path) -> list[str]:
    try:
        return path.read_text().split()
    except OSError:
        return []
