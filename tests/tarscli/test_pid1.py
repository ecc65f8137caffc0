"""The supervisor as process 1 of a PID namespace, as in a container."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tars_runtime.net.endpoint import Endpoint
from tarscli.info import load_info

from tests.tarscli.fake_registry import FakeRegistry
from tests.tarscli.room import START, Room, wait_until

UNSHARE = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]


def namespaces() -> str:
    """Why PID namespaces cannot be made here, or nothing."""
    if shutil.which("unshare") is None:
        return "unshare (util-linux) is not installed"
    done = subprocess.run(
        [*UNSHARE, "true"], capture_output=True, text=True, check=False
    )
    return "" if done.returncode == 0 else f"no PID namespace: {done.stderr.strip()}"


WHY_NOT = namespaces()
pytestmark = pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT or "PID namespaces work")


class Container:
    """``unshare`` with the supervisor as its process 1."""

    def __init__(self, room: Room, **environment: str) -> None:
        out, err = room.root / "stdout", room.root / "stderr"
        with out.open("wb") as stdout, err.open("wb") as stderr:
            self.process = subprocess.Popen(
                [*UNSHARE, sys.executable, "-m", "tarscli", "supervisor"],
                env={**room.environment, **environment},
                stdout=stdout,
                stderr=stderr,
            )
        self.room = room

    @property
    def first(self) -> int:
        """Process 1, by its number out here."""
        parent = self.process.pid
        return int(
            Path(f"/proc/{parent}/task/{parent}/children").read_text().split()[0]
        )

    def send(self, number: int) -> None:
        subprocess.run(["kill", f"-{number}", str(self.first)], check=True)


@pytest.fixture
def container(room: Room, registry: FakeRegistry) -> Iterator[type[Container]]:
    made: list[Container] = []

    class Kept(Container):
        def __init__(self, room: Room, **environment: str) -> None:
            super().__init__(room, **environment)
            made.append(self)

    yield Kept
    for each in made:
        if each.process.poll() is None:
            each.process.kill()
            each.process.wait(10)


def word(room: Room) -> str:
    return room.layout.status.read_text() if room.layout.status.exists() else ""


def test_orphans_of_the_whole_container_are_reaped(
    room: Room, container: type[Container]
) -> None:
    room.script(
        "#!/bin/sh\nfor i in 1 2 3 4 5 6 7 8; do (setsid true &); done\n"
        "(setsid sh -c 'sleep 0.3' &)\n" + START.splitlines()[1] + "\n"
    )
    started = container(room)
    wait_until(lambda: word(room) == "active", "active")
    pid = started.first

    def zombies() -> list[str]:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        states = [Path(f"/proc/{each}/stat").read_text() for each in children]
        return [each for each in states if each.rpartition(")")[2].split()[0] == "Z"]

    time.sleep(0.5)
    wait_until(lambda: zombies() == [], "no zombies")
    started.send(signal.SIGTERM)
    assert started.process.wait(20) == 0
    assert room.events()[-1] == "end"


def test_the_servers_exit_code_is_kept_beside_a_storm_of_orphans(
    room: Room, container: type[Container]
) -> None:
    storm = "i=0; while [ $i -lt 100 ]; do (true &); i=$((i+1)); done"
    room.script(f"#!/bin/sh\n{storm}\nexit 7\n")
    started = container(room, TARS_RESTART_MAX="1")
    assert started.process.wait(20) == 7
    assert "exit code 7" in room.layout.supervisor_log.read_text()


def test_sigterm_before_the_first_start_is_not_lost(
    room: Room, container: type[Container]
) -> None:
    """The signal comes while the interpreter is still loading."""
    started = container(room)
    wait_until(lambda: _begun(started), "process 1")
    wait_until(lambda: _masked(started), "a mask")
    started.send(signal.SIGTERM)
    assert started.process.wait(25) == 0


def _begun(started: Container) -> bool:
    try:
        return started.first > 0
    except (OSError, IndexError):
        return False


def _masked(started: Container) -> bool:
    """Whether process 1 is tarscli, and blocks or handles SIGTERM by now.

    Until it executes the interpreter it is a copy of ``unshare``, which blocks SIGTERM, too.
    """
    words = Path(f"/proc/{started.first}/cmdline").read_bytes().split(b"\0")
    if b"tarscli" not in words or words[0].endswith(b"unshare"):
        return False
    text = Path(f"/proc/{started.first}/status").read_text()
    masks = dict(
        each.split(":\t") for each in text.splitlines() if each.startswith("Sig")
    )
    bit = 1 << (signal.SIGTERM - 1)
    return bool((int(masks["SigBlk"], 16) | int(masks["SigCgt"], 16)) & bit)


def test_two_containers_of_a_pod_share_no_port(
    room: Room, registry: FakeRegistry, container: type[Container]
) -> None:
    """Their processes and mounts are apart, their network is one; four ports are just enough."""
    other = Room(room.root.parent / "other", registry.locator)
    ports = {"TARS_RAND_PORT_MIN": "18820", "TARS_RAND_PORT_MAX": "18823"}
    try:
        started = [container(each, **ports) for each in (room, other)]
        taken: set[int] = set()
        for each in (room, other):
            wait_until(lambda each=each: word(each) == "active", "active")  # type: ignore[misc]  # bound
            info = load_info(each.layout.info)
            taken |= {info.admin.port}
            taken |= {Endpoint.parse(one.endpoint).port for one in info.server.adapters}
        assert taken == set(range(18820, 18824))
        for one in started:
            one.send(signal.SIGTERM)
        assert [one.process.wait(20) for one in started] == [0, 0]
    finally:
        other.close()


def test_a_killed_container_leaves_nothing(
    room: Room, container: type[Container]
) -> None:
    started = container(room)
    wait_until(lambda: word(room) == "active", "active")
    first = started.first
    started.process.kill()
    started.process.wait(10)
    wait_until(lambda: not Path(f"/proc/{first}").exists(), "the end of process 1")
