"""A server of several worker processes: one port, one admin object, restarts, stops."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import threading
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest
from Demo import GreeterBlocking, GreeterOneWay, Greeting
from farm import NodeStub, alive, config, free_port, node, serving, start, until
from greeter import NAME
from tars_runtime.communicator import Communicator
from tars_runtime.errors import CallError
from tars_runtime.interfaces.tars import AdminFBlocking, ServerInfo
from tars_runtime.workers.policy import Slot, pause


def test_workers_share_a_port_and_a_command_reaches_all(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        workers = server.workers()
        assert server.process.pid not in workers
        seen = {server.greet() for _ in range(40)}
        assert seen <= workers
        assert len(seen) > 1

        assert server.admin("same") == "all alike"
        assert server.admin("who").count("[worker ") == 3
        assert server.admin("tars.setloglevel ERROR") == "set log level [ERROR] ok"
        assert "tars.drainstatus" in server.admin("tars.help")
        assert server.admin("nonsense").startswith("expected a command, got 'nonsense'")
        with Communicator() as client:
            proxy = client.proxy(AdminFBlocking, server.admin_object)
            assert proxy.getPid() == server.process.pid

        server.process.terminate()
        _, err = server.process.communicate(timeout=10)
        assert (server.process.returncode, err) == (0, "")
        assert not any(map(alive, workers))


def test_drainstatus_is_the_sum(tmp_path: Path) -> None:
    with serving(tmp_path) as server, Communicator() as client:
        one = client.proxy(GreeterBlocking, server.endpoint)
        one.greet(Greeting())
        with Communicator() as other:
            two = other.proxy(GreeterBlocking, server.endpoint)
            two.greet(Greeting())
            status = json.loads(server.admin("tars.drainstatus"))
            assert status["connections"] == 2
            assert status["inflight"] == 0
            assert 0 <= status["idle_ms"] < 10_000


def test_metrics_are_the_sum(tmp_path: Path) -> None:
    port = free_port()
    with serving(tmp_path, f"metrics_port={port}") as server:
        for _ in range(8):
            server.greet()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as page:
            text = page.read().decode()
        labels = f'code="0",function="greet",object="{NAME}"'
        assert f"tars_server_requests_total{{{labels}}} 8.0" in text
        assert re.search(r"tars_server_processes\{.*\} 3.0", text)


def test_metrics_of_the_program_itself_are_added_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = tmp_path / "prometheus"
    shared.mkdir()
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(shared))
    port = free_port()
    with serving(tmp_path, f"metrics_port={port}") as server:
        assert len({server.greet() for _ in range(20)}) > 1
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as page:
            assert "greetings_total 20.0" in page.read().decode()


def test_a_udp_port_is_shared_too(tmp_path: Path) -> None:
    with serving(tmp_path, transport="udp") as server:
        assert {server.greet() for _ in range(10)} <= server.workers()


@pytest.mark.parametrize("how", ["die", "exit"])
def test_a_worker_that_ends_is_replaced(tmp_path: Path, how: str) -> None:
    with serving(tmp_path) as server:
        before = server.workers()
        with suppress(CallError):
            server.greet(how)
        until("another worker", lambda: len(server.workers() - before) == 1)
        until("three workers", lambda: len(server.workers()) == 3)
        assert len(server.workers() & before) == 2
        assert server.process.poll() is None


def test_a_new_worker_is_told_what_was_changed(tmp_path: Path) -> None:
    with serving(tmp_path, "logLevel=INFO") as server:
        assert server.admin("level") == "INFO"
        server.admin("tars.setloglevel ERROR")
        server.admin("tars.setloglevel DEBUG")
        before = server.workers()
        os.kill(next(iter(before)), signal.SIGKILL)
        until("three workers", lambda: len(server.workers()) == 3)
        until("one level", lambda: server.admin("level") == "DEBUG")


def test_the_node_hears_of_adapters_that_live_in_all_workers(tmp_path: Path) -> None:
    heard: list[tuple[str, int]] = []
    beats = threading.Event()

    class Node(NodeStub):
        async def keepAlive(self, serverInfo: ServerInfo) -> int:
            heard.append((serverInfo.adapter, serverInfo.pid))
            if len(heard) >= 4:
                beats.set()
            return 0

    with node(Node()) as endpoint:
        extra = f"node=tars.tarsnode.ServerObj@{endpoint}\nmainloopticker=1000"
        with serving(tmp_path, extra) as server:
            assert beats.wait(10)
    assert set(heard) == {
        ("GreeterObjAdapter", server.process.pid),
        ("AdminAdapter", server.process.pid),
    }


def test_a_worker_that_hangs_is_killed_and_replaced(tmp_path: Path) -> None:
    with serving(tmp_path, "worker-timeout=1000") as server:
        before = server.workers()
        with Communicator() as client:
            proxy = client.proxy(GreeterOneWay, server.endpoint)
            client.blocking.run(proxy.greet(Greeting(name="block")))
            until("the hung one gone", lambda: sum(map(alive, before)) == 2)
        until("three workers", lambda: len(server.workers()) == 3)
        assert "gave no answer for 1 s: it is killed" in server.log.read_text()


def test_a_stop_finishes_what_is_in_flight(tmp_path: Path) -> None:
    with serving(tmp_path) as server, Communicator() as client:
        greeter = client.proxy(GreeterBlocking, server.endpoint)
        assert greeter.greet(Greeting()).ret
        answers: list[int] = []
        caller = threading.Thread(
            target=lambda: answers.append(greeter.greet(Greeting(name="slow")).ret)
        )
        caller.start()
        until("the call to begin", lambda: "slow begins" in server.log.read_text())
        server.process.terminate()
        caller.join(10)
        assert len(answers) == 1
        assert server.process.wait(10) == 0


def test_a_servant_can_stop_the_whole_server(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        workers = server.workers()
        server.greet("stop")
        assert server.process.wait(10) == 0
        assert not any(map(alive, workers))


def test_the_admin_object_stops_the_whole_server(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        with Communicator() as client:
            client.proxy(AdminFBlocking, server.admin_object).shutdown()
        assert server.process.wait(10) == 0


def test_a_second_signal_ends_all_at_once(tmp_path: Path) -> None:
    with (
        serving(tmp_path, "gracedowntimeout=60000") as server,
        Communicator() as client,
    ):
        workers = server.workers()
        proxy = client.proxy(GreeterOneWay, server.endpoint)
        client.blocking.run(proxy.rest())
        until(
            "a call in flight",
            lambda: json.loads(server.admin("tars.drainstatus"))["inflight"] == 1,
        )
        server.process.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            server.process.wait(0.5)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(5) == 128 + signal.SIGTERM
        until("no worker", lambda: not any(map(alive, workers)))


def test_a_dead_master_leaves_nobody(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        workers = server.workers()
        server.process.kill()
        until("no worker", lambda: not any(map(alive, workers)))


def test_without_its_administrator_the_server_ends(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        workers = server.workers()
        (administrator,) = server.children() - workers
        os.kill(administrator, signal.SIGKILL)
        assert server.process.wait(10) == 1
        assert not any(map(alive, workers))
        assert "the administrator ended with -9" in server.log.read_text()


def test_workers_that_cannot_start_end_the_server(tmp_path: Path) -> None:
    with start(config(tmp_path, free_port()), "broken") as process:
        _, err = process.communicate(timeout=15)
    assert process.returncode == 1
    assert "ValueError: cannot start" in err


@pytest.mark.parametrize("which", ["admin", "adapter"])
def test_a_taken_port_is_one_line(tmp_path: Path, which: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ports = {"admin": port} if which == "admin" else {"admin": 0, "port": port}
        with start(config(tmp_path, **ports)) as process:
            _, err = process.communicate(timeout=15)
    assert process.returncode == 2
    assert err.startswith(f"Demo.HelloServer: expected to listen on 127.0.0.1:{port}")
    assert err.count("\n") == 1


def test_restarts_back_off() -> None:
    assert [pause(n) for n in range(1, 10)] == [0, 1, 2, 4, 8, 16, 32, 60, 60]
    slot = Slot(1)
    for number, expected in enumerate([0, 1, 2, 4]):
        slot.begin(100 + number, now=0.0)
        slot.has_served = True
        assert slot.end(now=5.0) == expected
        assert slot.is_due(5.0 + expected)
        assert not slot.is_due(4.9 + expected)
    slot.begin(200, now=10.0)
    slot.has_served = True
    assert slot.end(now=21.0) == 0
