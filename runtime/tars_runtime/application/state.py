"""What a server is doing."""

from __future__ import annotations

from enum import Enum

__all__ = ["State"]


class State(Enum):
    """From new to stopped, never back."""

    NEW = "new"
    STARTING = "starting"
    ACTIVE = "active"
    STOPPING = "stopping"
    STOPPED = "stopped"
