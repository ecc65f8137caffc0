"""Rolling logs: ``App.Server.log``, and when it is full ``App.Server1.log``, ``App.Server2.log``.

The current file always has the plain name; the oldest of ``count`` files is removed.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from tars_runtime.atomic import locked
from tars_runtime.logs.files import LogFile

__all__ = ["RollingHandler", "renames"]


class RollingHandler(logging.Handler):
    """A log of at most ``count`` files of about ``size`` bytes each."""

    def __init__(self, path: Path, size: int, count: int) -> None:
        super().__init__()
        self.file = LogFile(path)
        self._size = size
        self._count = count

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self.format(record)
        except Exception:
            self.handleError(record)
            return
        if self.file.size >= self._size > 0:
            with suppress(OSError):
                self._roll()
        self.file.write(line)

    def _roll(self) -> None:
        with locked(self.file.path):
            if not self.file.is_moved():
                for old, new in renames(self.file.path, self._count):
                    with suppress(FileNotFoundError):
                        os.replace(old, new)
                if self._count == 1:
                    self.file.path.unlink()
        self.file.close()

    def close(self) -> None:
        self.file.close()
        super().close()


def renames(path: Path, count: int) -> Iterator[tuple[Path, Path]]:
    """The steps of rolling, in order; the last file is overwritten by the one before."""
    names = [path]
    names += [path.with_name(f"{path.stem}{n}{path.suffix}") for n in range(1, count)]
    for number in range(len(names) - 1, 0, -1):
        yield names[number - 1], names[number]
