"""``data/prestop``: this server left the registry, in this life of its container.

A marker that an earlier life has left (a shared volume, a container restart) does not count.
"""

from __future__ import annotations

import os
from pathlib import Path

from tarscli.files import write_atomic
from tarscli.layout import Layout

__all__ = ["clear_marker", "life", "marked", "write_marker"]

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def life() -> str:
    """What names this life: boot, pod, and when the container's first process started."""
    try:
        boot = _BOOT_ID.read_text().strip()
        first = Path("/proc/1/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        boot, first = "", ""
    return f"{boot} {os.environ.get('POD_UID', '')} {first}"


def marked(layout: Layout) -> bool:
    """Whether the marker is there and of this life.

    A bare ``done``, as the Go tool writes it, counts.
    """
    try:
        text = layout.prestop.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    lines = text.split("\n")
    return lines[0] == "done" and (len(lines) == 1 or lines[1] == life())


def write_marker(layout: Layout) -> None:
    """Set the marker; raises `OSError`."""
    write_atomic(layout.prestop, f"done\n{life()}")


def clear_marker(layout: Layout) -> None:
    """Remove what an earlier life has left."""
    layout.prestop.unlink(missing_ok=True)
