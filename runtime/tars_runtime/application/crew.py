"""The workers as the administrator knows them: who is there, what they answer, who hangs.

A worker that answers nothing for `worker-timeout` is killed, and the master starts the next.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from tars_runtime.application.state import State
from tars_runtime.config import ServerConfig
from tars_runtime.workers.channel import Asker, Gone
from tars_runtime.workers.seats import News

__all__ = ["PATIENCE", "Answers", "Crew"]

log = logging.getLogger("tars.admin")

POLL: Final = 1.0
"""Seconds between looks at the workers."""
PATIENCE: Final = 30.0
"""Seconds that a command may take in a worker."""

Answers = dict[str, Any]
"""What workers answered, by ``worker 2, process 4712``; in the order of their numbers."""


@dataclass(slots=True)
class Worker:
    """One worker."""

    number: int
    pid: int
    asker: Asker
    heard: float
    status: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def name(self) -> str:
        """As operators read it."""
        return f"worker {self.number}, process {self.pid}"

    @property
    def is_serving(self) -> bool:
        """Whether it has started, as it said last."""
        return self.status.get("state") == State.ACTIVE.value


class Crew:
    """The workers that run now."""

    def __init__(self, config: ServerConfig) -> None:
        self._config = config
        self._workers: dict[int, Worker] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def welcome(self, news: News, lines: Iterable[str]) -> None:
        """A worker was started; ``lines`` are the commands that it must be given."""
        assert news.channel is not None
        now = asyncio.get_running_loop().time()
        worker = Worker(news.number, news.pid, Asker(news.channel), now)
        self._workers[news.number] = worker
        self._go(self._begin(worker, list(lines)))

    def forget(self, news: News) -> None:
        """A worker has ended."""
        worker = self._workers.get(news.number)
        if worker is not None and worker.pid == news.pid:
            del self._workers[news.number]
            self._go(worker.asker.close())

    async def ask(self, kind: str, of: str = "", *, timeout: float) -> Answers:
        """Ask all; who does not answer in time, or ends, is logged and left out."""
        workers = sorted(self._workers.values(), key=lambda each: each.number)
        answers = await asyncio.gather(
            *(each.asker.ask(kind, of, timeout=timeout) for each in workers),
            return_exceptions=True,
        )
        given: Answers = {}
        for worker, answer in zip(workers, answers, strict=True):
            if isinstance(answer, Gone | TimeoutError):
                log.warning("%s does not answer %s", worker.name, kind)
            elif isinstance(answer, BaseException):
                raise answer
            else:
                given[worker.name] = answer
        return given

    def living(self) -> list[str]:
        """The adapters that get something done in every worker that serves."""
        now = asyncio.get_running_loop().time()
        limit = self._config.zombie_timeout + POLL
        serving = [each for each in self._workers.values() if each.is_serving]
        if not serving or any(now - worker.heard > limit for worker in serving):
            return []
        if not all(worker.status["healthy"] for worker in serving):
            return []
        return sorted(set.intersection(*(set(w.status["living"]) for w in serving)))

    async def watch(self) -> None:
        """Look at the workers every second, until cancelled."""
        while True:
            for worker in self._workers.values():
                self._go(self._look_at(worker))
            await asyncio.sleep(POLL)

    async def close(self) -> None:
        """Hang up."""
        await asyncio.gather(*(each.asker.close() for each in self._workers.values()))

    async def _begin(self, worker: Worker, lines: list[str]) -> None:
        await worker.asker.open()
        with suppress(Gone, TimeoutError):
            for line in lines:
                await worker.asker.ask("command", line, timeout=PATIENCE)

    async def _look_at(self, worker: Worker) -> None:
        limit = self._config.worker_timeout
        try:
            worker.status = await worker.asker.ask("status", timeout=limit)
        except Gone:
            return
        except TimeoutError:
            log.error("%s gave no answer for %g s: it is killed", worker.name, limit)
            with suppress(ProcessLookupError):
                os.kill(worker.pid, signal.SIGKILL)
        else:
            worker.heard = asyncio.get_running_loop().time()

    def _go(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
