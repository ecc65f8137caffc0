"""What goes wrong around a supervisor: registries, servers, disks, orphans, floods."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest
from tarscli.hzcheck import answer
from tarscli.info import load_info
from tarscli.supervisor.processes import MARKER

from tests.tarscli.fake_registry import FakeRegistry
from tests.tarscli.room import START, Room, alive, wait_until

SLEEP = "import time; time.sleep(600)"


def orphans(room: Room) -> list[int]:
    """Living processes that carry this room's mark, or its path, in their environment."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit() and alive(int(entry)):
            try:
                raw = Path("/proc", entry, "environ").read_bytes()
            except OSError:
                continue
            if MARKER.encode() in raw and f"TARS_PATH={room.root}\0".encode() in raw:
                found.append(int(entry))
    return found


# Registries.


@pytest.mark.parametrize("mode", ["mute", "refuse", "lie"])
def test_no_registry_holds_up_heartbeat_checks_or_sigterm(
    room: Room, registry: FakeRegistry, mode: str
) -> None:
    registry.mode = registry.notify_mode = mode
    supervisor = room.supervise()
    room.wait_event("listening", timeout=5)
    wait_until(lambda: room.layout.status.exists(), "the status file")
    for _ in range(5):
        time.sleep(0.3)
        assert room.run("hzcheck", "--live").returncode == 0
    began = time.monotonic()
    assert supervisor.stop() == 0
    assert time.monotonic() - began < 10
    assert room.events()[-1] == "end"


def test_a_registry_that_nobody_listens_for(room: Room, registry: FakeRegistry) -> None:
    registry.stop_listening()
    supervisor = room.supervise()
    room.wait_event("listening", timeout=5)
    wait_until(lambda: "the registry was not reached" in supervisor.said(), "a message")
    assert supervisor.stop() == 0


def test_a_slow_registry_is_enough(room: Room, registry: FakeRegistry) -> None:
    registry.mode = "slow"
    room.supervise().wait_word("active")


def test_a_mute_notify_service_delays_nothing(
    room: Room, registry: FakeRegistry
) -> None:
    registry.notify_mode = "mute"
    began = time.monotonic()
    supervisor = room.supervise()
    supervisor.wait_word("active")
    assert time.monotonic() - began < 10
    assert supervisor.stop() == 0


def test_the_last_address_of_the_registry_serves_when_queries_fail(
    room: Room, registry: FakeRegistry
) -> None:
    supervisor = room.supervise()
    supervisor.wait_word("active")
    assert supervisor.stop() == 0
    cache = room.layout.cache("tars.tarsregistry.Registry")
    assert cache.read_text() == (
        f"tars.tarsregistry.Registry@tcp -h 127.0.0.1 -p {registry.port} -t 3000"
    )
    os.utime(cache, (time.time() - 3600, time.time() - 3600))
    supervisor = room.supervise(TARS_LOCATOR="q@tcp -h 127.0.0.1 -p 1")
    supervisor.wait_word("active")


@pytest.mark.parametrize("mode", ["mute", "refuse", "mute-calls"])
def test_prestop_is_bounded_with_any_registry_and_still_tells_the_server(
    room: Room, registry: FakeRegistry, mode: str
) -> None:
    supervisor = room.supervise()
    supervisor.wait_word("active")
    registry.mode = mode
    began = time.monotonic()
    done = room.run("prestop", TARS_PRESTOP_WAITTIME="1s")
    took = time.monotonic() - began
    assert done.returncode == 0
    assert 1 <= took < 9
    assert "deactivating was not taken" in done.stderr
    assert "notify prestop" in room.events()
    assert room.run("prestop", "--strict").returncode == 0


def test_prestop_strict_tells_of_an_unreachable_registry(
    room: Room, registry: FakeRegistry
) -> None:
    room.supervise().wait_word("active")
    registry.mode = "refuse"
    assert room.run("prestop", "--strict").returncode == 4


def test_prestop_alone_when_the_supervisor_is_dead(
    room: Room, registry: FakeRegistry
) -> None:
    supervisor = room.supervise()
    supervisor.wait_word("active")
    supervisor.process.kill()
    supervisor.process.wait(10)
    done = room.run("prestop", "--strict", TARS_PRESTOP_WAITTIME="1s")
    assert done.returncode == 0, done.stderr
    registry.wait_for("keepAlive deactivating", "onPrestop")
    assert room.layout.status.read_text() == "deactivating"
    assert "this server has left already" in room.run("prestop").stderr


def test_prestop_alone_is_known_to_a_registry_that_insists(
    room: Room, registry: FakeRegistry
) -> None:
    registry.reply_context, registry.mode = {"secret": "s3cret"}, "insist"
    supervisor = room.supervise(POD_UID="uid")
    supervisor.wait_word("active")
    supervisor.process.kill()
    supervisor.process.wait(10)
    assert room.layout.identity.stat().st_mode & 0o777 == 0o600
    words = ("registry", "keepAlive", "--req.state", "inactive")
    done = room.run(*words, POD_UID="uid")
    assert done.returncode == 0, done.stderr
    done = room.run("prestop", "--strict", POD_UID="uid")
    assert done.returncode == 0, done.stderr
    _, name, _, context = registry.calls[-1]
    assert (name, context["secret"]) == ("onPrestop", "s3cret")
    assert context["instance"].startswith("uid.")


def test_the_identity_of_an_earlier_life_is_not_used(
    room: Room, registry: FakeRegistry
) -> None:
    assert room.run("genconf").returncode == 0
    for text in ('{"life": "another", "secret": "s"}', '{"secret": 1}', "[]", "{"):
        room.layout.identity.write_text(text)
        room.layout.prestop.unlink(missing_ok=True)
        assert room.run("prestop", "--strict").returncode == 1
        assert registry.calls[-1][1] == "onPrestop"
        assert registry.calls[-1][3] == {}


def test_a_marker_of_an_earlier_life_is_ignored(
    room: Room, registry: FakeRegistry
) -> None:
    room.layout.data.mkdir()
    room.layout.prestop.write_text("done\nanother boot, another pod")
    supervisor = room.supervise()
    supervisor.wait_word("active")
    assert room.run("prestop", "--strict").returncode == 0
    registry.wait_for("keepAlive deactivating", "onPrestop")


def test_the_drain_ends_early_on_evidence_and_not_without(
    room: Room, registry: FakeRegistry
) -> None:
    idle = '{"inflight": 0, "connections": 3, "idle_ms": 60000}'
    supervisor = room.supervise(FAKE_EVIDENCE=idle)
    supervisor.wait_word("active")
    words = ("prestop", "--prestop-waittime", "15s", "--drain-min", "1s")
    began = time.monotonic()
    done = room.run(*words)
    assert 1 <= time.monotonic() - began < 8
    assert "no request is in flight and none came" in done.stderr


def test_a_drain_can_be_undone(room: Room, registry: FakeRegistry) -> None:
    supervisor = room.supervise()
    supervisor.wait_word("active")
    assert room.run("prestop", "--strict").returncode == 0
    assert room.run("start").returncode == 0
    supervisor.wait_word("active")
    registry.wait_for("onPrestop", "onStartup activating", "keepAlive active")
    time.sleep(1.2)
    assert supervisor.word() == "active"
    assert len(room.server_pids()) == 1


def test_a_hook_of_another_tool_silences_the_supervisor(
    room: Room, registry: FakeRegistry
) -> None:
    """The Go tool's prestop writes a bare marker and speaks to the registry itself."""
    supervisor = room.supervise()
    supervisor.wait_word("active")
    room.layout.prestop.write_text("done")
    supervisor.wait_word("deactivating")
    said = len(registry.calls)
    time.sleep(1.3)
    assert len(registry.calls) == said
    assert supervisor.stop() == 0
    assert "onPrestop" not in registry.names()


# Servers.


def test_a_server_that_hangs_is_not_active(room: Room, registry: FakeRegistry) -> None:
    supervisor = room.supervise()
    supervisor.wait_word("active")
    os.kill(room.server_pids()[0], signal.SIGSTOP)
    supervisor.wait_word("inactive")
    assert "does not answer within 1 s" in supervisor.said()
    os.kill(room.server_pids()[0], signal.SIGCONT)
    supervisor.wait_word("active")


def test_a_hung_server_is_restarted_when_asked_for(
    room: Room, registry: FakeRegistry
) -> None:
    supervisor = room.supervise(TARS_RESTART_HUNG="100ms", TARS_GRACE_PERIOD="2s")
    supervisor.wait_word("active")
    os.kill(room.server_pids()[0], signal.SIGSTOP)
    room.wait_event("listening", count=2)
    supervisor.wait_word("active")
    assert not alive(room.server_pids()[0])


def test_a_strangers_listener_does_not_make_a_server_active(
    room: Room, registry: FakeRegistry
) -> None:
    with room.layout.meta.open("a") as file:
        file.write("    endpoint: tcp -h 127.0.0.1 -p 18981 -t 3000\n")
        file.write("local: tcp -h 127.0.0.1 -p 18982 -t 3000\n")
    other = Room(
        room.root.parent / "other", registry.locator, meta=room.layout.meta.read_text()
    )
    try:
        other.supervise().wait_word("active")
        room.script("#!/bin/sh\nexec sleep 600\n")
        supervisor = room.supervise()
        wait_until(lambda: supervisor.word() == "activating", "activating")
        time.sleep(1)
        assert supervisor.word() == "activating"
    finally:
        other.close()


def test_two_supervisors_share_no_port(room: Room, registry: FakeRegistry) -> None:
    rooms = [room] + [
        Room(room.root.parent / f"room{n}", registry.locator) for n in range(2)
    ]
    environment = {"TARS_RAND_PORT_MIN": "18800", "TARS_RAND_PORT_MAX": "18805"}
    try:
        for supervisor in [each.supervise(**environment) for each in rooms]:
            supervisor.wait_word("active")
        ports = {
            port
            for each in rooms
            for port in (
                load_info(each.layout.info).admin.port,
                int(load_info(each.layout.info).servants[0][1].endpoint.split()[4]),
            )
        }
        assert len(ports) == 6
        extra = Room(room.root.parent / "extra", registry.locator).run(
            "genconf", **environment
        )
        assert extra.returncode == 2
        assert "no port from 18800 to 18805 is free" in extra.stderr
    finally:
        for each in rooms[1:]:
            each.close()


def test_a_start_script_in_the_background(room: Room, registry: FakeRegistry) -> None:
    room.script(START.replace("exec ", "").rstrip() + " &\n")
    supervisor = room.supervise()
    supervisor.wait_word("active")
    assert "let it end with exec SERVER" in supervisor.said()
    (server,) = room.server_pids()
    os.kill(server, signal.SIGKILL)
    room.wait_event("listening", count=2)
    supervisor.wait_word("active")
    assert supervisor.stop() == 0
    assert not any(alive(pid) for pid in room.server_pids())


def test_a_daemon_in_a_session_of_its_own(room: Room, registry: FakeRegistry) -> None:
    room.script(START.replace("exec ", "setsid ").rstrip() + " &\n")
    supervisor = room.supervise()
    supervisor.wait_word("active")
    assert supervisor.stop() == 0
    assert not any(alive(pid) for pid in room.server_pids())


def test_a_start_script_that_is_not_executable_is_said(
    room: Room, registry: FakeRegistry
) -> None:
    room.layout.start_script.chmod(0o644)
    supervisor = room.supervise(TARS_RESTART_MAX="1")
    assert supervisor.process.wait(15) in (126, 127)
    assert "check TARS_START_PATH, the file's mode (chmod +x)" in supervisor.said()


def test_orphans_are_reaped_and_nothing_stays_at_the_end(
    room: Room, registry: FakeRegistry
) -> None:
    orphan = f'{sys.executable} -c "{SLEEP}"'
    room.script(
        "#!/bin/sh\n"
        "for i in 1 2 3 4 5; do (true &) ; done\n"
        f"(setsid {orphan} &)\n({orphan} &)\n" + START.splitlines()[1] + "\n"
    )
    supervisor = room.supervise()
    supervisor.wait_word("active")
    assert len(orphans(room)) == 3
    pid = supervisor.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    zombies = [each for each in children if not alive(int(each))]
    assert zombies == []
    assert supervisor.stop() == 0
    assert orphans(room) == []


def test_a_fork_bomb_ends_with_its_supervisor(
    room: Room, registry: FakeRegistry
) -> None:
    bomb = (
        "import os, time\n"
        "for _ in range(150):\n"
        "    if os.fork() == 0:\n"
        "        os.setsid(); time.sleep(600)\n"
        "time.sleep(600)\n"
    )
    path = room.root / "bomb.py"
    path.write_text(bomb)
    room.script(f"#!/bin/sh\n{sys.executable} {path} &\n{START.splitlines()[1]}\n")
    supervisor = room.supervise()
    supervisor.wait_word("active")
    wait_until(lambda: len(orphans(room)) > 150, "the bomb")
    assert supervisor.stop() == 0
    assert orphans(room) == []


def test_a_killed_supervisors_server_is_ended_by_the_next(
    room: Room, registry: FakeRegistry
) -> None:
    supervisor = room.supervise()
    supervisor.wait_word("active")
    supervisor.process.kill()
    supervisor.process.wait(10)
    (server,) = room.server_pids()
    assert alive(server)
    again = room.supervise()
    room.wait_event("listening", count=2)
    again.wait_word("active")
    assert not alive(server)
    assert "ending processes of an earlier supervisor" in again.said()


def test_no_bystander_with_the_path_in_its_command_line_is_hurt(
    room: Room, registry: FakeRegistry
) -> None:
    import subprocess

    bystander = subprocess.Popen([sys.executable, "-c", SLEEP, str(room.layout.bin)])
    try:
        supervisor = room.supervise()
        supervisor.wait_word("active")
        assert room.run("restart").returncode == 0
        assert supervisor.stop() == 0
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


# Output and disks.


def test_a_flood_of_odd_output_is_passed_on_and_rolled(
    room: Room, registry: FakeRegistry
) -> None:
    size = 200 << 20
    flood = (
        "import os\n"
        "chunk = b'\\xff\\xfe\\x00' + b'x' * 1021\n"
        f"for _ in range({size} // 1024): os.write(1, chunk)\n"
    )
    path = room.root / "flood.py"
    path.write_text(flood)
    room.script(f"#!/bin/sh\n{sys.executable} {path}\n{START.splitlines()[1]}\n")
    supervisor = room.supervise(TARS_START_LOG_SIZE="1M", TARS_START_LOG_COUNT="2")
    supervisor.wait_word("active", timeout=60)
    wait_until(lambda: (room.root / "stdout").stat().st_size > size, "the output")
    sizes = {
        each.name: each.stat().st_size for each in room.layout.log.glob("start.log*")
    }
    assert set(sizes) == {"start.log", "start.log.1", "start.log.2"}
    assert all(each <= 1 << 20 for each in sizes.values())
    (room.root / "stdout").unlink()


def test_a_container_output_that_nobody_reads_stops_only_the_server(
    room: Room, registry: FakeRegistry
) -> None:
    """The pipe is full: the server waits in its write, the supervisor lives."""
    import subprocess

    room.script(f"#!/bin/sh\nyes | head -c 1000000\n{START.splitlines()[1]}\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "tarscli", "supervisor"],
        env=room.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    with process, process.stdout as out:
        wait_until(room.layout.status.exists, "the status file")
        time.sleep(2)
        assert room.run("hzcheck", "--live").returncode == 0
        while os.read(out.fileno(), 65536) and not room.events():
            continue
        room.wait_event("listening")
        process.terminate()
        while os.read(out.fileno(), 65536):
            continue
        assert process.wait(20) == 0


def test_directories_that_become_unwritable_are_said_and_survived(
    room: Room, registry: FakeRegistry
) -> None:
    supervisor = room.supervise()
    supervisor.wait_word("active")
    moved = room.root / "moved"
    room.layout.data.rename(moved)
    room.layout.data.write_text("in the way")
    wait_until(
        lambda: "probes will call this server dead" in supervisor.said(), "a message"
    )
    room.layout.data.unlink()
    moved.rename(room.layout.data)
    wait_until(lambda: room.run("hzcheck").returncode == 0, "life")
    assert supervisor.stop() == 0


def test_a_thousand_probes_beside_a_supervisor_that_writes(
    room: Room, registry: FakeRegistry
) -> None:
    supervisor = room.supervise(TARS_CHECK_INTERVAL="100ms", TARS_REPORT_INTERVAL="1s")
    supervisor.wait_word("active")
    path, words, answers, stamps = room.layout.status, set(), set(), set()
    for _ in range(1000):
        words.add(path.read_text())
        answers.add(answer(str(path), 1.0, "", time.time()))
        stamps.add(path.stat().st_mtime_ns)
        time.sleep(0.001)
    assert words == {"active"}
    assert answers == {""}
    assert len(stamps) > 5


def test_a_deep_path_has_a_control_socket_too(
    tmp_path: Path, registry: FakeRegistry
) -> None:
    deep = Room(tmp_path / ("d" * 80) / ("e" * 80) / "tars", registry.locator)
    try:
        supervisor = deep.supervise()
        supervisor.wait_word("active")
        assert supervisor.status()["state"] == "active"
    finally:
        deep.close()
