"""Daily logs: ``App.Server_<name>_20260504.log``, one per local day, never removed by us.

Tools of the platform look for these names and clean them up.
"""

from __future__ import annotations

import logging
import time
from pathlib import Path

from tars_runtime.logs.files import LogFile

__all__ = ["DailyHandler", "day_of"]


def day_of(seconds: float) -> str:
    """The local day of a moment, as it stands in a file's name."""
    return time.strftime("%Y%m%d", time.localtime(seconds))


class DailyHandler(logging.Handler):
    """A log whose file changes at local midnight."""

    def __init__(self, folder: Path, prefix: str) -> None:
        super().__init__()
        self._folder = folder
        self._prefix = prefix
        self._day = ""
        self._file = LogFile(folder)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self.format(record)
        except Exception:
            self.handleError(record)
            return
        day = day_of(record.created)
        if day != self._day:
            self._day = day
            self._file.close()
            self._file = LogFile(self._folder / f"{self._prefix}_{day}.log")
        self._file.write(line)

    def close(self) -> None:
        self._file.close()
        super().close()
