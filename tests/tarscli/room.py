"""A ``TARS_PATH`` with a server in it, and the commands run there as a user runs them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tarscli.layout import Layout

from tests.tarscli.warm import Running, warm_interpreter

SERVER = Path(__file__).with_name("fake_server.py")
META = """\
version: v1
application: Demo
server: HelloServer
adapters:
  - object: HelloObj
"""
START = f'#!/bin/sh\nexec {sys.executable} {SERVER} --config="$TARS_CONFIG"\n'
QUICK = {
    "TARS_CHECK_INTERVAL": "200ms",
    "TARS_REPORT_INTERVAL": "1s",
    "TARS_CHECK_RETRY_TIMEOUT": "200ms",
    "TARS_PRESTOP_WAITTIME": "0s",
    "TARS_GRACE_PERIOD": "20s",
}
"""Intervals of tests: the behaviour is the same, sooner."""


class Supervisor:
    """A running ``tarscli supervisor``."""

    def __init__(self, room: Room, process: Running) -> None:
        self.room = room
        self.process = process

    def word(self) -> str:
        try:
            return self.room.layout.status.read_text()
        except OSError:
            return ""

    def wait_word(self, word: str, timeout: float = 20.0) -> None:
        wait_until(lambda: self.word() == word, f"{word}, is {self.word()}", timeout)

    def status(self) -> dict[str, Any]:
        done = self.room.run("status", "-o", "json")
        return dict(json.loads(done.stdout))

    def stop(self, number: int = signal.SIGTERM, timeout: float = 30.0) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout)

    def said(self) -> str:
        return self.room.layout.supervisor_log.read_text()


class Room:
    """One server's directory and environment."""

    def __init__(self, root: Path, locator: str, *, meta: str = META) -> None:
        self.root = root
        self.layout = Layout(root)
        self.events_file = root / "events"
        self.layout.bin.mkdir(parents=True)
        self.layout.meta.write_text(meta)
        self.script(START)
        kept = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
        self.environment = {
            **kept,
            **QUICK,
            "TARS_PATH": str(root),
            "POD_IP": "127.0.0.1",
            "TARS_LOCATOR": locator,
            "TARS_TERMINATION_LOG": str(root / "termination"),
            "FAKE_EVENTS": str(self.events_file),
        }
        self._stdout, self._stderr = root / "stdout", root / "stderr"
        self.running: list[Supervisor] = []

    def script(self, text: str) -> None:
        self.layout.start_script.write_text(text)
        self.layout.start_script.chmod(0o755)

    def run(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return warm_interpreter().run(words, {**self.environment, **environment})

    def supervise(self, **environment: str) -> Supervisor:
        """Start a supervisor from an interpreter that is loaded."""
        given = {**self.environment, **environment}
        with self._stdout.open("wb") as out, self._stderr.open("wb") as err:
            process = warm_interpreter().start(["supervisor"], given, out, err)
        return self._kept(process)

    def supervise_cold(self, **environment: str) -> Supervisor:
        """Start a supervisor as a container does."""
        given = {**self.environment, **environment}
        words = [sys.executable, "-m", "tarscli", "supervisor"]
        with self._stdout.open("wb") as out, self._stderr.open("wb") as err:
            process = subprocess.Popen(words, env=given, stdout=out, stderr=err)
        return self._kept(process)

    def _kept(self, process: Running) -> Supervisor:
        started = Supervisor(self, process)
        self.running.append(started)
        return started

    def events(self) -> list[str]:
        if not self.events_file.exists():
            return []
        return self.events_file.read_text().splitlines()

    def wait_event(self, text: str, count: int = 1, timeout: float = 20.0) -> None:
        def seen() -> bool:
            return sum(each.startswith(text) for each in self.events()) >= count

        wait_until(seen, f"event {text} × {count}, got {self.events()}", timeout)

    def server_pids(self) -> list[int]:
        return [
            int(each.split()[1]) for each in self.events() if each.startswith("start ")
        ]

    def close(self) -> None:
        for each in self.running:
            if each.process.poll() is None:
                each.process.kill()
                each.process.wait(10)
        for pid in self.server_pids():
            kill(pid)


def wait_until(condition: Callable[[], bool], what: str, timeout: float = 20.0) -> None:
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, f"expected {what}"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return text.rpartition(")")[2].split()[0] != "Z"


def kill(pid: int) -> None:
    try:
        if str(SERVER) in Path(f"/proc/{pid}/cmdline").read_bytes().decode():
            os.kill(pid, signal.SIGKILL)
    except OSError:
        return


def environment_of(pid: int) -> Mapping[str, str]:
    raw = Path(f"/proc/{pid}/environ").read_bytes().decode()
    return dict(each.split("=", 1) for each in raw.split("\0") if "=" in each)
