"""Who listens on a port, by the kernel's tables: so that a stranger's port never counts."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

__all__ = ["bound", "holds", "sockets_on"]

_NET = Path("/proc/net")
_LISTEN = "0A"
_TABLES = {"tcp": ("tcp", "tcp6"), "ssl": ("tcp", "tcp6"), "udp": ("udp", "udp6")}


def sockets_on(port: int, transport: str) -> frozenset[str]:
    """The inodes of the sockets that listen on ``port``, or are bound to it with udp."""
    suffix = f":{port:04X}"
    found = set()
    for table in _TABLES[transport]:
        with suppress(OSError), (_NET / table).open() as lines:
            next(lines, "")
            for address, inode in bound(lines, transport != "udp"):
                if address.endswith(suffix):
                    found.add(inode)
    return frozenset(found)


def bound(lines: Iterable[str], listening: bool) -> Iterator[tuple[str, str]]:
    """Local address and inode of each socket of a table.

    The kernel lists those that listen first: of tcp, what follows them is not even read, for a
    server may have ten thousand connections.
    """
    for line in lines:
        fields = line.split()
        if listening and fields[3] != _LISTEN:
            return
        yield fields[1], fields[9]


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
