"""The administrator of a server with several workers: admin object, heartbeat, notices, metrics.

A command goes to every worker; equal answers are one answer. Figures are added up.
"""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from tars_runtime.application import adminobject
from tars_runtime.application.crew import PATIENCE, Crew
from tars_runtime.application.metrics import close_page, open_page
from tars_runtime.application.state import State
from tars_runtime.metrics.figures import Figures, from_json
from tars_runtime.metrics.figures import summed as summed_figures
from tars_runtime.workers.seats import STOP, Desk

if TYPE_CHECKING:
    from tars_runtime.application.application import Application

__all__ = ["Administrator", "joined", "summed"]

GLANCE: Final = 5.0
"""Seconds that a worker has to tell its metrics."""
OURS: Final = frozenset(("tars.help", "tars.viewversion"))
"""Commands whose answer is the same everywhere."""
READ_AGAIN: Final = frozenset(("tars.reloadlocator", "tars.loadproperty"))
BOTH: Final = READ_AGAIN | {"tars.setloglevel", "prestop"}
"""Commands that change this process, too."""
LASTING: Final = BOTH | {"tars.enabledaylog", "tars.setdyeing"}
"""Commands that a worker must be given that starts after them."""
MOST: Final = 100
"""Lasting commands that are remembered."""


class Administrator:
    """Serves the admin object for all workers until the master says that it is over."""

    def __init__(self, app: Application, desk: Desk) -> None:
        self._app = app
        self._desk = desk
        self._crew = Crew(app.config)
        self._lasting: dict[str, None] = {}
        self._active = asyncio.Event()
        self._stopping = asyncio.Event()
        self._over = asyncio.Event()

    async def serve(self) -> None:
        """Raises `ConfigError` and `ConnectError` when the admin object cannot listen."""
        app, loop = self._app, asyncio.get_running_loop()
        app.state = State.STARTING
        app.health_checks = []  # they are asked in the workers
        adapter = adminobject.adapter_of(
            app, self.run, self._ask_to_stop, self._desk.master
        )
        if adapter is not None:
            app.adapters = [adapter]
            await adapter.listener.open()
        shown = await open_page(app, self.figures)
        loop.add_reader(self._desk.control.fileno(), self._read)
        loop.add_signal_handler(signal.SIGTERM, self._ask_to_stop, "SIGTERM")
        poll = asyncio.ensure_future(self._crew.watch())
        try:
            await self._live()
        finally:
            poll.cancel()
            loop.remove_reader(self._desk.control.fileno())
            await asyncio.gather(*(each.listener.close() for each in app.adapters))
            await self._crew.close()
            await close_page(shown)
            await app.platform.settle()
            await app.close_communicator()

    async def _live(self) -> None:
        platform, master = self._app.platform, self._desk.master
        async with platform.starting(master):
            await _first(self._active, self._stopping, self._over)
        if self._active.is_set():
            self._app.state = State.ACTIVE
            platform.begin(self._living, master)
        await _first(self._stopping, self._over)
        self._app.state = State.STOPPING
        await platform.rest()
        await self._over.wait()
        await platform.notices.report("stop")

    def _living(self) -> list[str]:
        """The workers' adapters that are alive, and our own."""
        living = self._crew.living()
        return living and [*living, *(each.name for each in self._app.adapters)]

    async def run(self, line: str) -> str:
        """A command, for all workers."""
        app = self._app
        name = (line.split() or [""])[0]
        if name in OURS:
            return await app.run_command(line)
        app.platform.notices.report_soon(f"AdminServant::notify:{line[:500]}")
        if name in LASTING:
            self._remember(
                line
            )  # before: a worker may start while the others are asked
        answers = await self._crew.ask("command", line, timeout=PATIENCE)
        if name in BOTH:
            await app.commands.run(line)
        if name == "tars.drainstatus":
            return json.dumps(summed(json.loads(each) for each in answers.values()))
        return joined(answers)

    def _remember(self, line: str) -> None:
        self._lasting.pop(line, None)
        self._lasting[line] = None
        if len(self._lasting) > MOST:
            del self._lasting[next(iter(self._lasting))]

    async def figures(self) -> Figures:
        """The metrics of all workers."""
        answers = await self._crew.ask("metrics", timeout=GLANCE)
        return summed_figures([from_json(each) for each in answers.values()])

    def _ask_to_stop(self, _: str) -> None:
        self._desk.tell(STOP)

    def _read(self) -> None:
        news = self._desk.read()
        if news is None or news.kind == "end":
            asyncio.get_running_loop().remove_reader(self._desk.control.fileno())
            self._over.set()
        elif news.kind == "worker":
            self._crew.welcome(news, self._lasting)
        elif news.kind == "gone":
            self._crew.forget(news)
        elif news.kind == "active":
            self._active.set()
        else:
            self._stopping.set()


async def _first(*events: asyncio.Event) -> None:
    """Wait for any of the events."""
    tasks = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


def summed(statuses: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Counts added up; idle for as long as the one that was busy last."""
    all_of = list(statuses)
    return {
        "inflight": sum(each["inflight"] for each in all_of),
        "connections": sum(each["connections"] for each in all_of),
        "idle_ms": min((each["idle_ms"] for each in all_of), default=0),
    }


def joined(answers: Mapping[str, str]) -> str:
    """One answer when all are equal, else each under its worker's title."""
    if not answers:
        return "no worker runs: see the log"
    if len(set(answers.values())) == 1:
        return next(iter(answers.values()))
    return "\n".join(f"[{name}]\n{text}" for name, text in answers.items())
