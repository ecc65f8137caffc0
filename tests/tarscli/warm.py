"""An interpreter that has loaded tarscli, and is copied for each command that a test runs.

A test sees what a user sees: processes, exit codes, output, files. It does not pay for the start
of Python and its imports, which is most of a command's time. What is about that start begins as
``python -m tarscli`` all the same: the probe, process 1, a whole life in ``test_supervisor.py``.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Mapping, Sequence
from typing import IO, Any, NoReturn, Protocol

__all__ = ["Running", "WarmInterpreter", "close_warm_interpreter", "warm_interpreter"]

LONGEST = 60.0
"""Seconds of a command."""


class Running(Protocol):
    """What tests need of a process, warm or not."""

    pid: int

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...

    def send_signal(self, sig: int) -> None: ...

    def kill(self) -> None: ...


class Copy:
    """A running copy of the interpreter; as `subprocess.Popen` in what tests need of it."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        with line.makefile("rb", buffering=0) as answers:
            self.pid = int(answers.readline())
        self._code: int | None = None

    def poll(self) -> int | None:
        """The exit code, or `None` while it runs."""
        return self._code if self._code is not None else self._read(0.0)

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, once it has ended; raises `TimeoutError`."""
        seconds = LONGEST if timeout is None else timeout
        code = self._code if self._code is not None else self._read(seconds)
        if code is None:
            raise TimeoutError(f"process {self.pid} did not end within {seconds:g} s")
        return code

    def send_signal(self, sig: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, sig)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _read(self, timeout: float) -> int | None:
        if not select.select([self._line], [], [], timeout)[0]:
            return None
        with self._line:
            self._code = int(self._line.recv(16))
        return self._code


class WarmInterpreter:
    """The parent of all commands, in a process of its own."""

    def __init__(self) -> None:
        self._name = f"\0tarscli-tests-{os.getpid()}"
        listener = socket.socket(socket.AF_UNIX)
        with listener:
            listener.bind(self._name)
            listener.listen(64)
            self._process = subprocess.Popen(
                [sys.executable, __file__, str(listener.fileno())],
                pass_fds=[listener.fileno()],
                stdin=subprocess.DEVNULL,
                env={key: os.environ[key] for key in ("PATH",) if key in os.environ},
            )

    def run(
        self, words: Sequence[str], environment: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """Run ``tarscli`` with ``words``; raises `TimeoutError` after a minute."""
        with (
            tempfile.TemporaryFile("w+") as out,
            tempfile.TemporaryFile("w+") as err,
        ):
            code = self.start(words, environment, out, err).wait()
            out.seek(0)
            err.seek(0)
            return subprocess.CompletedProcess(
                ["tarscli", *words], code, out.read(), err.read()
            )

    def start(
        self,
        words: Sequence[str],
        environment: Mapping[str, str],
        out: IO[Any],
        err: IO[Any],
    ) -> Copy:
        """Start ``tarscli`` with ``words``, and its output in ``out`` and ``err``."""
        request = json.dumps({"words": list(words), "environment": dict(environment)})
        line = socket.socket(socket.AF_UNIX)
        line.connect(self._name)
        socket.send_fds(line, [request.encode() + b"\n"], [out.fileno(), err.fileno()])
        return Copy(line)

    def close(self) -> None:
        """End the parent; commands that run are not touched."""
        self._process.kill()
        self._process.wait(10)


_MADE: list[WarmInterpreter] = []
_MAKING = threading.Lock()


def warm_interpreter() -> WarmInterpreter:
    """The one of this test run; for any thread."""
    with _MAKING:
        if not _MADE:
            _MADE.append(WarmInterpreter())
        return _MADE[0]


def close_warm_interpreter() -> None:
    """End it, if any test wanted it."""
    while _MADE:
        _MADE.pop().close()


def _serve(listener: socket.socket) -> NoReturn:
    import tarscli

    for each in pkgutil.walk_packages(tarscli.__path__, "tarscli."):
        if not each.name.endswith("__main__"):
            importlib.import_module(each.name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        line, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            _watch(line)
        line.close()


def _watch(line: socket.socket) -> NoReturn:
    """Start a command, tell its process number, wait for its end, tell its exit code."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    raw, descriptors, _, _ = socket.recv_fds(line, 1 << 20, 2)
    while not raw.endswith(b"\n"):
        raw += line.recv(1 << 20)
    pid = os.fork()
    if pid == 0:
        line.close()
        os._exit(_command(json.loads(raw), descriptors))
    line.sendall(f"{pid}\n".encode())
    for each in descriptors:
        os.close(each)
    _, status = os.waitpid(pid, 0)
    line.sendall(str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def _command(request: dict[str, Any], descriptors: Sequence[int]) -> int:
    from tarscli.entry import main

    for number, descriptor in enumerate(descriptors, 1):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv = ["tarscli", *request["words"]]
    try:
        code = main()
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return code


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
