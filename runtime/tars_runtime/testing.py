"""For the tests of services: a proxy joined to a servant, a registry, a record of calls.

::

    async def test_greets() -> None:
        greeter = testing.join(GreeterProxy, Greeter())
        assert (await greeter.greet(Greeting(name="Ann"))).text == "hello Ann"

The bytes are those that would travel: arguments and results pass the codec, errors become return
codes and errors again. Only the sockets are missing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from tars_runtime.application import Application
from tars_runtime.application.dispatch import Dispatcher
from tars_runtime.application.routes import routes_of
from tars_runtime.communicator import Communicator
from tars_runtime.communicator.blocking import BlockingLoop
from tars_runtime.communicator.outcome import refusal
from tars_runtime.communicator.requests import describe, request_of
from tars_runtime.config import AdapterConfig, ServerConfig
from tars_runtime.errors import CallTimeout, NoEndpoint
from tars_runtime.naming.book import Listing
from tars_runtime.net.endpoint import Endpoint
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

__all__ = ["FakeRegistry", "Recorder", "Sample", "join", "serving"]

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


@asynccontextmanager
async def serving(
    servants: Mapping[str, Servant], **settings: Any
) -> AsyncIterator[tuple[Application, Communicator]]:
    """A running application on a free port of 127.0.0.1, and a client that finds its objects.

    ::

        async with testing.serving({"Demo.HelloServer.GreeterObj": Greeter()}) as (app, client):
            greeter = client.proxy(GreeterProxy, "Demo.HelloServer.GreeterObj")

    ``settings`` are those of `AdapterConfig`.
    """
    app = Application(ServerConfig(app="Test", server="Server"))
    made = {"endpoint": "tcp -h 127.0.0.1 -p 0 -t 60000", **settings}
    app.add_adapter("TestAdapter", servant=" ".join(servants), **made)
    for name, servant in servants.items():
        app.add_servant(name, servant)
    running = asyncio.create_task(app.serve(grace=1.0))
    starting = asyncio.create_task(app.started())
    await asyncio.wait([running, starting], return_when=asyncio.FIRST_COMPLETED)
    if running.done():
        starting.cancel()
        running.result()
    registry = FakeRegistry()
    for name in servants:
        registry.add(name, app.endpoint("TestAdapter"))
    try:
        async with Communicator(locator=registry) as communicator:
            yield app, communicator
    finally:
        app.shutdown("the test is over")
        await running


class FakeRegistry:
    """A locator whose answers a test decides: ``Communicator(locator=registry)``."""

    def __init__(
        self, objects: Mapping[str, Sequence[Endpoint | str]] | None = None
    ) -> None:
        self.questions: list[tuple[str, str]] = []
        """Each question: the object, the set of who asks."""
        self.is_down = False
        """Set it, and every question fails."""
        self._active: dict[str, list[Endpoint]] = {}
        for name, endpoints in (objects or {}).items():
            for endpoint in endpoints:
                self.add(name, endpoint)

    def add(self, name: str, endpoint: Endpoint | str) -> None:
        """An endpoint of an object."""
        made = Endpoint.parse(endpoint) if isinstance(endpoint, str) else endpoint
        self._active.setdefault(name, []).append(made)

    def remove(self, name: str, endpoint: Endpoint | str) -> None:
        """The object is there no more."""
        made = Endpoint.parse(endpoint) if isinstance(endpoint, str) else endpoint
        self._active[name].remove(made)

    async def find(self, name: str, *, set_name: str, timeout: float) -> Listing:
        """Answer as the registry would, and at once."""
        del timeout
        self.questions.append((name, set_name))
        if self.is_down:
            raise NoEndpoint(
                Code.CONNECT, "expected the registry, got a test's is_down"
            )
        return Listing(tuple(self._active.get(name, ())))


@dataclass(frozen=True, slots=True)
class Sample:
    """One call, as statistics see it."""

    object: str
    function: str
    endpoint: Endpoint | None
    code: int
    seconds: float


@dataclass(slots=True)
class Recorder:
    """An observer that keeps what it is told: ``Communicator(observers=[recorder])``."""

    samples: list[Sample] = field(default_factory=list[Sample])

    def __call__(
        self,
        object: str,
        function: str,
        endpoint: Endpoint | None,
        code: int,
        seconds: float,
    ) -> None:
        self.samples.append(Sample(object, function, endpoint, code, seconds))
