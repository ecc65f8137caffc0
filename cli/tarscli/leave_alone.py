"""The hook without a supervisor: this process speaks to registry and server itself.

A module of its own, because only this case needs the RPC runtime.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tars_runtime.errors import TarsError

from tarscli.admin import Admin
from tarscli.drain import DrainReport, Evidence, drain
from tarscli.files import write_atomic
from tarscli.identity_file import recall
from tarscli.info import ServerInfo, load_info
from tarscli.layout import Layout
from tarscli.marker import marked, write_marker
from tarscli.options import Options
from tarscli.registry_client import RegistryClient
from tarscli.token import token_context

__all__ = ["leave_alone"]

RESERVE = 5.0
"""Seconds of the grace period that are left for the server's own stop."""


def leave_alone(
    layout: Layout, options: Options, say: Callable[[str], None]
) -> DrainReport:
    """Drain and deregister; the report says what could not be done.

    Raises `ConfigError` when genconf has not run.
    """
    info = load_info(layout.info)
    token = token_context(options)
    with _only_one(layout):
        if marked(layout):
            return DrainReport(acknowledged=0.0, deregistered=True)
        unmarked = _mark(layout)
        if unmarked:
            say(unmarked)
        room = max(options.seconds("grace_period") - RESERVE, 0.0)
        ceiling = min(options.seconds("prestop_waittime"), room)
        floor = options.seconds("drain_min")
        return asyncio.run(_drained(_Alone(info, layout, token), floor, ceiling, say))


@contextmanager
def _only_one(layout: Layout) -> Iterator[None]:
    """Hold the lock that two hooks at once would race for: the directory's own."""
    folder = os.open(layout.data, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _mark(layout: Layout) -> str:
    """Tell the other commands; a directory that is full or read-only stops no drain."""
    try:
        write_marker(layout)
        write_atomic(layout.status, "deactivating", durable=False)
    except OSError as error:
        return (
            f"{layout.data}: cannot be written: {error.strerror}; draining all the same"
        )
    return ""


async def _drained(
    writer: _Alone, floor: float, ceiling: float, say: Callable[[str], None]
) -> DrainReport:
    try:
        return await drain(
            writer,
            floor=floor,
            ceiling=ceiling,
            progress=say,
        )
    finally:
        await writer.close()


class _Alone:
    """Registry and server, spoken to by this process."""

    def __init__(self, info: ServerInfo, layout: Layout, token: dict[str, str]) -> None:
        self._registry = RegistryClient(info, layout, {**token, **recall(layout)})
        self._admin = Admin(info) if info.server.local else None

    async def deactivate(self) -> None:
        await self._registry.keep_alive("deactivating")

    async def deregister(self) -> None:
        await self._registry.on_prestop()

    async def tell_server(self) -> None:
        if self._admin is not None:
            await self._admin.notify("prestop", 1.0)

    async def evidence(self) -> Evidence | None:
        try:
            return await self._admin.evidence(1.0) if self._admin is not None else None
        except TarsError:
            return None

    async def close(self) -> None:
        await self._registry.close()
