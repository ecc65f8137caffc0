"""A fork: the child runs one function and ends; what it must not hold is closed first."""

from __future__ import annotations

import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Iterable
from typing import Final

__all__ = ["STOPS", "fork"]

STOPS: Final = (signal.SIGTERM, signal.SIGINT)
_CAUGHT: Final = {*STOPS, signal.SIGCHLD}


def fork(run: Callable[[], int], drop: Iterable[socket.socket]) -> int:
    """Start a child process that runs ``run`` and ends with the code it gives; gives its pid.

    ``drop`` are the parent's own ends of connections: a child that held them would never see the
    parent end. Signals wait until the child has put the parent's handlers aside.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _CAUGHT)
    try:
        pid = os.fork()
        if pid == 0:
            os._exit(_child(run, drop))
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _CAUGHT)
    return pid


def _child(run: Callable[[], int], drop: Iterable[socket.socket]) -> int:
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(
            signal.SIGINT, signal.SIG_IGN
        )  # a terminal's: the parent's matter
        for end in drop:
            end.close()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _CAUGHT)
        code = run()
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    return code
