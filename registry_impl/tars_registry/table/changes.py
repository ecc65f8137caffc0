"""What shall be written: each change is one server's fate, with all that a database needs."""

from __future__ import annotations

from dataclasses import dataclass

from tars_registry.model import Key
from tars_registry.table.requests import Registration

__all__ = [
    "Change",
    "Deregister",
    "Destroy",
    "Expire",
    "Register",
    "SetFlow",
    "SetMetricsPort",
    "SetState",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """Write a server with its node, adapters and lease; adapters it no longer has go."""

    registration: Registration
    instance: str
    secret: str
    setting_state: str | None
    """The wanted state, or ``None`` to keep what an operator set."""
    flow_state: str | None
    """``active`` or ``inactive``, or ``None`` to keep what an operator set."""
    length: float | None = None
    """Seconds that its lease lasts, or ``None`` for the usual."""
    evict: tuple[int, ...] = ()
    """Adapter rows of other servers that claim an endpoint which is now this server's."""

    @property
    def key(self) -> Key:
        """The server that changes."""
        return self.registration.key


@dataclass(frozen=True, slots=True, kw_only=True)
class SetState:
    """Set ``present_state``, if it still is what we believe it to be."""

    key: Key
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deregister:
    """Remove a server's adapters, its row, its node's configuration files and its lease."""

    key: Key
    silent_for: int = 0
    """Only if nobody heard of it for so many seconds; 0 removes it whatever it does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Destroy:
    """Take a server out without removing it: the word ``destroyed``, a node's ``onPrestop``."""

    key: Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Expire:
    """Make a silent server inactive, if its state is as read and no replica heard of it since."""

    key: Key
    old: str
    length: float
    """The lease's length in seconds: a beat in the database younger than this one wins."""
    alone: bool
    """No other lease of ours lives on the node, so that its ``last_heartbeat`` is evidence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetMetricsPort:
    """Set the port of a server's metrics."""

    key: Key
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SetFlow:
    """Open or close the flow of requests to a server; kept when the server registers again."""

    key: Key
    flow_state: str


Change = Register | SetState | Deregister | Destroy | Expire | SetMetricsPort | SetFlow
