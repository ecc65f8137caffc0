"""How files are written: whole or not at all, so that a reader never sees a part."""

from __future__ import annotations

import os
from pathlib import Path

from tars_runtime.errors import ConfigError

__all__ = ["make_folder", "write_atomic", "writing"]


def write_atomic(
    path: Path, data: str | bytes, *, mode: int = 0o644, durable: bool = True
) -> None:
    """Replace ``path`` by ``data`` in one step.

    The new file is written beside the old one, synced if ``durable``, and renamed over it.
    Raises `OSError`, with the old file untouched and nothing left beside it.
    """
    raw = data.encode() if isinstance(data, str) else data
    fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        try:
            os.fchmod(descriptor, mode)
            _write_all(descriptor, raw)
            if durable:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(fresh, path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    if durable:
        _sync_folder(path.parent)


def writing(path: Path, data: str | bytes, *, mode: int = 0o644) -> None:
    """`write_atomic` for a command: raises `ConfigError` that names file and remedy."""
    make_folder(path.parent)
    try:
        write_atomic(path, data, mode=mode)
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be written: {error.strerror}; "
            f"make {path.parent} a writable directory with free space"
        ) from error


def make_folder(path: Path) -> None:
    """Make the directory ``path``; raises `ConfigError` when that is not possible."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"{path}: the directory cannot be made: {error.strerror}; "
            "mount a writable volume there, or set TARS_PATH to one"
        ) from error


def _write_all(descriptor: int, raw: bytes) -> None:
    view = memoryview(raw)
    while view:
        view = view[os.write(descriptor, view) :]


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
