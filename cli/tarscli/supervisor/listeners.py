"""Who listens on a port, by the kernel's tables: so that a stranger's port never counts."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

__all__ = ["holds", "sockets_on"]

_LISTEN = "0A"
_TABLES = {"tcp": ("tcp", "tcp6"), "ssl": ("tcp", "tcp6"), "udp": ("udp", "udp6")}


def sockets_on(port: int, transport: str) -> frozenset[str]:
    """The inodes of the sockets that listen on ``port``, or are bound to it with udp."""
    suffix = f":{port:04X}"
    found = set()
    for table in _TABLES[transport]:
        try:
            lines = Path("/proc/net", table).read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            bound = fields[1].endswith(suffix)
            if bound and (transport == "udp" or fields[3] == _LISTEN):
                found.add(fields[9])
    return frozenset(found)


def holds(pids: Iterable[int], inodes: frozenset[str]) -> bool | None:
    """Whether one of ``pids`` has one of the sockets; `None` when that cannot be seen."""
    wanted = {f"socket:[{inode}]" for inode in inodes}
    hidden = False
    for pid in pids:
        folder = f"/proc/{pid}/fd"
        try:
            names = os.listdir(folder)
        except PermissionError:
            hidden = True
            continue
        except OSError:
            continue
        for name in names:
            try:
                if os.readlink(f"{folder}/{name}") in wanted:
                    return True
            except OSError:
                continue
    return None if hidden else False
