"""What web servers host in the tests: applications that call the greeter for each request."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from Demo import GreeterBlocking, GreeterProxy, Greeting
from tars_runtime.communicator import Communicator

client = Communicator()
blocking = client.proxy(GreeterBlocking, os.environ["GREETER"])
awaited = client.proxy(GreeterProxy, os.environ["GREETER"])

if "CALL_BEFORE_FORK" in os.environ:
    blocking.greet(Greeting(name="before"), timeout=10)


def wsgi(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    reply = blocking.greet(Greeting(name=environ["PATH_INFO"][1:]), timeout=10)
    start("200 OK", [("Content-Type", "text/plain")])
    return [f"{os.getpid()} {reply.text}".encode()]


async def asgi(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[Any]],
    send: Callable[[Any], Awaitable[None]],
) -> None:
    if scope["type"] != "http":
        return
    reply = await awaited.greet(Greeting(name=scope["path"][1:]), timeout=10)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    body = f"{os.getpid()} {reply.text}".encode()
    await send({"type": "http.response.body", "body": body})


try:
    from celery import Celery  # type: ignore[import-untyped]  # it has no stubs
except ImportError:
    pass
else:
    celery = Celery("hosted", broker="filesystem://", backend=os.environ.get("RESULTS"))
    celery.conf.broker_transport_options = {
        folder: os.environ.get("QUEUE")
        for folder in ("data_folder_in", "data_folder_out", "control_folder")
    }

    @celery.task  # type: ignore[untyped-decorator]  # the same
    def greet(name: str) -> str:
        return f"{os.getpid()} {blocking.greet(Greeting(name=name), timeout=10).text}"
