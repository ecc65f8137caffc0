"""No worker outlives its master for long, not even one whose event loop hangs.

A worker whose loop runs sees the end of its lifeline and stops in order. A thread sees it, too, and
ends the process when that takes longer than a stop may: an orphan would keep the port, and the
server could not be started again.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import threading
import time

__all__ = ["watch"]


def watch(lifeline: socket.socket, patience: float) -> None:
    """Kill this process when it still lives ``patience`` seconds after its master."""
    thread = threading.Thread(
        target=_watch, args=(lifeline, patience), name="tars-lifeline", daemon=True
    )
    thread.start()


def _watch(lifeline: socket.socket, patience: float) -> None:
    gone = select.poll()
    gone.register(lifeline, 0)  # its end is told also to who asks for nothing
    gone.poll()
    time.sleep(patience)
    os.kill(os.getpid(), signal.SIGKILL)
