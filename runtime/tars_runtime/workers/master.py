"""The master: forks workers and the administrator, restarts what ends, stops all of it in order.

It runs no event loop and no threads, so that a fork is safe at any time. It waits for signals, for
words of its children and for the time of the next restart.
"""

from __future__ import annotations

import logging
import os
import selectors
import signal
import socket
import time
from collections.abc import Callable, Iterator
from typing import Final

from tars_runtime.workers.fork import STOPS, fork
from tars_runtime.workers.policy import Slot
from tars_runtime.workers.seats import ACTIVE, STOP, Desk, News, Seat, pair, send_news

__all__ = ["MARGIN", "Master"]

log = logging.getLogger("tars.server")

MARGIN: Final = 3.0
"""Seconds beyond the grace period after which a worker is killed."""
FAREWELL: Final = 2.0
"""Seconds that the administrator has for its last reports."""


class Master:
    """Runs ``count`` workers and one administrator until a signal or a child says stop."""

    def __init__(
        self,
        count: int,
        worker: Callable[[Seat], int],
        administrator: Callable[[Desk], int],
        grace: float,
    ) -> None:
        self._slots = [Slot(number) for number in range(1, count + 1)]
        self._worker = worker
        self._administrator = administrator
        self._grace = grace
        self._control: socket.socket | None = None
        self._admin_pid = 0
        self._selector = selectors.DefaultSelector()
        self._signals: list[int] = []
        self._all_served = False
        self._code: int | None = None
        """The exit code, once the server shall end."""

    def run(self) -> int:
        """Serve until told to stop; gives the exit code."""
        wakeup = self._catch_signals()
        try:
            self._start_administrator()
            while self._code is None:
                self._start_due()
                self._look(self._timeout())
            self._stop()
        finally:
            self._kill_all()
            signal.set_wakeup_fd(-1)
            wakeup.close()
            self._selector.close()
        return self._code

    def _catch_signals(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        for end in (ours, theirs):
            end.setblocking(False)
        signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
        self._selector.register(ours, selectors.EVENT_READ, (ours, theirs))
        for number in (*STOPS, signal.SIGCHLD):
            signal.signal(number, lambda caught, _: self._signals.append(caught))
        return ours

    def _timeout(self) -> float | None:
        waiting = [slot.due for slot in self._slots if slot.pid == 0]
        return max(0.0, min(waiting) - time.monotonic()) if waiting else None

    def _start_due(self) -> None:
        now = time.monotonic()
        for slot in self._slots:
            if slot.is_due(now):
                self._start_worker(slot, now)

    def _start_worker(self, slot: Slot, now: float) -> None:
        ours, theirs = pair()
        asking, asked = socket.socketpair()
        seat = Seat(slot.number, theirs, asked)
        drop = (ours, asking, *self._ours())
        pid = fork(lambda: self._worker(seat), drop)
        theirs.close()
        asked.close()
        slot.begin(pid, now)
        self._selector.register(ours, selectors.EVENT_READ, slot)
        self._tell(News("worker", slot.number, pid), asking)
        asking.close()
        log.info("worker %d starts, process %d", slot.number, pid)

    def _start_administrator(self) -> None:
        ours, theirs = pair()
        desk = Desk(theirs)
        drop = (ours, *self._ours())
        self._admin_pid = fork(lambda: self._administrator(desk), drop)
        theirs.close()
        self._control = ours
        self._selector.register(ours, selectors.EVENT_READ, None)

    def _ours(self) -> Iterator[socket.socket]:
        """Every end that a child must not hold."""
        for key in self._selector.get_map().values():
            ends = key.data if isinstance(key.data, tuple) else (key.fileobj,)
            yield from (end for end in ends if isinstance(end, socket.socket))

    def _look(self, timeout: float | None) -> None:
        """Wait for something, and take note of it."""
        for key, _ in self._selector.select(timeout):
            if isinstance(key.data, tuple):
                key.data[0].recv(4096)
            elif isinstance(key.fileobj, socket.socket):
                self._hear(key.fileobj, key.data)
        self._reap()
        stops = [number for number in self._signals if number != signal.SIGCHLD]
        self._signals.clear()
        for number in stops:
            self._asked_to_stop(number)

    def _asked_to_stop(self, number: int) -> None:
        name = signal.Signals(number).name
        if self._code is not None:
            log.warning("the server ends at once: a second %s", name)
            self._kill_all()
            os._exit(128 + number)
        log.info("the server stops: %s", name)
        self._code = 0

    def _hear(self, end: socket.socket, slot: Slot | None) -> None:
        try:
            word = end.recv(16)
        except OSError:
            word = b""
        if not word:
            self._selector.unregister(end)
            end.close()
        elif word == STOP and self._code is None:
            log.info("the server stops: a child process asks for it")
            self._code = 0
        elif word == ACTIVE and slot is not None:
            slot.has_served = True
            if not self._all_served and all(s.has_served for s in self._slots):
                self._all_served = True
                log.info("all %d workers serve", len(self._slots))
                self._tell(News("active"))

    def _reap(self) -> None:
        for slot in self._slots:
            if slot.pid and (code := _ended(slot.pid)) is not None:
                self._worker_ended(slot, code)
        if self._admin_pid and (code := _ended(self._admin_pid)) is not None:
            self._admin_pid = 0
            if self._code is None:
                log.error("the administrator ended with %d: the server stops", code)
                self._code = code if code > 0 else 1

    def _worker_ended(self, slot: Slot, code: int) -> None:
        pid = slot.pid
        wait = slot.end(time.monotonic())
        self._tell(News("gone", slot.number, pid))
        if self._code is not None:
            return
        if not self._all_served:
            log.error(
                "worker %d ended with %d before it served: the server stops",
                slot.number,
                code,
            )
            self._code = code if code > 0 else 1
            return
        log.warning(
            "worker %d, process %d, ended with %d: the next starts in %g s",
            slot.number,
            pid,
            code,
            wait,
        )

    def _stop(self) -> None:
        """Workers first, so that the admin object answers until the last one has ended."""
        self._tell(News("stopping"))
        for slot in self._slots:
            _send(slot.pid, signal.SIGTERM)
        self._wait_until(
            lambda: not any(slot.pid for slot in self._slots), self._grace + MARGIN
        )
        for slot in self._slots:
            if slot.pid:
                log.error("worker %d did not end in time: killed", slot.number)
                _send(slot.pid, signal.SIGKILL)
        self._tell(News("end"))
        self._wait_until(lambda: not self._admin_pid, FAREWELL)

    def _wait_until(self, done: Callable[[], bool], seconds: float) -> None:
        limit = time.monotonic() + seconds
        while not done() and (left := limit - time.monotonic()) > 0:
            self._look(left)

    def _kill_all(self) -> None:
        for pid in (*(slot.pid for slot in self._slots), self._admin_pid):
            _send(pid, signal.SIGKILL)

    def _tell(self, news: News, channel: socket.socket | None = None) -> None:
        if self._control is not None:
            send_news(self._control, news, channel)


def _ended(pid: int) -> int | None:
    """The exit code of a child that has ended; minus the signal's number when killed."""
    try:
        ended, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return 1
    return os.waitstatus_to_exitcode(status) if ended else None


def _send(pid: int, number: int) -> None:
    if pid:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
