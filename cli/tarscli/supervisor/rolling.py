"""A log file of bounded size: ``name``, then ``name.1`` and so on, the newest first."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["RollingFile"]


class RollingFile:
    """Appends bytes; a failing disk is reported once and never raises.

    The previous run's file becomes ``name.1`` when this one is opened.
    """

    def __init__(self, path: Path, size: int, count: int) -> None:
        self.path = path
        self.problem = ""
        """Why writing does not work, or nothing."""

        self._size, self._count = size, count
        self._descriptor = -1
        self._written = 0
        self._roll()

    def write(self, data: bytes) -> None:
        """Append ``data``, in a new file when it would not fit."""
        if self._written and self._written + len(data) > self._size:
            self._roll()
        if self._descriptor < 0:
            return
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(self._descriptor, view) :]
            self._written += len(data)
            self.problem = ""
        except OSError as error:
            self.problem = f"{self.path}: {error.strerror}"

    def close(self) -> None:
        """Write no more."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _roll(self) -> None:
        self.close()
        self._written = 0
        try:
            self._shift()
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC
            self._descriptor = os.open(self.path, flags, 0o644)
        except OSError as error:
            self.problem = f"{self.path}: {error.strerror}"

    def _shift(self) -> None:
        names = [self.path, *(Path(f"{self.path}.{i + 1}") for i in range(self._count))]
        for older, newer in zip(reversed(names), reversed(names[:-1]), strict=False):
            if newer.exists():
                os.replace(newer, older)
