"""One registry for one SQLite file: a lock beside it, held while the process lives."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from tars_runtime.errors import ConfigError

__all__ = ["FileLock"]


class FileLock:
    """Holds ``PATH.lock``; the kernel lets go of it when the process ends, however it ends."""

    def __init__(self, path: str) -> None:
        """Raises `ConfigError` when another process holds it, or the folder cannot be written."""
        self._path = Path(path + ".lock")
        try:
            self._file = os.open(
                self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644
            )
        except OSError as error:
            raise ConfigError(
                f"{path}: expected a folder that can be written, got: {error.strerror}; "
                "give another place with --db PATH"
            ) from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(self._file, 20).decode(errors="replace").strip()
            os.close(self._file)
            raise ConfigError(
                f"{path}: another tarsregistry uses it (process {holder or 'unknown'}): stop that "
                "one, or give another --db"
            ) from None
        os.truncate(self._file, 0)
        os.pwrite(self._file, str(os.getpid()).encode(), 0)

    def release(self) -> None:
        """Let go. The file stays: removing it would let two processes hold two files."""
        os.close(self._file)
