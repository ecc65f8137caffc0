"""Short shell commands of the user's: checks before checks, clean-ups, hooks.

Each runs in a session of its own, and is ended as a group at its deadline.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Mapping

from tarscli.states import ExitStatus
from tarscli.supervisor.processes import Children, signal_group

__all__ = ["run_script"]


async def run_script(
    children: Children, command: str, environment: Mapping[str, str], timeout: float
) -> str:
    """Run ``command``; returns why it failed, or an empty text."""
    ended: asyncio.Future[ExitStatus] = asyncio.get_running_loop().create_future()
    try:
        pid = children.spawn(command, environment, ended.set_result, output=2)
    except OSError as error:
        return f"cannot be started: {error.strerror}"
    try:
        async with asyncio.timeout(timeout):
            status = await asyncio.shield(ended)
    except TimeoutError:
        return f"did not end within {timeout:g} s"
    finally:
        if not ended.done():
            signal_group(pid, signal.SIGKILL)
    return "" if status.shell_code == 0 else f"ended with {status}"
