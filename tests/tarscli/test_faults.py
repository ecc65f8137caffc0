"""What goes wrong around a supervisor: servers, disks, orphans, floods."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from pathlib import Path

from tarscli.hzcheck import answer
from tarscli.info import load_info
from tarscli.supervisor.processes import MARKER

from tests.tarscli.fake_registry import FakeRegistry
from tests.tarscli.room import START, Room, alive, wait_until
from tests.tarscli.side_by_side import side_by_side

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


# Servers.


def test_a_server_that_hangs_is_not_active(tmp_path: Path) -> None:
    """And it is started again, where that is asked for."""

    def watched(room: Room, registry: FakeRegistry) -> None:
        supervisor = room.supervise()
        supervisor.wait_word("active")
        os.kill(room.server_pids()[0], signal.SIGSTOP)
        supervisor.wait_word("inactive")
        assert "does not answer within 1 s" in supervisor.said()
        os.kill(room.server_pids()[0], signal.SIGCONT)
        supervisor.wait_word("active")

    def restarted(room: Room, registry: FakeRegistry) -> None:
        supervisor = room.supervise(TARS_RESTART_HUNG="100ms", TARS_GRACE_PERIOD="2s")
        supervisor.wait_word("active")
        os.kill(room.server_pids()[0], signal.SIGSTOP)
        room.wait_event("listening", count=2)
        supervisor.wait_word("active")
        assert not alive(room.server_pids()[0])

    side_by_side(tmp_path, {"watched": watched, "restarted": restarted})


def test_a_strangers_listener_does_not_make_a_server_active(
    room: Room, registry: FakeRegistry
) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as one,
        socket.create_server(("127.0.0.1", 0)) as two,
        room.layout.meta.open("a") as file,
    ):
        ports = one.getsockname()[1], two.getsockname()[1]
        file.write(f"    endpoint: tcp -h 127.0.0.1 -p {ports[0]} -t 3000\n")
        file.write(f"local: tcp -h 127.0.0.1 -p {ports[1]} -t 3000\n")
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
