"""A proxy joined to a servant: calls pass the codec and a dispatcher, and no socket."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from tars_runtime.application.dispatch import Dispatcher
from tars_runtime.application.routes import routes_of
from tars_runtime.communicator.blocking import BlockingLoop
from tars_runtime.communicator.outcome import refusal
from tars_runtime.communicator.requests import describe, request_of
from tars_runtime.config import AdapterConfig
from tars_runtime.errors import CallTimeout
from tars_runtime.protocol import (
    Broken,
    ClientWire,
    Code,
    Request,
    Response,
    ServerWire,
    send_request,
)
from tars_runtime.protocol.bodies import BODIES, Body
from tars_runtime.rpc import (
    AnyProxy,
    CallOptions,
    ClientCall,
    Method,
    Servant,
    ServerInterceptor,
)

__all__ = ["join"]

P = TypeVar("P", bound=AnyProxy)
R = TypeVar("R")


def join(
    kind: type[P],
    servant: Servant,
    *,
    name: str = "Test.Server.Obj",
    interceptors: Sequence[ServerInterceptor] = (),
) -> P:
    """A proxy of any manner whose calls reach ``servant`` in memory."""
    return kind(_MemoryChannel(name, servant, interceptors))


class _MemoryChannel:
    """A `Channel` from a proxy to a dispatcher, without sockets."""

    def __init__(
        self, name: str, servant: Servant, interceptors: Sequence[ServerInterceptor]
    ) -> None:
        self.object_name = name
        self._routes = routes_of(name, servant, interceptors)
        self._dispatchers: dict[asyncio.AbstractEventLoop, Dispatcher] = {}
        self._blocking = BlockingLoop()

    async def call(
        self,
        method: Method[R],
        arguments: tuple[object, ...],
        *,
        timeout: float | None,
        context: Mapping[str, str] | None,
        options: CallOptions | None,
    ) -> R:
        frame = self._request(method, arguments, timeout, context, options)
        answer = asyncio.get_running_loop().create_future()
        self._exchange(frame, answer)
        try:
            async with asyncio.timeout(timeout):
                response: Response = await answer
        except TimeoutError as error:
            late = CallTimeout(Code.TIMEOUT, "expected an answer in time, got none")
            late.at(object=self.object_name, function=method.name)
            raise late from error
        if options is not None and options.reply is not None:
            options.reply.context = response.context
            options.reply.status = response.status
            options.reply.endpoint = "memory:0"
        if response.ret != 0:
            failure = refusal(response)
            failure.at(object=self.object_name, function=method.name)
            raise failure
        value: R = _body_of(options).read_result(method, response.body)
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
        frame = self._request(
            method, arguments, timeout, context, options, one_way=True
        )
        self._exchange(frame, asyncio.get_running_loop().create_future())

    def call_blocking(
        self,
        method: Method[R],
        arguments: tuple[object, ...],
        *,
        timeout: float | None,
        context: Mapping[str, str] | None,
        options: CallOptions | None,
    ) -> R:
        return self._blocking.run(
            self.call(
                method, arguments, timeout=timeout, context=context, options=options
            )
        )

    def _request(
        self,
        method: Method[Any],
        arguments: tuple[object, ...],
        timeout: float | None,
        context: Mapping[str, str] | None,
        options: CallOptions | None,
        *,
        one_way: bool = False,
    ) -> bytes:
        call = ClientCall(
            object=self.object_name,
            method=method,
            arguments=arguments,
            deadline=0.0,
            options=options,
            one_way=one_way,
        )
        body = _body_of(options).write_arguments(method, arguments)
        left = int(timeout * 1000) if timeout else 0
        request = request_of(describe(call, context, ""), body, left)
        request.request_id = 1
        return send_request(request)

    def _exchange(self, frame: bytes, answer: asyncio.Future[Response]) -> None:
        loop = asyncio.get_running_loop()
        dispatcher = self._dispatchers.get(loop)
        if dispatcher is None:
            dispatcher = Dispatcher(loop, AdapterConfig(), fatal=_raise)
            dispatcher.add(self.object_name, self._routes)
            self._dispatchers[loop] = dispatcher
        connection = _MemoryConnection(answer)
        for event in ServerWire().receive_data(frame):
            assert isinstance(event, Request)
            reply = dispatcher.handle(connection, event, loop.time())
            if reply is not None:
                connection.send(reply)


def _body_of(options: CallOptions | None) -> Body:
    return BODIES[options.version if options is not None else 1]


class _MemoryConnection:
    """What a dispatcher needs of a connection."""

    peer = ("memory", 0)

    def __init__(self, answer: asyncio.Future[Response]) -> None:
        self.inflight = 0
        self._answer = answer

    def send(self, frame: bytes) -> None:
        for event in ClientWire().receive_data(frame):
            if isinstance(event, Response) and not self._answer.done():
                self._answer.set_result(event)
            elif isinstance(event, Broken):
                raise event.error

    def push(
        self, body: bytes, function: str = "", context: Mapping[str, str] | None = None
    ) -> bool:
        """A caller in memory takes no pushes."""
        del body, function, context
        return False

    def on_close(self, callback: Callable[[], None]) -> None:
        """A caller in memory never hangs up: this is never called."""


def _raise(error: BaseException) -> None:
    raise error
