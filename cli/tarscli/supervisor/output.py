"""The server's output: to the container's standard output as it comes, and to a rolled file.

Bytes are passed on as they are. A thread does it, so that neither a slow reader of the
container's output nor a slow disk ever holds up the supervisor.
"""

from __future__ import annotations

import os
from threading import Thread

from tarscli.supervisor.rolling import RollingFile

__all__ = ["Output"]

_CHUNK = 65536


class Output:
    """One pipe: its writing end is for the server, its reading end is copied."""

    def __init__(self, log: RollingFile, stream: int = 1) -> None:
        self._log, self._stream = log, stream
        self._reading, self.descriptor = os.pipe2(os.O_CLOEXEC)
        self._thread = Thread(target=self._copy, name="output", daemon=True)

    def started(self) -> None:
        """The server has its end: copy, until every process of it has closed it."""
        os.close(self.descriptor)
        self._thread.start()

    def finish(self, timeout: float) -> None:
        """Wait until what was written is copied, at most ``timeout`` seconds."""
        self._thread.join(timeout)

    def _copy(self) -> None:
        stream = self._stream
        while data := os.read(self._reading, _CHUNK):
            self._log.write(data)
            if stream >= 0 and not _passed_on(stream, data):
                stream = -1
        os.close(self._reading)
        self._log.close()


def _passed_on(stream: int, data: bytes) -> bool:
    """Write all of ``data``; `False` when nobody reads any more."""
    view = memoryview(data)
    try:
        while view:
            view = view[os.write(stream, view) :]
    except OSError:
        return False
    return True
