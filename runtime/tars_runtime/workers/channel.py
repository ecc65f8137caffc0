"""Questions and answers between the administrator and a worker: a JSON object per line.

Questions carry a number, so that a slow one holds up no other.
"""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any, Final, TypeAlias

__all__ = ["Asker", "Gone", "Handler", "answer_all"]

log = logging.getLogger("tars.admin")

LONGEST: Final = 64 * 1024 * 1024
"""Bytes of one line: a worker's figures may be many."""

Handler: TypeAlias = Callable[[str, str], Awaitable[Any]]
"""Answers a question: its kind, its argument; the answer must be JSON."""


class Gone(Exception):
    """The worker ended before it answered."""


class Asker:
    """The administrator's end of one worker's channel."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._numbers = count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Begin to read answers."""
        reader, self._writer = await asyncio.open_connection(
            sock=self._end, limit=LONGEST
        )
        self._reading = asyncio.ensure_future(self._read(reader))

    async def ask(self, kind: str, argument: str = "", *, timeout: float) -> Any:
        """The worker's answer; raises `Gone` or `TimeoutError`."""
        if self._writer is None or self._reading is None or self._reading.done():
            raise Gone
        number = next(self._numbers)
        answer = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            self._writer.write(_line({"id": number, "kind": kind, "of": argument}))
            return await asyncio.wait_for(answer, timeout)
        finally:
            del self._waiting[number]

    async def close(self) -> None:
        """End; questions that wait are answered by `Gone`."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading])

    async def _read(self, reader: asyncio.StreamReader) -> None:
        try:
            while line := await reader.readline():
                told = json.loads(line)
                waiting = self._waiting.get(told["id"])
                if waiting is not None and not waiting.done():
                    waiting.set_result(told["answer"])
        except OSError as error:
            log.debug("a worker's channel broke: %s", error)
        finally:
            for waiting in self._waiting.values():
                if not waiting.done():
                    waiting.set_exception(Gone())
            if self._writer is not None:
                self._writer.close()


async def answer_all(end: socket.socket, handler: Handler) -> None:
    """The worker's end: answer questions until the administrator hangs up."""
    reader, writer = await asyncio.open_connection(sock=end, limit=LONGEST)
    running: set[asyncio.Task[None]] = set()
    try:
        while line := await reader.readline():
            task = asyncio.ensure_future(_answer(json.loads(line), handler, writer))
            running.add(task)
            task.add_done_callback(running.discard)
    except OSError as error:
        log.debug("the administrator's channel broke: %s", error)
    finally:
        for task in running:
            task.cancel()
        writer.close()


async def _answer(
    question: dict[str, Any], handler: Handler, writer: asyncio.StreamWriter
) -> None:
    answer = await handler(question["kind"], question["of"])
    writer.write(_line({"id": question["id"], "answer": answer}))


def _line(message: dict[str, Any]) -> bytes:
    return json.dumps(message).encode() + b"\n"
