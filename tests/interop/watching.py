"""A client that calls all the time, and what it says: who answered, and what failed."""

from __future__ import annotations

import subprocess
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from tests.interop.peers import Peer, stop

__all__ = ["Watch", "watching"]

PATIENCE = 45.0
"""Seconds; TarsJava looks for news up to half a minute after a change, the others within five."""
STEADY = 40
"""Answers in a row that make a change certain."""


class Watch:
    """What a watching client has said so far."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.failures: list[str] = []
        self.remarks: list[str] = []
        """What its library's log told besides."""
        self._answers: deque[str] = deque(maxlen=STEADY)
        self._news = threading.Condition()
        self._process = process
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def close(self) -> None:
        """End the client and the reading of what it says."""
        self._process.kill()
        self._reader.join()
        stop(self._process)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in map(str.strip, self._process.stdout):
            with self._news:
                if line.startswith("who "):
                    self._answers.append(line.removeprefix("who "))
                elif line.startswith("error "):
                    self._answers.append(line)
                    self.failures.append(line)
                else:
                    self.remarks.append(line)
                self._news.notify()

    def until(self, *names: str) -> None:
        """Wait until the last answers came from these servers, from each of them, and no other."""

        def steady() -> bool:
            return len(self._answers) == STEADY and set(self._answers) == set(names)

        with self._news:
            seen = self._news.wait_for(steady, PATIENCE)
            assert seen, (names, list(self._answers), self.failures)

    def until_remark(self, text: str, patience: float = 5.0) -> None:
        """Wait until the library's log has told this."""

        def told() -> bool:
            return any(text in remark for remark in self.remarks)

        with self._news:
            assert self._news.wait_for(told, patience), (text, self.remarks)


@contextmanager
def watching(peer: Peer, target: str, **options: str) -> Iterator[Watch]:
    """A client of ``target`` that watches until the end of the block."""
    words = ["watch", "--object", target, "--seconds", "90"]
    for name, text in options.items():
        words += [f"--{name}", text]
    watch = Watch(peer.start(words))
    try:
        yield watch
    finally:
        watch.close()
