"""Files from the configuration service (TarsProtocol `ConfigF.tars`), kept in ``basepath``.

A file is replaced all at once, and only when its text changed; the five texts before stay as
``name.1.bak`` (the newest) to ``name.5.bak``. When the service is down or has no such file, the
kept one is used. A name is a plain name, never a path.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeAlias

from tars_runtime.atomic import locked, write_text
from tars_runtime.config import ServerConfig
from tars_runtime.errors import ConfigError, TarsError, UsageError
from tars_runtime.interfaces.tars import ConfigInfo, ConfigProxy

__all__ = ["Listener", "RemoteConfig", "plain_name"]

log = logging.getLogger("tars.config")

Listener: TypeAlias = Callable[[str], Awaitable[None] | None]
"""Told of a file's new text."""

BACKUPS: Final = 5


class RemoteConfig:
    """The remote files of one server; without a service, those that are kept here."""

    def __init__(self, service: ConfigProxy | None, config: ServerConfig) -> None:
        self._service = service
        self._config = config
        self._folder = Path(config.basepath or ".")
        self._listeners: dict[str, list[Listener]] = {}
        self._seen: dict[str, str] = {}

    def on_change(self, name: str) -> Callable[[Listener], Listener]:
        """A function that is told the file's text when a pushed one differs from the last."""
        plain_name(name)

        def add(listener: Listener) -> Listener:
            self._listeners.setdefault(name, []).append(listener)
            return listener

        return add

    async def load(self, name: str, *, app_only: bool = False) -> str:
        """The file's text, from the service or as it was kept.

        ``app_only`` asks for the application's file, which all its servers share. Raises
        `ConfigError` when there is neither, `UsageError` for a name that is a path.
        """
        path = self._folder / plain_name(name)
        try:
            text = await self._ask(name, app_only)
        except ConfigError as error:
            text = await asyncio.to_thread(_kept, path, error)
        else:
            await asyncio.to_thread(_keep, path, text)
        self._seen[name] = text
        return text

    async def reload(self, name: str) -> str:
        """Load a file that was pushed, and tell who listens; gives a line for the operator."""
        before = self._seen.get(name)
        text = await self.load(name)
        if text == before:
            return f"{name} is unchanged"
        for listener in self._listeners.get(name, ()):
            told = listener(text)
            if inspect.isawaitable(told):
                await told
        return f"{name} was loaded"

    async def _ask(self, name: str, app_only: bool) -> str:
        config = self._config
        if self._service is None:
            raise ConfigError(
                f"expected a configuration service for {name}, got none: set the key config "
                "in /tars/application/server"
            )
        info = ConfigInfo(
            appname=config.app,
            servername="" if app_only else config.server,
            filename=name,
            bAppOnly=app_only,
            host=config.node_name or config.localip,
            setdivision=config.set_name,
        )
        context = {"node_name": config.node_name} if config.node_name else None
        try:
            answer = await self._service.loadConfigByInfo(info, context=context)
        except TarsError as error:
            raise ConfigError(f"{name} was not loaded: {error}") from error
        if answer.ret != 0 or not answer.config:
            reason = answer.config[:200] if answer.ret else "there is no such file"
            raise ConfigError(f"the configuration service has no {name}: {reason}")
        return answer.config


def plain_name(name: str) -> str:
    """``name``, when it is a file's name and nothing more; raises `UsageError`."""
    bad = not name or name.startswith(".") or any(each in name for each in "/\\\0\n")
    if bad or len(name.encode()) > 200 or not name.isprintable():
        raise UsageError(
            f"expected a plain file name, got {name[:80]!r}: no path, no leading dot"
        )
    return name


def _kept(path: Path, why: ConfigError) -> str:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError:
        raise ConfigError(f"{why}; and there is no earlier copy in {path}") from why
    log.warning("%s - %s is used as it was kept", why, path)
    return text


def _keep(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with locked(path):
        if path.exists():
            if path.read_text(encoding="utf-8", errors="replace") == text:
                return
            _rotate(path)
        write_text(path, text)


def _rotate(path: Path) -> None:
    """The kept text becomes ``.1.bak``; the file itself stays until the new one replaces it."""
    backups = [path.with_name(f"{path.name}.{n}.bak") for n in range(1, BACKUPS + 1)]
    for newer, older in zip(backups[-2::-1], backups[:0:-1], strict=True):
        with suppress(FileNotFoundError):
            os.replace(newer, older)
    with suppress(FileNotFoundError):
        os.unlink(backups[0])
    os.link(path, backups[0])
