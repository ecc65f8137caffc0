"""How requests end: what became of one turns into its answer, is counted, and is told to observers.

Whatever happens here ends in a frame, or in none for a one-way request; never in an exception.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

from tars_runtime.application.answers import failure, refusal, success
from tars_runtime.application.failures import failure_of, unreadable, unwritable
from tars_runtime.application.job import Job
from tars_runtime.errors import DecodeError, EncodeError
from tars_runtime.net.counters import Counters
from tars_runtime.net.eager import Ended
from tars_runtime.net.seldom import Seldom
from tars_runtime.protocol import Code, Request
from tars_runtime.protocol.envelope import NO_TEXTS
from tars_runtime.protocol.known import Known
from tars_runtime.protocol.plain import write_success
from tars_runtime.protocol.ready import Ready
from tars_runtime.rpc import Current

__all__ = ["Endings", "Fatal", "Observer"]

log = logging.getLogger("tars.server")

Observer: TypeAlias = Callable[[Current, int, float], None]
"""Told of each answered request: the call, its code, the seconds it took."""

Fatal: TypeAlias = Callable[[BaseException], None]
ENDS_THE_SERVER: Final = (SystemExit, KeyboardInterrupt)


class Endings:
    """The answers of one adapter."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        counters: Counters,
        fatal: Fatal,
        observers: Sequence[Observer] = (),
        known: Known | None = None,
    ) -> None:
        self._loop = loop
        self._counters = counters
        self._fatal = fatal
        self._observers = observers
        self._known = known
        """Where lasting answers are remembered; ``None`` when each request must be looked at."""
        self._warn = Seldom(log)

    def answered(self, job: Job, value: Any) -> bytes | None:
        """The method gave ``value``."""
        request = job.request
        try:
            if type(value) is Ready:
                answer = self._ready(job, value)
            elif request.status is NO_TEXTS and job._reply_maps is None:
                build = job.route.build
                answer = write_success(request.request_id, build(value))
            else:
                answer = success(job, value)
        except EncodeError as error:
            job.forget_reply_maps()
            return self._fail(job, *unwritable(error, job.where))
        except Exception as error:
            return self.raised(job, error)
        if self._observers:
            self._observe(job, 0)
        return answer

    def _ready(self, job: Job, answer: Ready) -> bytes | None:
        """An answer with its bytes; equal requests get it, too, unless somebody looks at each."""
        if answer.lasting and self._known is not None:
            watched = self._observers or job.route.intercepted or job.has_reply_maps
            if not watched:
                self._known.learn(job.request, answer)
        return success(job, answer.value, answer.body)

    def raised(self, job: Job, error: BaseException) -> bytes | None:
        """The method, or what stands around it, raised ``error``."""
        if isinstance(error, Ended) and error.__cause__ is not None:
            error = error.__cause__
        if isinstance(error, ENDS_THE_SERVER):
            self._fatal(error)
        return self._fail(job, *failure_of(error, job.where))

    def unreadable(self, job: Job, error: DecodeError) -> bytes | None:
        """The arguments are none."""
        return self._fail(job, *unreadable(error, job.where))

    def cancelled(self, job: Job) -> bytes | None:
        """The method was cancelled: for its deadline, by the stop, or by itself."""
        deadline = job.deadline
        if deadline is not None and self._loop.time() >= deadline:
            self._counters.queue_timeouts += 1
            return self._fail(job, Code.QUEUE_TIMEOUT, "cancelled at its deadline")
        return self._fail(job, Code.UNKNOWN, "CancelledError")

    def refused(self, request: Request, code: Code, detail: str = "") -> bytes | None:
        """No method will see the request."""
        self._counters.failed += 1
        if request.packet_type:
            self._counters.dropped += 1
            where = (request.servant[:100], request.function[:100])
            self._warn("%s.%s: a one-way request was refused with %d", *where, code)
        return refusal(request, code, detail)

    def _fail(self, job: Job, code: int, text: str) -> bytes | None:
        self._counters.failed += 1
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
