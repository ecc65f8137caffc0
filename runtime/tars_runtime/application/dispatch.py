"""From a request to its answer: find the route, admit, run, tell.

A servant method that never waits is answered within the read that brought the request; one that
waits goes on as a Task; a plain ``def`` runs in a thread. Whatever a request does, this ends in
an answer (or in none for one-way requests), never in an exception.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from contextvars import Context, copy_context
from enum import Enum
from typing import Any, Final, TypeAlias

from tars_runtime.application.admission import Lane, Queue, waited_too_long
from tars_runtime.application.answers import failure, refusal, success
from tars_runtime.application.failures import failure_of, unreadable, unwritable
from tars_runtime.application.job import Job
from tars_runtime.application.routes import Routes
from tars_runtime.application.threads import ThreadPool
from tars_runtime.config import AdapterConfig
from tars_runtime.errors import DecodeError, EncodeError
from tars_runtime.net.counters import Counters
from tars_runtime.net.eager import Ended, Started, guard, start
from tars_runtime.net.seldom import Seldom
from tars_runtime.net.server import Peer
from tars_runtime.protocol import Code, Request, send_reply
from tars_runtime.protocol.bodies import BODIES
from tars_runtime.protocol.codes import PING
from tars_runtime.protocol.known import Known
from tars_runtime.protocol.ready import Ready
from tars_runtime.rpc import AnswerAfter, Current
from tars_runtime.rpc.current import CURRENT

__all__ = ["Dispatcher", "Observer"]

log = logging.getLogger("tars.server")

Observer: TypeAlias = Callable[[Current, int, float], None]
"""Told of each answered request: the call, its code, the seconds it took."""

Fatal: TypeAlias = Callable[[BaseException], None]
ENDS_THE_SERVER: Final = (SystemExit, KeyboardInterrupt)


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
        self.known = Known(self._note)
        """Requests whose answers last; connections answer them without asking here."""
        self._loop = loop
        self._config = config
        self._servants: dict[str, Routes] = {}
        self._fatal = fatal
        self._observers = observers
        self._warn = Seldom(log)
        self._allows_set = allows_set
        self._dye = dye
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

    def handle(self, connection: Peer, request: Request, now: float) -> bytes | None:
        """The answer's frame; ``None`` when there is none, or none yet."""
        self.counters.requests += 1
        self.last_request = now
        routes = self._servants.get(request.servant)
        if routes is None:
            return self._refuse(request, Code.NO_SERVANT, repr(request.servant[:100]))
        route = routes.get(request.function)
        if route is None:
            if request.function == PING:
                return None if request.packet_type else send_reply(request, b"")
            return self._refuse(request, Code.NO_FUNCTION, repr(request.function[:100]))
        if self._allows_set is not None and not self._allows_set(request):
            return self._refuse(request, Code.INVALID_SET, "")
        if request.status and self._dye is not None:
            self._dye(request)
        if request.version not in BODIES:
            return self._refuse(
                request, Code.SERVER_DECODE, "expected version 1, 2, 3 or 5"
            )
        job = Job(request, connection, route, now)
        lane = self._coroutines if route.is_async else self._threaded
        if lane.running < lane.limit and not lane.waiting:
            answer = self._run(job)
            return None if answer is LATER else answer
        if self._queue.is_full(self.waiting):
            self.counters.overloads += 1
            return self._refuse(request, Code.OVERLOAD, "")
        lane.waiting.append(job)
        self._begin(job)
        return None

    def _run(self, job: Job) -> bytes | Pending | None:
        """Run a job; its answer when it ended at once."""
        route, request = job.route, job.request
        try:
            if request.version == 1:
                arguments = route.arguments.parse(request.body)
            else:
                body = BODIES[request.version]
                arguments = body.read_arguments(route.method, request.body)
        except DecodeError as error:
            return self._fail(job, *unreadable(error, job.where))
        except Exception as error:
            return self._raised(job, error)
        context = copy_context()
        context.run(CURRENT.set, job)
        if not route.is_async:
            self._run_in_thread(job, context, arguments)
            return LATER
        try:
            outcome = start(route.run(*arguments), self._loop, context)
        except BaseException as error:
            return self._raised(job, error)
        if outcome.__class__ is Started:
            self._go_on(job, outcome)
            return LATER
        if outcome.__class__ is AnswerAfter:
            self._answer_after(job, outcome)
            return LATER
        return self._answer(job, outcome)

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
        if task.cancelled():
            answer = self._cancelled(job)
        elif (error := task.exception()) is not None:
            answer = self._raised(job, error)
        else:
            value = task.result()
            if value.__class__ is AnswerAfter:
                self._coroutines.running -= 1
                self._answer_after(job, value)
                return
            answer = self._answer(job, value)
        self._coroutine_ended(job, answer)

    def _coroutine_ended(self, job: Job, answer: bytes | None) -> None:
        self._coroutines.running -= 1
        self._end(job, answer)
        self._run_waiting(self._coroutines)

    def _answer_after(self, job: Job, answer: AnswerAfter) -> None:
        """The answer is known, and waits for a future that other calls may wait for, too."""
        self._begin(job)
        self._coroutines.running += 1

        def done(future: asyncio.Future[Any]) -> None:
            if future.cancelled():
                ended = self._cancelled(job)
            elif (error := future.exception()) is not None:
                ended = self._raised(job, error)
            else:
                ended = self._answer(job, answer.value)
            self._coroutine_ended(job, ended)

        answer.future.add_done_callback(done)

    def _cancelled(self, job: Job) -> bytes | None:
        """The method was cancelled: for its deadline, by the stop, or by itself."""
        deadline = job.deadline
        if deadline is not None and self._loop.time() >= deadline:
            self.counters.queue_timeouts += 1
            return self._fail(job, Code.QUEUE_TIMEOUT, "cancelled at its deadline")
        return self._fail(job, Code.UNKNOWN, "CancelledError")

    def _run_in_thread(self, job: Job, context: Context, arguments: Any) -> None:
        self._begin(job)
        self._threaded.running += 1
        run = job.route.run
        self._pool.submit(
            lambda: context.run(run, *arguments),
            lambda result, error: self._thread_done(job, context, result, error),
        )

    def _thread_done(
        self, job: Job, context: Context, result: Any, error: BaseException | None
    ) -> None:
        self._threaded.running -= 1
        if error is None and inspect.iscoroutine(result):
            self._resume(job, context, result)
        elif error is not None:
            self._end(job, self._raised(job, error))
        else:
            self._end(job, self._answer(job, result))
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
                self._end(job, self._refuse(job.request, Code.QUEUE_TIMEOUT, ""))
                continue
            answer = self._run(job)
            if answer is not LATER:
                self._end(job, answer)

    def _begin(self, job: Job) -> None:
        if not job.open:
            job.open = True
            job.connection.inflight += 1
            self._idle.clear()

    def _end(self, job: Job, answer: bytes | None) -> None:
        job.open = False
        job.connection.inflight -= 1
        self.counters.ended += 1
        if answer is not None:
            job.connection.send(answer)
        if not (self.running or self.waiting):
            self._idle.set()

    def _answer(self, job: Job, value: Any) -> bytes | None:
        try:
            give = self._ready if value.__class__ is Ready else success
            answer = give(job, value)
        except EncodeError as error:
            job.forget_reply_maps()
            return self._fail(job, *unwritable(error, job.where))
        except Exception as error:
            return self._raised(job, error)
        if self._observers:
            self._observe(job, 0)
        return answer

    def _ready(self, job: Job, answer: Ready) -> bytes | None:
        """An answer with its bytes; equal requests get it, too, unless somebody looks at each."""
        watched = self._observers or self._allows_set or job.route.intercepted
        if answer.lasting and not (watched or job.has_reply_maps):
            self.known.learn(job.request, answer)
        return success(job, answer.value, answer.body)

    def _note(self, count: int, now: float) -> None:
        """Requests were answered by what is known."""
        self.counters.requests += count
        self.last_request = now

    def _raised(self, job: Job, error: BaseException) -> bytes | None:
        if isinstance(error, Ended) and error.__cause__ is not None:
            error = error.__cause__
        if isinstance(error, ENDS_THE_SERVER):
            self._fatal(error)
        return self._fail(job, *failure_of(error, job.where))

    def _fail(self, job: Job, code: int, text: str) -> bytes | None:
        self.counters.failed += 1
        if self._observers:
            self._observe(job, code)
        return failure(job, code, text)

    def _observe(self, job: Job, code: int) -> None:
        """Tell the observers; what they raise is their own affair."""
        took = self._loop.time() - job.arrived
        for observe in self._observers:
            try:
                observe(job, code, took)
            except Exception:
                log.exception("an observer of %s failed", job.where)

    def _refuse(self, request: Request, code: Code, detail: str) -> bytes | None:
        self.counters.failed += 1
        if request.packet_type:
            self.counters.dropped += 1
            where = (request.servant[:100], request.function[:100])
            self._warn("%s.%s: a one-way request was refused with %d", *where, code)
        return refusal(request, code, detail)

    async def drain(self, timeout: float) -> int:
        """Wait until nothing runs or waits, at most ``timeout`` seconds, then cancel the rest.

        Gives how many had to be cancelled.
        """
        with suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), timeout)
        for lane in (self._coroutines, self._threaded):
            while lane.waiting:
                job = lane.waiting.popleft()
                self._end(job, self._refuse(job.request, Code.OVERLOAD, "it stops"))
        left = list(self._tasks)
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=0.5)
        self._pool.close()
        return len(left)
