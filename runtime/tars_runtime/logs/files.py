"""A log file that is appended to, and may be renamed meanwhile: by us, a sibling, or a tool.

Each line is one write to a descriptor opened for appending, so that the lines of several
processes never mix. Whoever rolls holds a lock on a file beside; the others see that the name
stands for another file now, and open it again.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

__all__ = ["LogFile"]

LOOK: Final = 1.0
"""Seconds between looks whether the name still stands for the open file."""
COMPLAIN: Final = 60.0
"""Seconds between complaints about a file that cannot be written."""


class LogFile:
    """An append-only file under a name; folders are made when needed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor = -1
        self._looked = 0.0
        self._complained = -COMPLAIN
        self.lost = 0
        """Lines that could not be written."""

    def write(self, line: str) -> None:
        """Append a line. One that cannot be written is counted and told on standard error."""
        data = (line + "\n").encode("utf-8", "backslashreplace")
        try:
            self._look(time.monotonic())
            os.write(self._descriptor, data)
        except OSError as error:
            self._lose(error)

    @property
    def size(self) -> int:
        """Bytes in the open file."""
        return os.fstat(self._descriptor).st_size if self._descriptor >= 0 else 0

    def close(self) -> None:
        """Close; a later line opens it again."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def is_moved(self) -> bool:
        """Whether the name stands for another file than the open one, or for none."""
        try:
            named = self.path.stat()
        except FileNotFoundError:
            return True
        opened = os.fstat(self._descriptor)
        return (named.st_dev, named.st_ino) != (opened.st_dev, opened.st_ino)

    def _look(self, now: float) -> None:
        if self._descriptor >= 0:
            if now - self._looked < LOOK or not self.is_moved():
                return
            self.close()
        self._looked = now
        self.path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self._descriptor = os.open(self.path, flags, 0o644)

    def _lose(self, error: OSError) -> None:
        self.lost += 1
        now = time.monotonic()
        if now - self._complained >= COMPLAIN:
            self._complained = now
            with suppress(OSError, ValueError):
                sys.stderr.write(
                    f"{self.path}: expected to write a log line, got: {error.strerror}; "
                    f"{self.lost} lines lost so far\n"
                )
