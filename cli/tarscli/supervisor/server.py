"""The server as the supervisor holds it: its processes, their output, its end."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping
from pathlib import Path

from tarscli.states import ExitStatus
from tarscli.supervisor import processes
from tarscli.supervisor.output import Output
from tarscli.supervisor.processes import Children
from tarscli.supervisor.rolling import RollingFile

__all__ = ["Server"]

_LAST_OUTPUT = 2.0
"""Seconds to copy what an ended server has written."""


class Server:
    """One server; started any number of times, once at a time."""

    def __init__(
        self,
        children: Children,
        command: str,
        environment: Mapping[str, str],
        mark: str,
        new_log: Callable[[], RollingFile],
    ) -> None:
        self.leader: int | None = None
        """The start script's process, until it is reaped."""

        self.group = 0
        self._children = children
        self._command = command
        self._environment = {**environment, processes.MARKER: mark}
        self._mark = mark
        self._new_log = new_log
        self._output: Output | None = None

    def start(self, on_exit: Callable[[ExitStatus], None]) -> str:
        """Start it; returns the log's problem, if it has one. Raises `OSError`."""
        log = self._new_log()
        output = Output(log)

        def ended(status: ExitStatus) -> None:
            self.leader = None
            on_exit(status)

        try:
            self.group = self._children.spawn(
                self._command, self._environment, ended, output.descriptor
            )
        finally:
            output.started()
        self.leader = self.group
        self._output = output
        return log.problem

    def lives(self) -> bool:
        """Whether a process of it is left, also one that went into a session of its own."""
        if self.leader is not None:
            return True
        return bool(
            (self.group and processes.group_lives(self.group))
            or processes.survivors(self._mark)
        )

    def pids(self) -> list[int]:
        """Its processes, found from the leader down or, without it, by their mark."""
        if self.leader is not None:
            return processes.descendants(self.leader)
        return processes.survivors(self._mark)

    def send(self, number: int) -> None:
        """Send a signal to the group."""
        if self.group:
            processes.signal_group(self.group, number)

    def terminate(self) -> None:
        """SIGTERM to the group and to what left it."""
        self._everywhere(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL to the group and to what left it."""
        self._everywhere(signal.SIGKILL)

    def finish_output(self) -> None:
        """Wait a little until its last words are copied."""
        if self._output is not None:
            self._output.finish(_LAST_OUTPUT)

    def _everywhere(self, number: int) -> None:
        self.send(number)
        group = self.group
        others = [
            pid for pid in processes.survivors(self._mark) if not _within(pid, group)
        ]
        processes.signal_each(others, number)


def _within(pid: int, group: int) -> bool:
    try:
        return os.getpgid(pid) == group
    except ProcessLookupError:
        return True


def start_command(given: str, script: Path) -> str:
    """What is handed to ``sh -c``: the user's text, or the script's quoted path."""
    if given:
        return given
    from shlex import quote

    return f"exec {quote(str(script))}"
