"""The daily logs of a server: by name, each to a file and to the log service, both switchable.

``tars.enabledaylog local|access|false`` stops writing the daily log ``access`` here;
``remote|access|false`` stops sending it; an empty name means the one without a name.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from tars_runtime.config import ServerConfig
from tars_runtime.errors import UsageError
from tars_runtime.interfaces.tars import LogInfo
from tars_runtime.logs.daily import DailyHandler
from tars_runtime.logs.layout import DayLayout
from tars_runtime.logs.remote import RemoteHandler

__all__ = ["DayLogs", "Switch", "read_switch"]

ROTATIONS: Final = {
    "day": ("%Y%m%d", "1day"),
    "hour": ("%Y%m%d%H", "1hour"),
    "minute": ("%Y%m%d%H%M", "1minute"),
}
"""How the log service's files roll: the part of the name by time, and the service's word."""

SIDES: Final = ("remote", "local")


@dataclass(frozen=True, slots=True)
class Switch:
    """What ``tars.enabledaylog`` was told."""

    side: Literal["remote", "local"]
    name: str
    on: bool


def read_switch(text: str) -> Switch:
    """``remote|name|true``; raises `UsageError`."""
    parts = text.split("|")
    if len(parts) == 3 and parts[0] in SIDES and parts[2] in ("true", "false"):
        side: Literal["remote", "local"] = "remote" if parts[0] == "remote" else "local"
        return Switch(side, parts[1], parts[2] == "true")
    raise UsageError(
        f"expected {{remote|local}}|[name]|{{true|false}}, got {text[:80]!r}"
    )


class DayLogs:
    """The loggers of daily logs, made when first asked for."""

    def __init__(self, config: ServerConfig, folder: Path | None) -> None:
        self._config = config
        self._folder = folder
        self._loggers: dict[str, logging.Logger] = {}
        self._off: set[tuple[str, str]] = set()
        self.remotes: list[RemoteHandler] = []
        """Handlers whose lines somebody must send."""

    def logger(self, name: str) -> logging.Logger:
        """The logger of a name; every line is taken, whatever the process's level."""
        found = self._loggers.get(name)
        if found is None:
            full = self._config.full_name
            found = logging.getLogger(f"tars.daily.{full}.{name or '-'}")
            found.setLevel(1)
            self._loggers[name] = found
            self._fill(found, name)
        return found

    def switch(self, told: Switch) -> None:
        """Turn one side of a daily log on or off."""
        key = (told.side, told.name)
        if told.on:
            self._off.discard(key)
        else:
            self._off.add(key)

    def remote(self, name: str, rotate: str) -> RemoteHandler:
        """A handler for any logger; its lines end in a file of the log service."""
        if rotate not in ROTATIONS:
            raise UsageError(
                f"expected a rotation of {', '.join(ROTATIONS)}, got {rotate[:40]!r}"
            )
        made = RemoteHandler(self._info(name, *ROTATIONS[rotate]))
        self.remotes.append(made)
        return made

    def close(self) -> None:
        """Close the files; nothing is sent any more."""
        for logger in self._loggers.values():
            for handler in list(logger.handlers):
                logger.removeHandler(handler)
                handler.close()
        self._loggers, self.remotes = {}, []

    def _fill(self, logger: logging.Logger, name: str) -> None:
        full = self._config.full_name
        if self._folder is not None:
            prefix = f"{full}_{name}" if name else full
            self._add(logger, "local", name, DailyHandler(self._folder, prefix))
        if self._config.log:
            remote = RemoteHandler(self._info(name))
            self._add(logger, "remote", name, remote)
            self.remotes.append(remote)
        logger.propagate = not logger.handlers

    def _add(
        self, logger: logging.Logger, side: str, name: str, handler: logging.Handler
    ) -> None:
        handler.setFormatter(DayLayout())
        handler.addFilter(lambda _: (side, name) not in self._off)
        logger.addHandler(handler)

    def _info(self, name: str, form: str = "%Y%m%d", kind: str = "") -> LogInfo:
        config = self._config
        return LogInfo(
            appname=config.app,
            servername=config.server,
            sFilename=name,
            sFormat=form,
            setdivision=config.set_name,
            sLogType=kind,
        )
