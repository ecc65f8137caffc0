"""What the supervisor knows, what can happen to it, and what it can do: plain data.

How these fit together is `tarscli.transitions`; who does it is `tarscli.supervisor`.

::

                 check passes             check fails / server ends
    activating ────────────────▶ active ◀──────────────────────────▶ inactive
        │   ▲                      │            check passes             │
        └───┘ check fails          └── prestop or SIGTERM ──┐◀───────────┘
                                                            ▼
                                                      deactivating (sticky)
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import TypeAlias

__all__ = [
    "Acknowledged",
    "Action",
    "Begin",
    "Check",
    "Checked",
    "Drain",
    "Drained",
    "End",
    "Event",
    "ExitStatus",
    "Exited",
    "Gone",
    "Hook",
    "Kill",
    "Left",
    "Ordered",
    "Phase",
    "Policy",
    "Prestop",
    "Register",
    "Registered",
    "Report",
    "Shutdown",
    "Signalled",
    "Silence",
    "Start",
    "State",
    "StopFile",
    "Tell",
    "Tick",
    "Word",
    "WriteStatus",
]


class Word(StrEnum):
    """The state words of registry and status file."""

    ACTIVATING = "activating"
    ACTIVE = "active"
    INACTIVE = "inactive"
    DEACTIVATING = "deactivating"


class Phase(Enum):
    """What becomes of the server process."""

    WAITING = "waiting for the registry"
    RUNNING = "running"
    BACKOFF = "waiting to be started again"
    HELD = "held by data/stop"
    HALTING = "being stopped, to be held or started again"
    STOPPING = "being stopped, for good"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class ExitStatus:
    """How a process ended: its exit code, or the signal that ended it."""

    code: int = 0
    signal: int = 0
    core: bool = False

    @property
    def shell_code(self) -> int:
        """The code as a shell shows it: 128 + n for a signal."""
        return 128 + self.signal if self.signal else self.code

    def __str__(self) -> str:
        if not self.signal:
            return f"exit code {self.code}"
        return f"signal {self.signal}{' (core dumped)' if self.core else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The settings that decisions depend on; times in seconds."""

    check_interval: float = 10.0
    check_retry: float = 5.0
    activating_timeout: float = 300.0
    report_interval: float = 30.0
    restart: str = "always"
    restart_max: int = 10
    restart_hung: float = 0.0
    jitter: float = 1.0
    """Multiplies each back-off; chosen once, between 0.9 and 1.1."""

    grace_period: float = 90.0
    prestop_waittime: float = 80.0
    require_registry: bool = False
    ready_without_registry: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """All that the supervisor remembers; times on its monotonic clock."""

    phase: Phase = Phase.WAITING
    word: Word = Word.ACTIVATING
    acknowledged: bool = False
    """The registry took `active` once in this life."""

    starts: int = 0
    started: float = 0.0
    adopted: bool = False
    """The start script ended and left processes, which are watched now."""

    up: bool = False
    """Was active since its last start."""

    active_since: float = 0.0
    failing_since: float | None = None
    alarmed: bool = False
    checking: bool = False
    check_at: float = 0.0
    beat_at: float = 0.0
    restart_at: float = 0.0
    failures: int = 0
    """Ends since the server was last active for five minutes."""

    held: bool = False
    exit: ExitStatus | None = None
    leaving: bool = False
    """Draining or drained: `deactivating`, whatever checks say."""

    drained: bool = False
    deregistered: bool = False
    signals: int = 0
    kill_at: float | None = None
    deadline: float = 0.0
    """When the grace period is used up, once stopping has begun."""


@dataclass(frozen=True, slots=True)
class Begin:
    """The supervisor is ready; ``held`` says whether data/stop exists."""

    held: bool = False


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A check of the server's ports ended."""

    passed: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Exited:
    """The start script's process ended; ``lingering``: its group still lives."""

    status: ExitStatus
    lingering: bool = False


@dataclass(frozen=True, slots=True)
class Gone:
    """The last process of the server ended."""


@dataclass(frozen=True, slots=True)
class StopFile:
    """data/stop came or went."""

    present: bool


@dataclass(frozen=True, slots=True)
class Registered:
    """The registry took the registration."""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The registry took a state."""

    word: Word


@dataclass(frozen=True, slots=True)
class Signalled:
    """SIGTERM, SIGINT or SIGQUIT came."""

    name: str = "SIGTERM"


@dataclass(frozen=True, slots=True)
class Prestop:
    """The hook asks to leave the registry; ``ceiling`` is its longest wait in seconds."""

    ceiling: float = -1.0
    """Negative: the setting's."""


@dataclass(frozen=True, slots=True)
class Left:
    """Another process (a prestop without us) has taken the server out of the registry."""


@dataclass(frozen=True, slots=True)
class Drained:
    """The drain is over; ``deregistered``: the registry's row is gone."""

    deregistered: bool


@dataclass(frozen=True, slots=True)
class Ordered:
    """Somebody says stop, start or restart."""

    what: str


Event: TypeAlias = (
    Begin
    | Tick
    | Checked
    | Exited
    | Gone
    | StopFile
    | Registered
    | Acknowledged
    | Signalled
    | Prestop
    | Left
    | Drained
    | Ordered
)


@dataclass(frozen=True, slots=True)
class Start:
    """Start the server; ``again``: clean up what an earlier one left."""

    again: bool


@dataclass(frozen=True, slots=True)
class Check:
    """Check the server's ports."""


@dataclass(frozen=True, slots=True)
class WriteStatus:
    """Write the status file, which is also the heartbeat."""

    word: Word


@dataclass(frozen=True, slots=True)
class Register:
    """Register, as soon as the registry answers, with whatever the state is then."""


@dataclass(frozen=True, slots=True)
class Report:
    """Tell the registry the state."""

    word: Word


@dataclass(frozen=True, slots=True)
class Silence:
    """Say nothing more to the registry: somebody else took the server out."""


@dataclass(frozen=True, slots=True)
class Tell:
    """Tell people, through log and notify service: level normal, warn or error."""

    level: str
    text: str


@dataclass(frozen=True, slots=True)
class Hook:
    """Run the user's hook for an event."""

    event: str


@dataclass(frozen=True, slots=True)
class Drain:
    """Leave the registry and wait for clients, at most ``limit`` seconds."""

    limit: float


@dataclass(frozen=True, slots=True)
class Shutdown:
    """Ask the server to end; with SIGTERM after half of ``limit`` seconds at the latest."""

    limit: float


@dataclass(frozen=True, slots=True)
class Kill:
    """SIGKILL everything that belongs to the server."""


@dataclass(frozen=True, slots=True)
class End:
    """Leave with this code; ``deregister``: the registry's row must go first."""

    code: int
    deregister: bool


Action: TypeAlias = (
    Start
    | Check
    | WriteStatus
    | Register
    | Report
    | Silence
    | Tell
    | Hook
    | Drain
    | Shutdown
    | Kill
    | End
)
