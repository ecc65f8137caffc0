"""``tarscli prestop``: the hook of a stopping pod.

The supervisor does it when there is one, because one writer keeps the order of what the
registry hears; without one, this process does.
"""

from __future__ import annotations

import asyncio
import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tars_runtime.errors import ConfigError, TarsError

from tarscli.admin import Admin
from tarscli.console import complain
from tarscli.control import Refused, ask
from tarscli.drain import DrainReport, Evidence, drain
from tarscli.files import make_folder, write_atomic
from tarscli.info import ServerInfo, load_info
from tarscli.journal import note
from tarscli.layout import Layout
from tarscli.marker import marked, write_marker
from tarscli.options import Options
from tarscli.registry_client import RegistryClient
from tarscli.token import token_context

__all__ = ["run"]

_UNREACHABLE = 4
_RESERVE = 5.0
"""Seconds of the grace period that are left for the server's own stop."""


def run(options: Options) -> int:
    """The command; 0 unless ``--strict`` and something could not be done."""
    layout = Layout(Path(options.text("tars_path")))
    if marked(layout):
        _say(layout, "this server has left already")
        return 0
    ceiling = options.seconds("prestop_waittime")
    try:
        problems = asyncio.run(_by_supervisor(layout, ceiling, options))
    except Refused:
        problems = _alone(layout, options)
    except (TarsError, OSError, ValueError) as error:
        problems = [f"the supervisor did not finish the drain: {error}"]
    for problem in problems:
        complain(problem)
        note(layout.command_log, "prestop", problem, "warn")
    return _UNREACHABLE if problems and options.on("strict") else 0


async def _by_supervisor(layout: Layout, ceiling: float, options: Options) -> list[str]:
    """Let the supervisor do it; raises `Refused` when there is none."""
    request = {
        "command": "prestop",
        "ceiling": ceiling,
        "floor": options.seconds("drain_min"),
    }
    problems: list[str] = []
    limit = ceiling + 2 * _RESERVE
    async for line in ask(layout, request, timeout=limit):
        if "progress" in line:
            _say(layout, str(line["progress"]))
        problems = [str(each) for each in line.get("problems", [])]
    return problems


def _alone(layout: Layout, options: Options) -> list[str]:
    """Do it here; raises `ConfigError` when genconf has not run."""
    info = load_info(layout.info)
    token = token_context(options)
    make_folder(layout.data)
    with _only_one(layout):
        if marked(layout):
            return []
        _mark(layout)
        room = max(options.seconds("grace_period") - _RESERVE, 0.0)
        ceiling = min(options.seconds("prestop_waittime"), room)
        floor = options.seconds("drain_min")
        report = asyncio.run(
            _drained(_Alone(info, layout, token), layout, floor, ceiling)
        )
    return report.problems or []


@contextmanager
def _only_one(layout: Layout) -> Iterator[None]:
    """Hold the lock that two hooks at once would race for."""
    with (layout.data / "prestop.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _mark(layout: Layout) -> None:
    try:
        write_marker(layout)
        write_atomic(layout.status, "deactivating", durable=False)
    except OSError as error:
        raise ConfigError(
            f"{layout.data}: cannot be written: {error.strerror}"
        ) from error


async def _drained(
    writer: _Alone, layout: Layout, floor: float, ceiling: float
) -> DrainReport:
    try:
        return await drain(
            writer,
            floor=floor,
            ceiling=ceiling,
            progress=lambda text: _say(layout, text),
        )
    finally:
        await writer.close()


class _Alone:
    """Registry and server, spoken to by this process."""

    def __init__(self, info: ServerInfo, layout: Layout, token: dict[str, str]) -> None:
        self._registry = RegistryClient(info, layout.data, token)
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


def _say(layout: Layout, text: str) -> None:
    complain(text)
    note(layout.command_log, "prestop", text)
