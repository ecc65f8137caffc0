"""Processes that end with whoever started them, however that ends: the kernel sees to it."""

from __future__ import annotations

import ctypes
import signal
import sys

__all__ = ["die_with_parent"]

_PARENT_DEATH_SIGNAL = 1  # linux/prctl.h
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with_parent() -> None:
    """For ``preexec_fn`` of a process started by the main thread: SIGKILL once that is gone.

    An interrupted run leaves no time for fixtures. Elsewhere than on Linux they are all there is.
    """
    if _LIBC is not None:
        _LIBC.prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL)
