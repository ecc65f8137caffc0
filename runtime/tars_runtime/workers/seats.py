"""The ends that a child process holds: a lifeline to the master, and channels between children.

A worker's `Seat` has a lifeline, on which it says that it serves (and sees the master die), and a
channel, on which the administrator asks it. The administrator's `Desk` gets the other end of each
worker's channel through the master, which alone starts processes.
"""

from __future__ import annotations

import json
import os
import socket
from dataclasses import dataclass, field
from typing import Any, Final

__all__ = ["ACTIVE", "STOP", "Desk", "News", "Seat", "pair"]

ACTIVE: Final = b"A"
STOP: Final = b"S"
LARGEST: Final = 4096


def pair() -> tuple[socket.socket, socket.socket]:
    """Two ends of a connection that keeps the bounds of messages."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


@dataclass(slots=True)
class Seat:
    """What a worker holds."""

    number: int
    lifeline: socket.socket
    channel: socket.socket
    master: int = field(default_factory=os.getpid)
    """The master's process number: a seat is made before the fork."""

    def tell(self, word: bytes) -> None:
        """Tell the master that we serve (`ACTIVE`), or that the server shall stop (`STOP`)."""
        try:
            self.lifeline.send(word)
        except OSError:
            return  # the master is gone, which the lifeline's reader sees, too


@dataclass(slots=True)
class News:
    """What the master tells the administrator; ``channel`` comes with a new worker."""

    kind: str
    number: int = 0
    pid: int = 0
    channel: socket.socket | None = None


@dataclass(slots=True)
class Desk:
    """What the administrator holds."""

    control: socket.socket
    master: int = field(default_factory=os.getpid)

    def tell(self, word: bytes) -> None:
        """As a worker's `Seat.tell`."""
        try:
            self.control.send(word)
        except OSError:
            return

    def read(self) -> News | None:
        """The next news; ``None`` when the master is gone."""
        data, handles, _, _ = socket.recv_fds(self.control, LARGEST, 1)
        if not data:
            return None
        told: dict[str, Any] = json.loads(data)
        channel = socket.socket(fileno=handles[0]) if handles else None
        return News(told["kind"], told["number"], told["pid"], channel)


def send_news(
    control: socket.socket, news: News, channel: socket.socket | None = None
) -> None:
    """Tell the administrator; ``channel`` goes along."""
    data = json.dumps({"kind": news.kind, "number": news.number, "pid": news.pid})
    handles = [channel.fileno()] if channel is not None else []
    try:
        socket.send_fds(control, [data.encode()], handles)
    except OSError:
        return  # it has ended, which the master sees by itself
