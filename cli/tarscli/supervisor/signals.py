"""Which signals the supervisor takes, and which it hands on to the server.

They are blocked from the first line on: a PID 1 without handlers would lose them.
"""

from __future__ import annotations

import signal

__all__ = ["CHILD", "FORWARDED", "STOPPING", "TAKEN", "mask", "name_of", "unmask"]

STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)
"""An orderly stop; a second one hurries."""

FORWARDED = (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGWINCH)
"""Sent on to the server's process group."""

CHILD = signal.SIGCHLD
TAKEN = (*STOPPING, *FORWARDED, CHILD)


def mask() -> None:
    """Hold back every signal that will have a handler."""
    signal.pthread_sigmask(signal.SIG_BLOCK, TAKEN)


def unmask() -> None:
    """Let them come; the handlers stand."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, TAKEN)


def name_of(number: int) -> str:
    """``SIGTERM`` for 15."""
    return signal.Signals(number).name
