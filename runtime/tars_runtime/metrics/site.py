"""The page as an ASGI application: ``GET /metrics``, and nothing else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from tars_runtime.metrics.exposition import page
from tars_runtime.metrics.figures import Figures

__all__ = ["metrics_app"]

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


def metrics_app(
    read: Callable[[], Awaitable[Figures]],
) -> Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]:
    """An application that shows what ``read`` gives."""

    async def app(
        scope: MutableMapping[str, Any],
        receive: Receive,  # noqa: ARG001 - ASGI's signature; a body is of no interest
        send: Send,
    ) -> None:
        if scope["type"] != "http":
            return
        if scope["path"] != "/metrics":
            await _answer(send, 404, b"expected /metrics\n", "text/plain")
        elif scope["method"] not in ("GET", "HEAD"):
            await _answer(send, 405, b"expected GET\n", "text/plain")
        else:
            headers = dict(scope["headers"])
            accept = headers.get(b"accept", b"").decode("latin-1")
            body, kind = page(await read(), accept)
            await _answer(send, 200, body, kind)

    return app


async def _answer(send: Send, status: int, body: bytes, kind: str) -> None:
    headers = [
        (b"content-type", kind.encode("ascii")),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
