"""The children: started in their own session, reaped by one owner, ended as a group.

A server's processes are found by process group, and, when they left it, by a variable that
only they have in their environment. Nothing is ever looked up by name or command line.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from tarscli.states import ExitStatus
from tarscli.supervisor.signals import TAKEN

__all__ = [
    "MARKER",
    "Children",
    "become_subreaper",
    "descendants",
    "owner_mark",
    "survivors",
]

MARKER = "TARSCLI_RUN"
"""Set for the server only: the directory it runs in, and the supervisor that started it."""

_PROC = Path("/proc")
_SET_CHILD_SUBREAPER = 36
_DEFAULTED = (*TAKEN, signal.SIGPIPE)
"""Python ignores SIGPIPE, and a server must not inherit that."""


def become_subreaper() -> bool:
    """Adopt orphans although not PID 1; whether the kernel agreed."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    return bool(libc.prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)


def owner_mark(folder: Path) -> str:
    """``device:inode:pid:start`` of a directory and of this process."""
    found = folder.stat()
    return f"{found.st_dev}:{found.st_ino}:{os.getpid()}:{start_time(os.getpid())}"


def start_time(pid: int) -> str:
    """When a process started, in ticks since boot; empty when it is gone."""
    try:
        stat = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[19]


def survivors(mark: str) -> list[int]:
    """The processes with this mark in their environment."""
    wanted = f"{MARKER}={mark}".encode()
    return [pid for pid, found in _marks() if found == wanted]


def abandoned(folder: Path) -> list[int]:
    """Processes that an earlier supervisor of ``folder``, now dead, has left."""
    found = folder.stat()
    prefix = f"{MARKER}={found.st_dev}:{found.st_ino}:"
    left = []
    for pid, raw in _marks():
        mark = raw.decode("utf-8", "replace")
        if mark.startswith(prefix):
            owner, _, started = mark.removeprefix(prefix).partition(":")
            if not owner.isdigit() or start_time(int(owner)) != started:
                left.append(pid)
    return left


def _marks() -> Iterator[tuple[int, bytes]]:
    wanted = f"{MARKER}=".encode()
    for entry in os.listdir(_PROC):
        if not entry.isdigit():
            continue
        try:
            raw = (_PROC / entry / "environ").read_bytes()
        except OSError:
            continue
        at = raw.find(wanted)
        if at == 0 or (at > 0 and raw[at - 1] == 0):
            yield int(entry), raw[at:].partition(b"\0")[0]


def descendants(pid: int) -> list[int]:
    """``pid`` and its children's children."""
    found, pending = [], [pid]
    while pending:
        current = pending.pop()
        found.append(current)
        try:
            for task in os.listdir(f"/proc/{current}/task"):
                text = Path(f"/proc/{current}/task/{task}/children").read_text()
                pending.extend(int(each) for each in text.split())
        except OSError:
            continue
    return found


class Children:
    """Starts processes and is the only one that waits for them."""

    def __init__(self) -> None:
        self._ended: dict[int, Callable[[ExitStatus], None]] = {}

    def spawn(
        self,
        command: str,
        environment: Mapping[str, str],
        on_exit: Callable[[ExitStatus], None],
        output: int | None = None,
    ) -> int:
        """Start ``sh -c command`` in a session of its own; returns its pid.

        ``output`` is the descriptor for its standard output and error; the supervisor's own
        when `None`. Raises `OSError`.
        """
        files: list[tuple[int, ...] | tuple[int, int, str, int, int]] = [
            (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0)
        ]
        if output is not None:
            files += [
                (os.POSIX_SPAWN_DUP2, output, 1),
                (os.POSIX_SPAWN_DUP2, output, 2),
            ]
        pid = os.posix_spawn(
            "/bin/sh",
            ["sh", "-c", command],
            dict(environment),
            file_actions=files,
            setsid=True,
            setsigmask=[],
            setsigdef=_DEFAULTED,
        )
        self._ended[pid] = on_exit
        return pid

    def reap(self) -> int:
        """Collect everything that has ended, orphans, too; returns how many."""
        count = 0
        while True:
            try:
                found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT | os.WNOHANG)
            except ChildProcessError:
                return count
            if found is None:
                return count
            os.waitpid(found.si_pid, 0)
            count += 1
            told = self._ended.pop(found.si_pid, None)
            if told is not None:
                told(_status(found))


def _status(found: os.waitid_result) -> ExitStatus:
    if found.si_code == os.CLD_EXITED:
        return ExitStatus(code=found.si_status)
    return ExitStatus(signal=found.si_status, core=found.si_code == os.CLD_DUMPED)


def group_lives(group: int) -> bool:
    """Whether the process group has a member."""
    return signal_group(group, 0)


def signal_group(group: int, number: int) -> bool:
    """Send a signal to a process group; whether somebody was there."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def signal_each(pids: list[int], number: int) -> None:
    """Send a signal to each of ``pids`` that still lives."""
    for pid in pids:
        try:
            os.kill(pid, number)
        except (ProcessLookupError, PermissionError):
            continue
