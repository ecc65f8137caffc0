"""Which handlers a server puts on the root logger, and the loggers that it has beside."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tars_runtime.config import ServerConfig
from tars_runtime.errors import UsageError
from tars_runtime.logs.days import DayLogs
from tars_runtime.logs.dyeing import FILE, FOLDER, DyedLayout, only_dyed
from tars_runtime.logs.layout import LineLayout, formatter
from tars_runtime.logs.levels import LEVELS, level_of
from tars_runtime.logs.memory import Memory
from tars_runtime.logs.remote import RemoteHandler
from tars_runtime.logs.rolling import RollingHandler

__all__ = ["Logs"]

LEVEL: Final = "logLevel"
_PLAIN: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


class Logs:
    """The logs of one process, from `open` to `close`.

    With ``logpath`` the rolling log is ``<logpath>/App/Server/App.Server.log``; standard error
    is used when there is none, and also when it is a terminal.
    """

    def __init__(self, config: ServerConfig) -> None:
        self._config = config
        self._memory = Memory(config.datapath)
        self._root: list[logging.Handler] = []
        self._extra: dict[str, logging.Logger] = {}
        self._level_before = logging.NOTSET
        self.days = DayLogs(config, self.folder)

    @property
    def folder(self) -> Path | None:
        """``<logpath>/App/Server``; ``None`` without a logpath."""
        config = self._config
        if not config.logpath:
            return None
        return Path(config.logpath) / config.app / config.server

    @contextmanager
    def opened(self, *, console: bool) -> Iterator[None]:
        """`open`, then `close`; nothing when the logs are open already."""
        if self._root:
            yield
            return
        self.open(console=console)
        try:
            yield
        finally:
            self.close()

    def open(self, *, console: bool) -> None:
        """Configure the root logger; raises `UsageError` for a level that is none.

        ``console`` allows standard error; a root logger that has handlers already is then left
        alone but for its level.
        """
        config, root = self._config, logging.getLogger()
        level = self._level()
        if self.folder is not None:
            self._root = [self._rolling(self.folder, ""), self._dyed()]
        if console and not root.handlers and (not self._root or _is_terminal()):
            self._root.append(_console(formatter(config.log_format)))
        for handler in self._root:
            handler.addFilter(_is_of_interest)
            root.addHandler(handler)
        if self._root:
            self._level_before = root.level
            root.setLevel(level)

    def close(self) -> None:
        """Take the handlers off again and close their files."""
        root = logging.getLogger()
        if self._root:
            root.setLevel(self._level_before)
        for handler in self._root:
            root.removeHandler(handler)
            handler.close()
        self._root = []
        for logger in self._extra.values():
            for handler in list(logger.handlers):
                logger.removeHandler(handler)
                handler.close()
        self._extra = {}
        self.days.close()

    def set_level(self, name: str) -> None:
        """Change the level now and for later starts; raises `UsageError`."""
        logging.getLogger().setLevel(level_of(name))
        self._memory.keep(LEVEL, name.upper())

    def rolling(self, name: str) -> logging.Logger:
        """A rolling log of its own, ``App.Server.<name>.log``; raises `UsageError`."""
        if name not in self._extra:
            logger = logging.getLogger(
                f"tars.rolling.{self._config.full_name}.{_plain(name)}"
            )
            if self.folder is not None:
                logger.addHandler(self._rolling(self.folder, f".{name}"))
                logger.propagate = False
            self._extra[name] = logger
        return self._extra[name]

    def daily(self, name: str = "") -> logging.Logger:
        """A daily log, ``App.Server_<name>_YYYYMMDD.log``, and its copy at the log service."""
        return self.days.logger(_plain(name) if name else "")

    def remote(self, name: str, *, rotate: str = "day") -> RemoteHandler:
        """A handler for any logger, whose lines go to the log service while the server runs.

        ``rotate`` is day, hour or minute; raises `UsageError`.
        """
        handler = self.days.remote(_plain(name), rotate)
        handler.setFormatter(formatter(self._config.log_format))
        return handler

    def _level(self) -> int:
        """The level that was set last; a memory that makes no sense counts for nothing."""
        remembered = self._memory.recall(LEVEL)
        return level_of(remembered if remembered in LEVELS else self._config.log_level)

    def _rolling(self, folder: Path, suffix: str) -> RollingHandler:
        config = self._config
        path = folder / f"{config.full_name}{suffix}.log"
        handler = RollingHandler(path, config.log_size, config.log_count)
        handler.setFormatter(formatter(config.log_format))
        return handler

    def _dyed(self) -> RollingHandler:
        config = self._config
        path = Path(config.logpath) / FOLDER / FILE
        handler = RollingHandler(path, config.log_size, config.log_count)
        handler.setFormatter(DyedLayout(config.full_name, LineLayout()))
        handler.addFilter(only_dyed)
        return handler


def _plain(name: str) -> str:
    if not _PLAIN.fullmatch(name):
        raise UsageError(
            f"expected a log's name of letters, digits, _ . and -, got {name[:40]!r}"
        )
    return name


def _is_of_interest(record: logging.LogRecord) -> bool:
    """Not what asyncio tells its own authors (``Using selector: EpollSelector``)."""
    return record.name != "asyncio" or record.levelno > logging.DEBUG


def _is_terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()


def _console(layout: logging.Formatter) -> logging.Handler:
    handler = logging.StreamHandler()
    handler.setFormatter(layout)
    return handler
