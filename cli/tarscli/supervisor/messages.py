"""What the supervisor says: to standard error and to ``log/supervisor.log``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tarscli.journal import line_of
from tarscli.supervisor.rolling import RollingFile

__all__ = ["Messages"]

_SIZE, _COUNT = 10 << 20, 3


class Messages:
    """The supervisor's own log; writing it never fails."""

    def __init__(self, path: Path) -> None:
        self._file = RollingFile(path, _SIZE, _COUNT)

    def say(self, level: str, text: str) -> None:
        """Write one message; level is info, warn or error."""
        line = line_of("supervisor", level, text).encode("utf-8", "replace")
        self._file.write(line)
        try:
            os.write(sys.stderr.fileno(), line)
        except (OSError, ValueError):
            return

    def close(self) -> None:
        """Write no more."""
        self._file.close()
