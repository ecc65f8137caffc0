"""The control socket, seen from outside: ``start``, ``stop``, ``restart``, ``status``.

One JSON object a line goes in, and lines come back until the last one, which has ``done``.
The socket is ``data/supervisor.sock``, mode 0600.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tars_runtime.errors import TarsError

from tarscli.console import complain, say, say_json, table
from tarscli.layout import Layout
from tarscli.options import Options

__all__ = ["Refused", "ask", "reachable_path", "run"]


class Refused(TarsError):
    """No supervisor listens on the control socket."""


@contextmanager
def reachable_path(path: Path) -> Iterator[str]:
    """A short name of ``path``: a socket's address holds 107 bytes, and folders may be deep."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


async def ask(
    layout: Layout, request: Mapping[str, Any], timeout: float
) -> AsyncIterator[dict[str, Any]]:
    """Send one request and yield the answers; raises `Refused` when nobody listens."""
    try:
        with reachable_path(layout.socket) as path:
            reader, writer = await asyncio.open_unix_connection(path)
    except OSError as error:
        raise Refused(
            f"{layout.socket}: no supervisor listens: {error.strerror}"
        ) from error
    try:
        writer.write(json.dumps(dict(request)).encode() + b"\n")
        async with asyncio.timeout(timeout):
            while line := await reader.readline():
                answer = json.loads(line)
                yield answer
                if answer.get("done"):
                    return
        raise TarsError("the supervisor ended before it had answered")
    except TimeoutError as error:
        raise TarsError(
            f"no answer from the supervisor within {timeout:g} s"
        ) from error
    finally:
        writer.close()


def run(options: Options) -> int:
    """The commands ``start``, ``stop``, ``restart`` and ``status``."""
    layout = Layout(Path(options.text("tars_path")))
    answer = asyncio.run(_last(layout, options.command))
    if answer.get("error"):
        complain(str(answer["error"]))
        return 1
    status = answer.get("status", {})
    if options.text("output") == "json":
        say_json(status)
    else:
        for line in table((key, _shown(value)) for key, value in status.items()):
            say(line)
    return 0


async def _last(layout: Layout, command: str) -> dict[str, Any]:
    answer: dict[str, Any] = {}
    async for answer in ask(layout, {"command": command}, timeout=75.0):
        if "progress" in answer:
            complain(str(answer["progress"]))
    return answer


def _shown(value: object) -> str:
    return (
        ""
        if value is None
        else str(value).lower() if isinstance(value, bool) else str(value)
    )
