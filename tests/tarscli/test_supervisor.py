"""``tarscli supervisor`` as a black box: a fake registry, a fake server, real sockets."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

import pytest
from tarscli.info import load_info

from tests.tarscli.fake_registry import FakeRegistry
from tests.tarscli.room import START, Room, alive, environment_of, wait_until


def test_the_whole_life_of_a_server(room: Room, registry: FakeRegistry) -> None:
    supervisor = room.supervise_cold(SERVER_VERSION="v7")
    registry.wait_for(
        "onStartup activating", "keepAlive activating", "keepAlive active"
    )
    supervisor.wait_word("active")
    assert room.run("hzcheck").returncode == 0
    (startup,) = (each for _, name, each, _ in registry.calls if name == "onStartup")
    (adapter,) = startup.adapters
    assert (startup.nodeName, startup.application, startup.server) == (
        "127.0.0.1",
        "Demo",
        "HelloServer",
    )
    assert (startup.Version, startup.disableFlow, startup.setID) == ("v7", False, "")
    assert adapter.servant == "Demo.HelloServer.HelloObj"
    assert (adapter.protocol, adapter.maxConns, adapter.threadNum) == (
        "tars",
        200000,
        5,
    )
    assert (adapter.queueCap, adapter.queueTimeout) == (10000, 60000)
    assert adapter.endpoint == load_info(room.layout.info).servants[0][1].endpoint
    registry.wait_for("notify server version: v7")

    done = room.run("notify", "tars.setloglevel", "DEBUG")
    assert (done.returncode, done.stdout) == (
        0,
        "notify succ:set log level [DEBUG] ok\n",
    )

    done = room.run("prestop", "--strict")
    assert done.returncode == 0, done.stderr
    registry.wait_for("keepAlive deactivating", "onPrestop")
    assert supervisor.word() == "deactivating"
    assert "notify prestop" in room.events()
    assert room.run("hzcheck").returncode == 0

    (server,) = room.server_pids()
    assert supervisor.stop() == 0
    assert room.events()[-2:] == ["shutdown", "end"]
    assert not alive(server)
    assert not room.layout.socket.exists()
    assert registry.names().count("onPrestop") == 1
    after = registry.names()[registry.names().index("keepAlive deactivating") :]
    assert not [each for each in after if each == "keepAlive active"]


def test_sigterm_alone_drains_deregisters_and_stops(
    room: Room, registry: FakeRegistry
) -> None:
    supervisor = room.supervise()
    supervisor.wait_word("active")
    assert supervisor.stop() == 0
    registry.wait_for("keepAlive deactivating", "onPrestop")
    assert room.events()[-2:] == ["shutdown", "end"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGQUIT])
def test_other_stopping_signals_drain_too(
    room: Room, registry: FakeRegistry, number: signal.Signals
) -> None:
    supervisor = room.supervise()
    supervisor.wait_word("active")
    assert supervisor.stop(number) == 0
    registry.wait_for("onPrestop")


def test_the_end_waits_for_the_work_that_goes_on(
    room: Room, registry: FakeRegistry
) -> None:
    supervisor = room.supervise(FAKE_LINGER="0.5")
    supervisor.wait_word("active")
    began = time.monotonic()
    assert supervisor.stop() == 0
    assert time.monotonic() - began >= 0.5
    assert room.events()[-1] == "end"


def test_a_deaf_server_is_killed_inside_the_grace_period(
    room: Room, registry: FakeRegistry
) -> None:
    supervisor = room.supervise(FAKE_DEAF="1", TARS_GRACE_PERIOD="6500ms")
    supervisor.wait_word("active")
    began = time.monotonic()
    assert supervisor.stop() == 0
    assert time.monotonic() - began < 6.5
    assert not alive(room.server_pids()[0])


def test_a_second_signal_does_not_wait_for_the_drain(
    room: Room, registry: FakeRegistry
) -> None:
    supervisor = room.supervise(TARS_PRESTOP_WAITTIME="60s", TARS_GRACE_PERIOD="90s")
    supervisor.wait_word("active")
    supervisor.process.send_signal(signal.SIGTERM)
    registry.wait_for("keepAlive deactivating")
    assert supervisor.stop(timeout=15) == 0
    registry.wait_for("onPrestop")


def test_the_server_starts_and_serves_before_the_registry_answers(
    room: Room, registry: FakeRegistry
) -> None:
    registry.mode = "mute"
    supervisor = room.supervise()
    room.wait_event("listening", timeout=5)
    wait_until(lambda: room.run("status").returncode == 0, "an answer")
    wait_until(lambda: supervisor.status()["reported"] == "active", "active")
    assert supervisor.word() == "activating"
    assert room.run("hzcheck").stderr == "not active:activating\n"
    assert room.run("hzcheck", "--live").returncode == 0
    registry.mode = "ok"
    supervisor.wait_word("active")


def test_ready_without_registry_and_the_old_order(
    room: Room, registry: FakeRegistry
) -> None:
    registry.mode = "refuse"
    supervisor = room.supervise(TARS_READY_WITHOUT_REGISTRY="1")
    supervisor.wait_word("active")
    assert supervisor.stop() == 0
    started, tried = len(room.server_pids()), len(registry.calls)
    registry.mode = "mute-calls"
    supervisor = room.supervise(TARS_REQUIRE_REGISTRY="1")
    wait_until(lambda: "onStartup activating" in registry.names()[tried:], "a try")
    assert len(room.server_pids()) == started
    registry.mode = "ok"
    supervisor.wait_word("active")


def test_a_server_that_ends_is_reported_and_started_again(
    room: Room, registry: FakeRegistry
) -> None:
    supervisor = room.supervise()
    supervisor.wait_word("active")
    os.kill(room.server_pids()[0], signal.SIGKILL)
    registry.wait_for("keepAlive active", "keepAlive inactive", "keepAlive active")
    assert len(room.server_pids()) == 2
    (
        registry.wait_for(
            "notify [alarm] server down: signal 9; started again in 1.0 s"
        )
        if ("started again in 1.0 s" in supervisor.said())
        else None
    )
    registry.wait_until(
        lambda: any(
            each.startswith("notify [alarm] server down: signal 9; started again in")
            for each in registry.names()
        ),
        "the alarm",
    )
    assert supervisor.status()["starts"] == 2


def test_it_hands_over_with_the_servers_code(
    room: Room, registry: FakeRegistry
) -> None:
    (room.root / "termination").touch()
    supervisor = room.supervise(FAKE_EXIT="7", TARS_RESTART_MAX="2")
    assert supervisor.process.wait(30) == 7
    assert len(room.server_pids()) == 2
    words = (room.root / "termination").read_text()
    assert words == "[alarm] server down: exit code 7; 2 ends, handing over\n"
    assert room.layout.start_log.read_bytes() == b"fake server speaks\n"


def test_a_policy_of_never(room: Room, registry: FakeRegistry) -> None:
    supervisor = room.supervise(FAKE_EXIT="0", TARS_RESTART_POLICY="on-failure")
    assert supervisor.process.wait(30) == 0


def test_data_stop_and_the_orders(room: Room, registry: FakeRegistry) -> None:
    supervisor = room.supervise()
    supervisor.wait_word("active")
    done = room.run("stop")
    assert done.returncode == 0, done.stderr
    assert room.layout.stop.exists()
    assert not alive(room.server_pids()[0])
    assert supervisor.status()["held"] is True
    supervisor.wait_word("inactive")
    assert room.run("start").returncode == 0
    assert not room.layout.stop.exists()
    supervisor.wait_word("active")
    assert room.run("restart").returncode == 0
    room.wait_event("start", count=3)
    room.layout.stop.touch()
    wait_until(lambda: supervisor.status()["held"], "held")
    os.kill(room.server_pids()[-1], signal.SIGKILL)
    supervisor.wait_word("inactive")
    room.layout.stop.unlink()
    supervisor.wait_word("active")
    room.wait_event("start", count=4)


def test_the_orders_need_a_supervisor(room: Room) -> None:
    done = room.run("status")
    assert done.returncode == 1
    assert "no supervisor listens" in done.stderr


def test_the_server_gets_its_config_and_limits_and_keeps_its_signals(
    room: Room, registry: FakeRegistry
) -> None:
    supervisor = room.supervise(GOMAXPROCS="3")
    room.wait_event("listening")
    (server,) = room.server_pids()
    environment = environment_of(server)
    assert environment["TARS_CONFIG"] == str(room.layout.config("HelloServer"))
    assert environment["GOMAXPROCS"] == "3"
    assert environment["TARS_CPU_LIMIT"].isdigit()
    status = Path(f"/proc/{server}/status").read_text()
    masks = dict(
        line.split(":\t") for line in status.splitlines() if line.startswith("Sig")
    )
    assert int(masks["SigBlk"], 16) == 0
    assert os.getsid(server) != os.getsid(supervisor.process.pid)
    for number in (signal.SIGHUP, signal.SIGUSR1):
        supervisor.process.send_signal(number)
        room.wait_event(number.name)


def test_output_goes_to_stdout_as_it_comes_and_to_rolled_logs(
    room: Room, registry: FakeRegistry
) -> None:
    room.layout.log.mkdir()
    room.layout.start_log.write_text("of the run before")
    supervisor = room.supervise()
    supervisor.wait_word("active")
    wait_until(
        lambda: (room.root / "stdout").read_bytes() == b"fake server speaks\n", "output"
    )
    assert room.layout.start_log.read_text() == "fake server speaks\n"
    assert (room.layout.log / "start.log.1").read_text() == "of the run before"


def test_it_registers_again_when_the_registry_does_not_know_it(
    room: Room, registry: FakeRegistry
) -> None:
    supervisor = room.supervise()
    supervisor.wait_word("active")
    registry.mode = "forget"
    registry.wait_for("onStartup activating", "onStartup active", timeout=20)
    registry.mode = "ok"


def test_beats_and_their_context(room: Room, registry: FakeRegistry) -> None:
    registry.reply_context = {"secret": "s"}
    supervisor = room.supervise(POD_UID="uid")
    supervisor.wait_word("active")
    wait_until(lambda: registry.names().count("keepAlive active") >= 2, "beats")
    contexts = [each for _, name, _, each in registry.calls if name == "keepAlive"]
    assert contexts[-1]["report_ms"] == "1000"
    assert contexts[-1]["instance"].startswith("uid.")
    assert contexts[-1]["secret"] == "s"


def test_control_socket_is_for_the_owner(room: Room, registry: FakeRegistry) -> None:
    room.supervise().wait_word("active")
    assert room.layout.socket.stat().st_mode & 0o777 == 0o600


def test_status_fields(room: Room, registry: FakeRegistry) -> None:
    supervisor = room.supervise()
    supervisor.wait_word("active")
    status = supervisor.status()
    assert list(status) == [
        "state",
        "reported",
        "server",
        "pid",
        "starts",
        "uptime",
        "failures",
        "last_exit",
        "held",
        "leaving",
        "registered",
        "registry_error",
    ]
    assert status["pid"] == room.server_pids()[0]
    assert json.dumps(status)


def test_genconf_within_the_start_script_counts(
    room: Room, registry: FakeRegistry
) -> None:

    room.script(
        f"#!/bin/sh\n{sys.executable} -m tarscli genconf || exit 1\n{START.splitlines()[1]}\n"
    )
    supervisor = room.supervise()
    supervisor.wait_word("active")
    info = load_info(room.layout.info)
    endpoint = info.servants[0][1].endpoint
    registry.wait_until(
        lambda: any(
            name == "onStartup" and each.adapters[0].endpoint == endpoint
            for _, name, each, _ in registry.calls
        ),
        "the new endpoint",
    )


def test_once_checks_without_starting(room: Room, registry: FakeRegistry) -> None:
    room.supervise().wait_word("active")
    assert room.run("supervisor", "--once").stdout == "active\n"
    room.run("stop")
    assert room.run("supervisor", "--once").returncode == 1


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        (
            {"TARS_CHECK_INTERVAL": "0s"},
            "TARS_CHECK_INTERVAL=0s: expected at least 0.1 s",
        ),
        ({"TARS_LOCATOR": "x"}, "locator (or TARS_LOCATOR)"),
        ({"TARS_PATH": "/proc/none"}, "/proc/none"),
    ],
)
def test_bad_input_is_one_line_and_nothing_is_started(
    room: Room, environment: dict[str, str], message: str
) -> None:
    (room.root / "termination").touch()
    supervisor = room.supervise(**environment)
    assert supervisor.process.wait(10) == 2
    text = (room.root / "stderr").read_text()
    assert message in text
    assert len(text.splitlines()) == 1
    assert room.events() == []


def test_config_errors_reach_the_kubelet(room: Room) -> None:
    (room.root / "termination").touch()
    room.layout.meta.write_text("application: [\n")
    assert room.supervise().process.wait(10) == 2
    assert "_server_meta.yaml:2:1: not YAML" in (room.root / "termination").read_text()
