"""From a request to its answer: find the route, admit, run.

A servant method that never waits is answered within the read that brought the request; one that
waits goes on as a Task; a plain ``def`` runs in a thread. Whatever a request does, this ends in
an answer (or in none for one-way requests), never in an exception.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Sequence
from contextlib import suppress
from contextvars import Context, copy_context
from enum import Enum
from typing import Any, Final

from tars_runtime.application.admission import Lane, Queue, waited_too_long
from tars_runtime.application.endings import Endings, Fatal, Observer
from tars_runtime.application.job import Job, new_job
from tars_runtime.application.routes import Routes
from tars_runtime.application.threads import ThreadPool
from tars_runtime.config import AdapterConfig
from tars_runtime.errors import DecodeError
from tars_runtime.net.counters import Counters
from tars_runtime.net.eager import Started, Starter, guard
from tars_runtime.net.server import Peer
from tars_runtime.protocol import Code, Request, send_reply
from tars_runtime.protocol.bodies import BODIES
from tars_runtime.protocol.codes import PING
from tars_runtime.protocol.envelope import NO_TEXTS
from tars_runtime.protocol.known import Known
from tars_runtime.rpc import AnswerAfter
from tars_runtime.rpc.current import CURRENT

__all__ = ["Dispatcher", "Observer"]


class Pending(Enum):
    """In place of an answer: it comes later."""

    LATER = 0


LATER: Final = Pending.LATER


class Dispatcher:
    """Answers the requests of one adapter."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        config: AdapterConfig,
        *,
        fatal: Fatal,
        observers: Sequence[Observer] = (),
        allows_set: Callable[[Request], bool] | None = None,
        dye: Callable[[Request], None] | None = None,
    ) -> None:
        self.counters = Counters()
        self.last_request = loop.time()
        """When the last request came, on the loop's clock."""
        self.known = Known(self)
        """Requests whose answers last; connections answer them without asking here."""
        self._loop = loop
        self._config = config
        self._servants: dict[str, Routes] = {}
        self._allows_set = allows_set
        self._dye = dye
        known = self.known if allows_set is None else None
        self._endings = Endings(loop, self.counters, fatal, observers, known)
        self._start = Starter(loop).start
        self._queue = Queue(config.queue_capacity, config.queue_timeout)
        self._coroutines: Lane[Job] = Lane(config.concurrency)
        self._threaded: Lane[Job] = Lane(config.threads)
        self._pool = ThreadPool(config.threads, loop, config.name or "servant")
        self.in_thread = self._pool.run
        """Runs what an interceptor stands around, when it is a plain ``def``."""
        self._tasks: dict[Started, Job] = {}
        self._idle = asyncio.Event()
        self._idle.set()

    def add(self, name: str, routes: Routes) -> None:
        """Serve an object here."""
        self._servants[name] = routes

    @property
    def servants(self) -> tuple[str, ...]:
        """The objects served here."""
        return tuple(self._servants)

    @property
    def waiting(self) -> int:
        """Requests that wait for their turn."""
        return len(self._coroutines.waiting) + len(self._threaded.waiting)

    @property
    def running(self) -> int:
        """Requests that run."""
        return self._coroutines.running + self._threaded.running

    def note_known(self, count: int, now: float) -> None:
        """So many requests were answered by what is known."""
        self.counters.requests += count
        self.last_request = now

    def hold_known(self, change: int) -> None:
        """So many more of them wait for a future, or so many fewer."""
        lane = self._coroutines
        lane.running += change
        if change > 0:
            self._idle.clear()
            return
        self.counters.ended -= change
        self._run_waiting(lane)
        if not (self.running or self.waiting):
            self._idle.set()

    def handle(self, connection: Peer, request: Request, now: float) -> bytes | None:
        """The answer's frame; ``None`` when there is none, or none yet."""
        self.counters.requests += 1
        self.last_request = now
        try:
            route = self._servants[request.servant][request.function]
        except KeyError:
            return self._unknown(request)
        if self._allows_set is not None or request.status is not NO_TEXTS:
            unwanted = self._unwanted(request)
            if unwanted is not None:
                return self._endings.refused(request, *unwanted)
        job = new_job(request, connection, route, now)
        lane = self._coroutines if route.is_async else self._threaded
        if lane.running >= lane.limit or lane.waiting:
            return self._wait(job, lane)
        answer = self._run(job)
        return None if answer is LATER else answer

    def _unknown(self, request: Request) -> bytes | None:
        """Nobody offers this; every object offers a ping."""
        refused = self._endings.refused
        if request.servant not in self._servants:
            return refused(request, Code.NO_SERVANT, repr(request.servant[:100]))
        if request.function != PING:
            return refused(request, Code.NO_FUNCTION, repr(request.function[:100]))
        return None if request.packet_type else send_reply(request, b"")

    def _unwanted(self, request: Request) -> tuple[Code, str] | None:
        """Why a request is not served here; one that is may be dyed."""
        if self._allows_set is not None and not self._allows_set(request):
            return Code.INVALID_SET, ""
        if request.status and self._dye is not None:
            self._dye(request)
        if request.version not in BODIES:
            return Code.SERVER_DECODE, "expected version 1, 2, 3 or 5"
        return None

    def _wait(self, job: Job, lane: Lane[Job]) -> bytes | None:
        """Wait for a turn, unless too many do already."""
        if self._queue.is_full(self.waiting):
            self.counters.overloads += 1
            return self._endings.refused(job.request, Code.OVERLOAD)
        lane.waiting.append(job)
        self._begin(job)
        return None

    def _run(self, job: Job) -> bytes | Pending | None:
        """Run a job; its answer when it ended at once."""
        route, request = job.route, job.request
        try:
            if request.version == 1:
                parse = route.parse  # calling an attribute takes longer
                arguments = parse(request.body)
            else:
                body = BODIES[request.version]
                arguments = body.read_arguments(route.method, request.body)
        except DecodeError as error:
            return self._endings.unreadable(job, error)
        except Exception as error:
            return self._endings.raised(job, error)
        if not route.is_async:
            self._run_in_thread(job, arguments)
            return LATER
        try:
            coroutine = route.run(*arguments)
            outcome = self._start(coroutine, copy_context(), CURRENT, job)
        except BaseException as error:
            return self._endings.raised(job, error)
        kind = type(outcome)
        if kind is Started:
            self._go_on(job, outcome)
            return LATER
        if kind is AnswerAfter:
            self._answer_after(job, outcome)
            return LATER
        return self._endings.answered(job, outcome)

    def _go_on(self, job: Job, task: Started) -> None:
        """The method waits for something: it is a Task now."""
        self._begin(job)
        self._coroutines.running += 1
        self._tasks[task] = job
        task.add_done_callback(self._task_done)
        deadline = job.deadline
        if deadline is not None and self._config.enforce_deadline:
            timer = self._loop.call_at(deadline, task.cancel)
            task.add_done_callback(lambda _: timer.cancel())

    def _task_done(self, task: Started) -> None:
        job = self._tasks.pop(task)
        value = None
        if not task.cancelled() and task.exception() is None:
            value = task.result()
            if type(value) is AnswerAfter:
                self._coroutines.running -= 1
                self._answer_after(job, value)
                return
        self._coroutine_ended(job, task, value)

    def _answer_after(self, job: Job, answer: AnswerAfter) -> None:
        """The answer is known, and waits for a future that other calls may wait for, too."""
        self._begin(job)
        self._coroutines.running += 1
        answer.future.add_done_callback(
            lambda future: self._coroutine_ended(job, future, answer.value)
        )

    def _coroutine_ended(
        self, job: Job, future: asyncio.Future[Any], value: Any
    ) -> None:
        """The Task, or the future that an answer waits for, is done: ``value`` if all went well."""
        endings = self._endings
        if future.cancelled():
            answer = endings.cancelled(job)
        elif (error := future.exception()) is not None:
            answer = endings.raised(job, error)
        else:
            answer = endings.answered(job, value)
        self._coroutines.running -= 1
        self._end(job, answer)
        self._run_waiting(self._coroutines)

    def _run_in_thread(self, job: Job, arguments: Any) -> None:
        self._begin(job)
        self._threaded.running += 1
        run, context = job.route.run, copy_context()
        context.run(CURRENT.set, job)
        self._pool.submit(
            lambda: context.run(run, *arguments),
            lambda result, error: self._thread_done(job, context, result, error),
        )

    def _thread_done(
        self, job: Job, context: Context, result: Any, error: BaseException | None
    ) -> None:
        self._threaded.running -= 1
        if error is not None:
            self._end(job, self._endings.raised(job, error))
        elif inspect.iscoroutine(result):
            self._resume(job, context, result)
        else:
            self._end(job, self._endings.answered(job, result))
        self._run_waiting(self._threaded)

    def _resume(self, job: Job, context: Context, coroutine: Any) -> None:
        """A plain ``def`` gave a coroutine: it goes on here, on the loop."""
        self._coroutines.running += 1
        task = Started(guard(coroutine), loop=self._loop, context=context)
        self._tasks[task] = job
        task.add_done_callback(self._task_done)

    def _run_waiting(self, lane: Lane[Job]) -> None:
        now = self._loop.time()
        for job in lane.take():
            waited = job.waited = now - job.arrived
            limit = job.request.timeout_ms / 1000
            if waited_too_long(waited, self._queue.timeout, limit):
                self.counters.queue_timeouts += 1
                refused = self._endings.refused(job.request, Code.QUEUE_TIMEOUT)
                self._end(job, refused)
                continue
            answer = self._run(job)
            if answer is not LATER:
                self._end(job, answer)

    def _begin(self, job: Job) -> None:
        if not job.open:
            job.open = True
            job.caller.inflight += 1
            self._idle.clear()

    def _end(self, job: Job, answer: bytes | None) -> None:
        job.open = False
        job.caller.inflight -= 1
        self.counters.ended += 1
        if answer is not None:
            job.caller.send(answer)
        if not (self.running or self.waiting):
            self._idle.set()

    async def drain(self, timeout: float) -> int:
        """Wait until nothing runs or waits, at most ``timeout`` seconds, then cancel the rest.

        Gives how many had to be cancelled.
        """
        with suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), timeout)
        for lane in (self._coroutines, self._threaded):
            while lane.waiting:
                job = lane.waiting.popleft()
                refused = self._endings.refused(job.request, Code.OVERLOAD, "it stops")
                self._end(job, refused)
        left = list(self._tasks)
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=0.5)
        self._pool.close()
        return len(left)
