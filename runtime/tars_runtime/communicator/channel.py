"""One call, from its arguments to its value: the hot path of a client.

A call that finds its endpoint known and its connection open takes no detour: encode, pick,
send, wait, decode. What not every call needs, contexts, sets, dyeing, other bodies,
interceptors, takes the general way (`_proceed`).
"""

from __future__ import annotations

import asyncio
from asyncio import get_running_loop
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from tars_runtime.communicator.line import Line
from tars_runtime.communicator.outcome import Outcomes, refusal
from tars_runtime.communicator.requests import describe, must_pass_on, request_of
from tars_runtime.communicator.target import Target
from tars_runtime.config import ClientConfig
from tars_runtime.errors import (
    CallError,
    CallTimeout,
    UsageError,
)
from tars_runtime.net.calls import Calls
from tars_runtime.net.endpoint import ObjectRef
from tars_runtime.protocol import Code, Response
from tars_runtime.protocol.bodies import BODIES
from tars_runtime.protocol.envelope import names_of
from tars_runtime.rpc import CallOptions, ClientCall, Method
from tars_runtime.rpc.intercept import chain

if TYPE_CHECKING:
    from tars_runtime.communicator.communicator import Communicator

__all__ = ["ObjectChannel"]

R = TypeVar("R")


class ObjectChannel:
    """The way to one object, for all its proxies."""

    def __init__(self, owner: Communicator, ref: ObjectRef, set_name: str) -> None:
        self.ref = ref
        self._owner = owner
        self._set_name = set_name
        self._line: Line | None = None
        self._names: dict[str, bytes] = {}
        self._observers = owner.observers
        self._outcomes = Outcomes(ref.name, owner.observers)
        self._plain = not owner.interceptors and not set_name
        self._around = chain(owner.interceptors, self._proceed)
        self.adopt(owner.config)

    def adopt(self, config: ClientConfig) -> None:
        """Take over the settings that calls go by, now or later."""
        self._timeout = config.call_timeout
        self._least = config.min_timeout
        self._max_inflight = config.max_inflight
        self._outcomes.logs_timeouts = config.timeout_log

    @property
    def object_name(self) -> str:
        """``App.Server.Obj``, without endpoints."""
        return self.ref.name

    async def call(
        self,
        method: Method[R],
        arguments: tuple[object, ...],
        *,
        timeout: float | None,
        context: Mapping[str, str] | None,
        options: CallOptions | None,
    ) -> R:
        """Call and wait for the answer; raises `CallError`, `CodecError` or `UsageError`."""
        loop = get_running_loop()
        line = self._line
        if line is None or line.loop is not loop:
            line = self.line_on(loop)
        now = loop.time()
        deadline = now + self._limit(timeout)
        if context or options is not None or not self._plain or must_pass_on():
            call = self._call_of(method, arguments, deadline, context, options)
            result: R = await self._around(call)
            return result
        name = method.name
        names = self._names.get(name) or self._learn(name)
        body = method.arguments.build(arguments)
        target = line.pick(now, None)
        connection = target.ready(now) if target is not None else None
        if target is None or connection is None or connection.is_full:
            target, connection = await self._reach(line, name, deadline, None, target)
        self._check_room(connection, name)
        left = int((deadline - loop.time()) * 1000)
        request_id, future = connection.call(names, body, left or 1, deadline)
        try:
            response = await future
            if response.ret != 0:
                raise refusal(response)
            value = method.result.parse(response.body)
        except BaseException as error:
            connection.forget(request_id)
            self._outcomes.failed(error, target, name, now, request_id)
            raise
        target.succeeded(now)
        if self._observers:
            self._outcomes.observe(target, name, 0, now)
        return value

    async def send(
        self,
        method: Method[R],
        arguments: tuple[object, ...],
        *,
        timeout: float | None,
        context: Mapping[str, str] | None,
        options: CallOptions | None,
    ) -> None:
        """Send a one-way request; returns when the bytes were handed to the connection."""
        loop = get_running_loop()
        deadline = loop.time() + self._limit(timeout)
        call = self._call_of(method, arguments, deadline, context, options)
        call.one_way = True
        await self._around(call)

    def call_blocking(
        self,
        method: Method[R],
        arguments: tuple[object, ...],
        *,
        timeout: float | None,
        context: Mapping[str, str] | None,
        options: CallOptions | None,
    ) -> R:
        """Like `call`, for code that is not async: blocks this thread, not the event loop's."""
        return self._owner.blocking.run(
            self.call(
                method, arguments, timeout=timeout, context=context, options=options
            )
        )

    async def _proceed(self, call: ClientCall) -> Any:
        """The general way of a call, inside the interceptors."""
        loop = get_running_loop()
        line = self.line_on(loop)
        now, name, options = loop.time(), call.method.name, call.options
        body = BODIES[options.version if options is not None else 1]
        data = body.write_arguments(call.method, call.arguments)
        target, connection = await self._reach(line, name, call.deadline, options)
        call.endpoint = target.address
        self._check_room(connection, name)
        left = int((call.deadline - loop.time()) * 1000)
        request = request_of(call, data, left or 1)
        if call.one_way:
            connection.notify(request)
            self._outcomes.observe(target, name, 0, now)
            return None
        request_id, future = connection.request(request, call.deadline)
        try:
            response = await future
            _note(options, response, target)
            if response.ret != 0:
                raise refusal(response)
            value = body.read_result(call.method, response.body)
        except BaseException as error:
            connection.forget(request_id)
            self._outcomes.failed(error, target, name, now, request_id)
            raise
        target.succeeded(now)
        self._outcomes.observe(target, name, 0, now)
        return value

    async def _reach(
        self,
        line: Line,
        name: str,
        deadline: float,
        options: CallOptions | None,
        target: Target | None = None,
    ) -> tuple[Target, Calls]:
        """A target and an open connection to it, before the deadline; raises `CallError`.

        ``target`` was picked already: another pick would skip a turn, and with two endpoints
        the one that is not connected yet would never get its own.
        """
        now = line.loop.time()
        if target is None:
            target = line.pick(now, options)
        missing = "the endpoints"
        try:
            async with asyncio.timeout_at(deadline):
                if target is None:
                    await line.resolved()
                    target = line.pick(now, options)
                assert target is not None
                missing = f"a connection to {target.address}"
                target, connection = await _connected(line, target)
                while connection.is_full:
                    missing = f"{target.address} to take the call"
                    self._check_room(connection, name)
                    await connection.writable()
                    if not connection.usable:  # nothing was sent there
                        target, connection = await _connected(line, target)
                return target, connection
        except CallError as error:
            self._outcomes.tell(error, target, name, now)
            raise
        except TimeoutError as error:
            late = CallTimeout(
                Code.TIMEOUT, f"expected {missing} within the deadline, got none"
            )
            self._outcomes.tell(late, target, name, now)
            raise late from error

    def _limit(self, timeout: float | None) -> float:
        if timeout is None:
            return self._timeout
        limit = timeout if timeout > self._least else self._least
        if limit <= 0:
            raise CallTimeout(
                Code.TIMEOUT, f"expected time for the call, got {timeout} s: not sent"
            )
        return limit

    def _check_room(self, connection: Calls, name: str) -> None:
        if len(connection.pending) + connection.waiting < self._max_inflight:
            return
        error = CallError(
            Code.SEND,
            f"expected fewer than {self._max_inflight} calls in flight, got that many: "
            "call more slowly, or raise max_inflight",
        )
        error.at(object=self.ref.name, function=name)
        raise error

    def _learn(self, name: str) -> bytes:
        names = names_of(self.ref.name, name)
        if names is None:
            raise UsageError(
                f"expected an object and a function of at most 255 bytes, got {name!r}"
            )
        self._names[name] = names
        return names

    def line_on(self, loop: asyncio.AbstractEventLoop) -> Line:
        """The object's line on an event loop."""
        line = self._line
        if line is None or line.loop is not loop:
            line = self._line = self._owner.core(loop).line(self.ref, self._set_name)
        return line

    def forget(self) -> None:
        """The connections of this process's parent, or of a closed communicator, are not ours."""
        self._line = None

    def _call_of(
        self,
        method: Method[Any],
        arguments: tuple[object, ...],
        deadline: float,
        context: Mapping[str, str] | None,
        options: CallOptions | None,
    ) -> ClientCall:
        call = ClientCall(
            object=self.ref.name,
            method=method,
            arguments=arguments,
            deadline=deadline,
            options=options,
        )
        return describe(call, context, self._set_name)


async def _connected(line: Line, target: Target) -> tuple[Target, Calls]:
    """An open connection to the target; to another one when the first cannot be reached."""
    loop = line.loop
    connection = target.ready(loop.time())
    if connection is None:
        try:
            connection = await target.connect()
        except CallError:
            other = line.other(target)
            if other is None:
                raise
            target = other
            connection = target.ready(loop.time()) or await target.connect()
    return target, connection


def _note(options: CallOptions | None, response: Response, target: Target) -> None:
    if options is not None and options.reply is not None:
        options.reply.context = response.context
        options.reply.status = response.status
        options.reply.endpoint = target.address
