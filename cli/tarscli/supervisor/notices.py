"""The supervisor's files in ``data/``: the status that it writes, the info that it reads again."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from tars_runtime.errors import ConfigError

from tarscli.files import write_atomic
from tarscli.info import ServerInfo, load_info
from tarscli.layout import Layout
from tarscli.states import Word

__all__ = ["InfoFile", "StatusFile"]

Say = Callable[[str, str], None]


class StatusFile:
    """``check_status`` and its beat: written whole, a failure said once."""

    def __init__(self, layout: Layout, say: Say) -> None:
        self._layout = layout
        self._say = say
        self._problem = ""

    def write(self, word: Word) -> None:
        """Write the state, which is also the heartbeat; never raises."""
        layout = self._layout
        boot = time.clock_gettime(time.CLOCK_BOOTTIME)
        problem = ""
        try:
            write_atomic(layout.status, word.value, durable=False)
            write_atomic(layout.beat, f"{boot:.3f} {os.getpid()}\n", durable=False)
        except OSError as error:
            problem = f"{layout.status}: {error.strerror}"
        if problem and problem != self._problem:
            self._say("error", f"{problem}: probes will call this server dead")
        self._problem = problem


class InfoFile:
    """``server_info.yaml``: a start script may call genconf again, and then its ports count."""

    def __init__(self, layout: Layout, say: Say) -> None:
        self._path = layout.info
        self._say = say
        self._stamp = self._written()

    def changed(self) -> ServerInfo | None:
        """What the file says, if that is new; a broken file is said and passed over."""
        stamp = self._written()
        if stamp in (self._stamp, 0.0):
            return None
        self._stamp = stamp
        try:
            return load_info(self._path)
        except ConfigError as error:
            self._say("warn", str(error))
            return None

    def _written(self) -> float:
        try:
            return self._path.stat().st_mtime
        except OSError:
            return 0.0
