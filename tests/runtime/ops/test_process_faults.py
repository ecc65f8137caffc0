"""What happens to workers, and to those who call them, when processes are killed or hang."""

from __future__ import annotations

import os
import signal
import socket
import threading
from pathlib import Path

import pytest
from Demo import GreeterBlocking, GreeterOneWay, Greeting
from farm import Server, alive, serving, until
from tars_runtime.communicator import Communicator
from tars_runtime.errors import ConnectError


class Caller:
    """A client that has a connection to one worker."""

    def __init__(self, server: Server) -> None:
        self._client = Communicator(call_timeout=10.0)
        self._greeter = self._client.proxy(GreeterBlocking, server.endpoint)
        self._thread: threading.Thread | None = None
        self.outcome: int | BaseException | None = None
        self.pid = self.greet("Ann")

    def greet(self, name: str) -> int:
        return self._greeter.greet(Greeting(name=name)).ret

    def begin(self, name: str) -> None:
        def call() -> None:
            try:
                self.outcome = self.greet(name)
            except BaseException as error:
                self.outcome = error

        self._thread = threading.Thread(target=call)
        self._thread.start()

    def end(self) -> int | BaseException | None:
        assert self._thread is not None
        self._thread.join(15)
        self._client.close_blocking()
        return self.outcome


def begun(server: Server, times: int = 1) -> bool:
    return server.log.read_text().count("slow begins") >= times


def test_kill_9_of_a_worker_fails_its_calls_at_once_and_no_others(
    tmp_path: Path,
) -> None:
    with serving(tmp_path) as server:
        callers = [Caller(server) for _ in range(12)]
        victim = callers[0].pid
        for each in callers:
            each.begin("slow")
        until("calls in all of them", lambda: begun(server, 12))
        os.kill(victim, signal.SIGKILL)
        for each in callers:
            outcome = each.end()
            if each.pid == victim:
                assert isinstance(outcome, ConnectError)
            else:
                assert outcome == each.pid
        until("three workers", lambda: len(server.workers()) == 3)
        assert victim not in server.workers()
        assert "ended with -9" in server.log.read_text()


def test_a_worker_that_is_told_to_end_finishes_and_is_replaced(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        caller = Caller(server)
        caller.begin("slow")
        until("a call in flight", lambda: begun(server))
        os.kill(caller.pid, signal.SIGTERM)
        assert caller.end() == caller.pid
        until("it is gone", lambda: not alive(caller.pid))
        until("three workers", lambda: len(server.workers()) == 3)
        assert server.process.poll() is None


def test_a_new_worker_has_read_the_settings_that_were_read_again(
    tmp_path: Path,
) -> None:
    before, after = "sync-invoke-timeout=1000", "sync-invoke-timeout=7000"
    client = f"</server>\n<client>\n{before}\n</client>\n<server>"
    with serving(tmp_path, client) as server:
        assert "call_timeout: 1 s" in server.admin("tars.viewstatus")
        path = tmp_path / "server.conf"
        path.write_text(path.read_text().replace(before, after))
        assert "call_timeout: 7.0" in server.admin("tars.loadproperty")
        os.kill(next(iter(server.workers())), signal.SIGKILL)
        until("three workers", lambda: len(server.workers()) == 3)
        until(
            "the same settings",
            lambda: "call_timeout: 1 s" not in server.admin("tars.viewstatus"),
        )


def test_calls_are_finished_when_the_master_is_killed(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        workers = server.workers()
        caller = Caller(server)
        caller.begin("slow")
        until("a call in flight", lambda: begun(server))
        server.process.kill()
        assert caller.end() == caller.pid
        until("no worker", lambda: not any(map(alive, workers)))


def test_not_even_a_worker_that_hangs_outlives_its_master(tmp_path: Path) -> None:
    """It would keep the port, and the server could not be started again."""
    with serving(tmp_path, "gracedowntimeout=500") as server, Communicator() as client:
        workers = server.workers()
        proxy = client.proxy(GreeterOneWay, server.endpoint)
        port = int(server.endpoint.split("-p ")[1].split()[0])
        client.blocking.run(proxy.greet(Greeting(name="block")))
        until("it hangs", lambda: "blocks" in server.log.read_text())
        server.process.kill()
        until("no worker", lambda: not any(map(alive, workers)))
        with socket.create_server(("127.0.0.1", port)):
            pass


@pytest.mark.parametrize("signals", [1, 2])
def test_a_stop_is_bounded_also_when_a_worker_hangs(
    tmp_path: Path, signals: int
) -> None:
    with serving(tmp_path, "gracedowntimeout=500") as server, Communicator() as client:
        workers = server.workers()
        proxy = client.proxy(GreeterOneWay, server.endpoint)
        client.blocking.run(proxy.greet(Greeting(name="block")))
        until("it hangs", lambda: "blocks" in server.log.read_text())
        for _ in range(signals):
            server.process.terminate()
            until("it stops", lambda: "stops" in server.log.read_text())
        code = server.process.wait(10)
        assert code == (0 if signals == 1 else 128 + signal.SIGTERM)
        until("no worker", lambda: not any(map(alive, workers)))
