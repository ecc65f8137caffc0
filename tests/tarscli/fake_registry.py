"""A registry for tarscli's tests, in a thread of its own: real sockets, and faults on demand.

``mode`` is ``ok``, ``mute`` (takes requests, never answers), ``slow`` (answers after 0.4 s),
``refuse`` (answers an error), ``lie`` (answers bytes that are none), ``forget`` (says that it
does not know the server), ``empty`` (knows no endpoints of the registry), ``insist`` (refuses
servers that do not say the secret which they were given).
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any, ClassVar

from tars_runtime.interfaces import tars
from tars_runtime.protocol import Request, ServerWire, send_error, send_reply
from tars_runtime.rpc import Method

REGISTRY = "tars.tarsregistry.Registry"
NOTIFY = "tars.tarsnotify.NotifyObj"


def methods(servant: type) -> dict[str, Method[Any]]:
    return {each.name: each for each in servant.__tars__}  # type: ignore[attr-defined]


METHODS: dict[str, Method[Any]] = {
    **methods(tars.QueryFServant),
    **methods(tars.tarsregistryServant),
    **methods(tars.NotifyServant),
}


class FakeRegistry:
    """Answers QueryObj, Registry and NotifyObj on one port; keeps what it was told."""

    def __init__(self, mode: str = "ok") -> None:
        self.mode = mode
        self.notify_mode = "ok"
        self.calls: list[tuple[float, str, Any, dict[str, str]]] = []
        self.table: dict[str, list[tars.EndpointF]] = {}
        self.reply_context: dict[str, str] = {}
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._server: asyncio.Server | None = None

    def __enter__(self) -> FakeRegistry:
        self._thread.start()
        assert self._ready.wait(10)
        here = tars.EndpointF(host="127.0.0.1", port=self.port, timeout=3000, istcp=1)
        self.table.setdefault(REGISTRY, [here])
        self.table.setdefault(NOTIFY, [here])
        return self

    def __exit__(self, *failure: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    @property
    def locator(self) -> str:
        return f"tars.tarsregistry.QueryObj@tcp -h 127.0.0.1 -p {self.port}"

    def names(self) -> list[str]:
        """The functions that were called on Registry and NotifyObj, with their states."""
        return [described(name, argument) for _, name, argument, _ in self.calls]

    def wait_for(self, *names: str, timeout: float = 15.0) -> None:
        """Until these were called, in this order, others in between."""

        def seen() -> bool:
            rest = iter(self.names())
            return all(any(name == each for each in rest) for name in names)

        self.wait_until(seen, f"{names}", timeout)

    def wait_until(
        self, condition: Callable[[], bool], what: str, timeout: float = 15.0
    ) -> None:
        with self._changed:
            done = self._changed.wait_for(condition, timeout)
        assert done, f"expected {what}, got {self.names()}"

    def stop_listening(self) -> None:
        async def close() -> None:
            if self._server is not None:
                self._server.close()

        asyncio.run_coroutine_threadsafe(close(), self._loop).result(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._open())
        self._loop.run_forever()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        if self._server is not None:
            self._server.close()
        for transport in list(Connection.live.get(id(self), ())):
            transport.abort()
        self._loop.run_until_complete(asyncio.sleep(0.01))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    async def _open(self) -> None:
        self._server = await self._loop.create_server(
            lambda: Connection(self), "127.0.0.1", self.port
        )
        self.port = self._server.sockets[0].getsockname()[1]
        self._ready.set()

    def note(self, name: str, argument: Any, context: dict[str, str]) -> None:
        with self._changed:
            self.calls.append((time.monotonic(), name, argument, context))
            self._changed.notify_all()


class Connection(asyncio.Protocol):
    live: ClassVar[dict[int, set[asyncio.Transport]]] = {}

    def __init__(self, registry: FakeRegistry) -> None:
        self.registry = registry
        self.wire = ServerWire()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.live.setdefault(id(self.registry), set()).add(transport)

    def connection_lost(self, failure: Exception | None) -> None:
        self.live[id(self.registry)].discard(self.transport)

    def data_received(self, data: bytes) -> None:
        for event in self.wire.receive_data(data):
            if isinstance(event, Request):
                self.serve(event)

    def serve(self, request: Request) -> None:
        registry = self.registry
        method = METHODS[request.function]
        arguments = method.arguments.parse(request.body)
        query = request.function.startswith("find")
        notice = request.function == "reportNotifyInfo"
        if not query:
            registry.note(request.function, arguments[0], dict(request.context))
        mode = registry.notify_mode if notice else registry.mode
        if mode == "mute" or (mode == "mute-calls" and not query):
            return
        if mode == "insist" and not query and not notice and self.stranger(request):
            mode = "refuse"
        if mode == "refuse":
            self.transport.write(send_error(request, 1007, "not today"))
        elif mode == "lie":
            self.transport.write(b"\x00\x00\x00\x08\xff\xff\xff\xff")
        elif mode == "babble" and query:
            self.transport.write(send_reply(request, b"\xff\xff"))
        elif mode == "slow":
            asyncio.get_running_loop().call_later(0.4, self.reply, request, arguments)
        else:
            self.reply(request, arguments)

    def stranger(self, request: Request) -> bool:
        secret = self.registry.reply_context.get("secret")
        first = request.function == "onStartup"
        return not first and request.context.get("secret") != secret

    def reply(self, request: Request, arguments: tuple[Any, ...]) -> None:
        registry = self.registry
        method = METHODS[request.function]
        context = dict(registry.reply_context)
        if registry.mode == "forget" and request.function == "keepAlive":
            context["registered"] = "0"
        value: Any = None
        if request.function == "findObjectByIdInSameGroup":
            rows = (
                [] if registry.mode == "empty" else registry.table.get(arguments[0], [])
            )
            value = tars.QueryFFindObjectByIdInSameGroupReply(activeEp=rows)
        elif request.function == "findObjectById":
            value = registry.table.get(arguments[0], [])
        elif request.function == "getLocker":
            value = 1
        body = method.result.build(value)
        self.transport.write(send_reply(request, body, context=context))


def described(name: str, argument: Any) -> str:
    if name == "onStartup":
        return f"onStartup {argument.State}"
    if name == "keepAlive":
        return f"keepAlive {argument.state}"
    if name == "reportNotifyInfo":
        return f"notify {argument.sMessage}"
    return name
