"""The optional HTTP port: ``/live``, ``/ready``, ``/startup`` and ``/metrics``, GET only."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

__all__ = ["ProbeServer", "metrics_text"]

_PATIENCE = 5.0
_LONGEST = 8192
_REASONS = {
    200: "OK",
    404: "Not Found",
    405: "Method Not Allowed",
    503: "Service Unavailable",
}

Page = Callable[[], tuple[int, str]]


def metrics_text(figures: Mapping[str, tuple[str, str, float]]) -> str:
    """Figures in Prometheus's text format: name to (type, help, value)."""
    lines = []
    for name, (kind, help_text, value) in figures.items():
        lines += [
            f"# HELP {name} {help_text}",
            f"# TYPE {name} {kind}",
            f"{name} {value:g}",
        ]
    return "\n".join(lines) + "\n"


class ProbeServer:
    """Answers one GET a connection."""

    def __init__(self, pages: Mapping[str, Page]) -> None:
        self._pages = pages
        self._server: asyncio.Server | None = None

    async def open(self, host: str, port: int) -> None:
        """Listen; raises `OSError`."""
        self._server = await asyncio.start_server(
            self._serve, host, port, limit=_LONGEST
        )

    def close(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            async with asyncio.timeout(_PATIENCE):
                head = await reader.readuntil(b"\r\n\r\n")
            status, body = self._answer(head)
            writer.write(_response(status, body))
            await writer.drain()
        except (
            OSError,
            TimeoutError,
            asyncio.IncompleteReadError,
            asyncio.LimitOverrunError,
        ):
            return
        finally:
            writer.close()

    def _answer(self, head: bytes) -> tuple[int, str]:
        words = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
        if len(words) != 3 or words[0] != "GET":
            return 405, "only GET\n"
        page = self._pages.get(words[1].partition("?")[0])
        return page() if page is not None else (404, "/live /ready /startup /metrics\n")


def _response(status: int, body: str) -> bytes:
    raw = body.encode()
    head = (
        f"HTTP/1.1 {status} {_REASONS[status]}\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        f"Content-Length: {len(raw)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + raw
