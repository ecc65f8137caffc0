"""A ``TARS_PATH`` with a small TARS server, and the registry that it needs, for a benchmark."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.tarscli.fake_registry import FakeRegistry
from tests.tarscli.room import Room

__all__ = ["TARSCLI", "place", "until"]

TARSCLI = str(Path(sys.executable).parent / "tarscli")
"""The script that the package installs beside the interpreter."""


@contextmanager
def place() -> Iterator[Room]:
    """A room whose intervals are the defaults, with a registry that answers."""
    with TemporaryDirectory() as folder, FakeRegistry() as registry:
        room = Room(Path(folder) / "tars", registry.locator)
        for name in (
            "TARS_CHECK_INTERVAL",
            "TARS_REPORT_INTERVAL",
            "TARS_CHECK_RETRY_TIMEOUT",
        ):
            del room.environment[name]
        try:
            yield room
        finally:
            room.close()


def until(condition: Callable[[], bool], what: str, timeout: float = 30.0) -> None:
    """Wait for a condition; raises `TimeoutError`."""
    end = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"expected {what}")
        time.sleep(0.001)


def cpu_of(command: list[str], environment: dict[str, str]) -> float:
    """Milliseconds of processor time that a command took."""
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    return (usage.ru_utime + usage.ru_stime) * 1000
