"""The administrator of a server with several workers: admin object, heartbeat, notices, metrics.

A command goes to every worker; equal answers are one answer. Figures are added up. A worker that
answers nothing for `worker-timeout` is killed, and the master starts the next.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from tars_runtime.application import adminobject
from tars_runtime.application.metrics import close_page, open_page
from tars_runtime.application.state import State
from tars_runtime.metrics.figures import Figures, from_json
from tars_runtime.metrics.figures import summed as summed_figures
from tars_runtime.workers.channel import Asker, Gone
from tars_runtime.workers.seats import STOP, Desk, News

if TYPE_CHECKING:
    from tars_runtime.application.application import Application

__all__ = ["Administrator", "joined", "summed"]

log = logging.getLogger("tars.admin")

POLL: Final = 1.0
"""Seconds between looks at the workers."""
GLANCE: Final = 5.0
"""Seconds that a worker has to tell its metrics."""
PATIENCE: Final = 30.0
"""Seconds that a command may take in a worker."""
OURS: Final = frozenset(("tars.help", "tars.viewversion"))
"""Commands whose answer is the same everywhere."""
BOTH: Final = frozenset(("tars.setloglevel", "prestop"))
"""Commands that change this process, too."""
LASTING: Final = BOTH | {"tars.enabledaylog", "tars.setdyeing"}
"""Commands that a worker must be given that starts after them."""
MOST: Final = 100
"""Lasting commands that are remembered."""


@dataclass(slots=True)
class Worker:
    """One worker, as the administrator knows it."""

    number: int
    pid: int
    asker: Asker
    heard: float
    status: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def is_serving(self) -> bool:
        """Whether it has started, as it said last."""
        return self.status.get("state") == State.ACTIVE.value


class Administrator:
    """Serves the admin object for all workers until the master says that it is over."""

    def __init__(self, app: Application, desk: Desk) -> None:
        self._app = app
        self._desk = desk
        self._workers: dict[int, Worker] = {}
        self._lasting: dict[str, None] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
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
        poll = asyncio.ensure_future(self._poll())
        try:
            await self._live()
        finally:
            poll.cancel()
            loop.remove_reader(self._desk.control.fileno())
            await asyncio.gather(*(each.listener.close() for each in app.adapters))
            await asyncio.gather(*(w.asker.close() for w in self._workers.values()))
            await close_page(shown)
            await app.platform.settle()
            await app.close_communicator()

    async def _live(self) -> None:
        platform, master = self._app.platform, self._desk.master
        async with platform.starting(master):
            await _first(self._active, self._stopping, self._over)
        if self._active.is_set():
            self._app.state = State.ACTIVE
            platform.begin(self.living, master)
        await _first(self._stopping, self._over)
        self._app.state = State.STOPPING
        await platform.rest()
        await self._over.wait()
        await platform.notices.report("stop")

    def living(self) -> Iterable[str]:
        """The adapters that are alive in every worker that serves, and our own."""
        now = asyncio.get_running_loop().time()
        limit = self._app.config.zombie_timeout + POLL
        serving = [w for w in self._workers.values() if w.is_serving]
        if not serving or any(now - worker.heard > limit for worker in serving):
            return ()
        if not all(worker.status["healthy"] for worker in serving):
            return ()
        alive = set.intersection(*(set(each.status["living"]) for each in serving))
        return [*sorted(alive), *(each.name for each in self._app.adapters)]

    async def run(self, line: str) -> str:
        """A command, for all workers."""
        app = self._app
        name = (line.split() or [""])[0]
        if name in OURS:
            return await app.run_command(line)
        app.platform.notices.report_soon(f"AdminServant::notify:{line[:500]}")
        answers = await self.ask("command", line, timeout=PATIENCE)
        if name in LASTING:
            self._remember(line)
        if name in BOTH:
            await app.commands.run(line)
        if name == "tars.drainstatus":
            return json.dumps(summed(json.loads(each) for each in answers.values()))
        return joined({self._title(n): text for n, text in answers.items()})

    def _remember(self, line: str) -> None:
        self._lasting.pop(line, None)
        self._lasting[line] = None
        if len(self._lasting) > MOST:
            del self._lasting[next(iter(self._lasting))]

    async def figures(self) -> Figures:
        """The metrics of all workers."""
        answers = await self.ask("metrics", timeout=GLANCE)
        return summed_figures([from_json(each) for each in answers.values()])

    async def ask(
        self, kind: str, argument: str = "", *, timeout: float
    ) -> dict[int, Any]:
        """The answers of all workers that give one, by number."""
        workers = list(self._workers.values())
        answers = await asyncio.gather(
            *(each.asker.ask(kind, argument, timeout=timeout) for each in workers),
            return_exceptions=True,
        )
        given: dict[int, Any] = {}
        for worker, answer in zip(workers, answers, strict=True):
            if isinstance(answer, Gone | TimeoutError):
                log.warning("worker %d does not answer %s", worker.number, kind)
            elif isinstance(answer, BaseException):
                raise answer
            else:
                given[worker.number] = answer
        return dict(sorted(given.items()))

    def _title(self, number: int) -> str:
        return f"[worker {number}, process {self._workers[number].pid}]"

    def _ask_to_stop(self, _: str) -> None:
        self._desk.tell(STOP)

    def _read(self) -> None:
        news = self._desk.read()
        if news is None or news.kind == "end":
            asyncio.get_running_loop().remove_reader(self._desk.control.fileno())
            self._over.set()
        elif news.kind == "worker":
            self._go(self._welcome(news))
        elif news.kind == "gone":
            self._forget(news.number, news.pid)
        elif news.kind == "active":
            self._active.set()
        else:
            self._stopping.set()

    async def _welcome(self, news: News) -> None:
        assert news.channel is not None
        asker = Asker(news.channel)
        await asker.open()
        now = asyncio.get_running_loop().time()
        self._workers[news.number] = Worker(news.number, news.pid, asker, now)
        with suppress(Gone, TimeoutError):
            for line in list(self._lasting):
                await asker.ask("command", line, timeout=PATIENCE)

    def _forget(self, number: int, pid: int) -> None:
        worker = self._workers.get(number)
        if worker is not None and worker.pid == pid:
            del self._workers[number]
            self._go(worker.asker.close())

    async def _poll(self) -> None:
        while True:
            for worker in list(self._workers.values()):
                self._go(self._look_at(worker))
            await asyncio.sleep(POLL)

    async def _look_at(self, worker: Worker) -> None:
        loop = asyncio.get_running_loop()
        limit = self._app.config.worker_timeout
        try:
            worker.status = await worker.asker.ask("status", timeout=limit)
        except Gone:
            return
        except TimeoutError:
            log.error(
                "worker %d, process %d, gave no answer for %g s: it is killed",
                worker.number,
                worker.pid,
                limit,
            )
            with suppress(ProcessLookupError):
                os.kill(worker.pid, signal.SIGKILL)
        else:
            worker.heard = loop.time()

    def _go(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


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
    return "\n".join(f"{title}\n{text}" for title, text in answers.items())
