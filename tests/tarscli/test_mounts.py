"""Directories that are full or read-only: real file systems in a mount namespace."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.tarscli.fake_registry import FakeRegistry
from tests.tarscli.room import Room, Supervisor, wait_until

TARSCLI = f"{sys.executable} -m tarscli"


def namespaces() -> str:
    """Why mount namespaces cannot be made here, or nothing."""
    if shutil.which("unshare") is None:
        return "unshare (util-linux) is not installed"
    words = ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else f"no mounts: {done.stderr.strip()}"


WHY_NOT = namespaces()
pytestmark = pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT or "mounts work")


def small(*folders: Path) -> str:
    """Shell text that mounts a file system of 64 KiB on each folder."""
    for each in folders:
        each.mkdir(parents=True, exist_ok=True)
    return "".join(
        f"mount -t tmpfs -o size=64k tmpfs {shlex.quote(str(each))} && "
        for each in folders
    )


def filled(folder: Path) -> str:
    """Shell text that leaves no byte free in ``folder``."""
    return f"{{ cat /dev/zero > {shlex.quote(str(folder))}/fill 2>/dev/null || true; }} && "


def read_only(folder: Path) -> str:
    """Shell text that makes all below ``folder`` read-only."""
    place = shlex.quote(str(folder))
    return f"mount --bind {place} {place} && mount -o remount,bind,ro {place} && "


def run(
    room: Room, mounts: str, command: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["unshare", "--mount", "sh", "-c", f"{mounts}exec {TARSCLI} {command}"],
        env={**room.environment, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_genconf_on_a_full_disk(room: Room) -> None:
    conf = room.layout.conf
    mounts = small(conf) + f"{TARSCLI} genconf && cp -r {conf} {room.root}/kept && "
    after = f"; code=$?; cmp {conf}/HelloServer.conf {room.root}/kept/HelloServer.conf"
    line = f"{mounts}{filled(conf)}{TARSCLI} genconf{after} && ls -A {conf}; exit $code"
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", line],
        env=room.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert "cannot be written: No space left on device" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout.split() == ["HelloServer.conf", "fill"]


def test_nothing_starts_on_a_read_only_path(room: Room, registry: FakeRegistry) -> None:
    room.layout.data.mkdir()
    room.layout.status.write_text("active")
    ro = read_only(room.root)
    for command in ("genconf", "supervisor"):
        done = run(room, ro, command)
        assert done.returncode == 2
        assert "Read-only file system" in done.stderr
        assert len(done.stderr.splitlines()) == 1
    assert registry.calls == []
    assert room.events() == []
    done = run(room, ro, "hzcheck")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    for command in ("version", "help", "config show", "logs --list"):
        assert run(room, ro, command).returncode == 0, command
    done = run(room, ro, "doctor")
    assert f"{room.layout.conf} is not writable" in done.stdout


def test_three_writable_directories_are_enough(
    room: Room, registry: FakeRegistry
) -> None:
    """As the manifests have it: all is read-only but conf, data and log."""
    layout = room.layout
    mounts = read_only(room.root)
    for each in (layout.conf, layout.data, layout.log):
        mounts += small(each)
    del room.environment["FAKE_EVENTS"]
    supervisor = inside(room, mounts)
    registry.wait_for("onStartup activating", "keepAlive active")
    assert supervisor.stop() == 0
    registry.wait_for("keepAlive deactivating", "onPrestop")


def inside(room: Room, mounts: str) -> Supervisor:
    """A supervisor that sees ``mounts``; it is the shell's own process."""
    words = ["unshare", "--mount", "sh", "-c", f"{mounts}exec {TARSCLI} supervisor"]
    with (
        (room.root / "stdout").open("wb") as out,
        (room.root / "stderr").open("wb") as err,
    ):
        process = subprocess.Popen(words, env=room.environment, stdout=out, stderr=err)
    started = Supervisor(room, process)
    room.running.append(started)
    return started


def test_a_disk_that_fills_up_costs_the_files_and_not_the_server(
    room: Room, registry: FakeRegistry
) -> None:
    """What is said goes to standard error, too; with space all is well again."""
    layout, stderr = room.layout, room.root / "stderr"
    supervisor = inside(room, small(layout.data, layout.log))
    registry.wait_for("keepAlive active")
    seen = Path(f"/proc/{supervisor.process.pid}/root")
    data, log = (seen / str(each)[1:] for each in (layout.data, layout.log))

    def is_told() -> bool:
        for folder in (data, log):
            fill(folder / "fill")  # again: a file that was replaced gave space back
        return b"probes will call this server dead" in stderr.read_bytes()

    wait_until(is_told, "a message")
    beats = registry.names().count("keepAlive active")
    registry.wait_until(
        lambda: registry.names().count("keepAlive active") > beats, "another beat"
    )
    (data / "fill").unlink()
    (log / "fill").unlink()
    before = (data / "check_status").stat().st_mtime_ns
    wait_until(
        lambda: (data / "check_status").stat().st_mtime_ns > before, "a fresh status"
    )
    assert (data / "check_status").read_text() == "active"
    assert supervisor.stop() == 0
    assert room.events()[-1] == "end"


def fill(path: Path) -> None:
    """Until no space is left."""
    with suppress(OSError), path.open("ab", buffering=0) as file:
        while True:
            file.write(bytes(4096))


@pytest.mark.parametrize("state", ["full", "read-only"])
def test_the_hook_alone_drains_whatever_the_disk_is(
    room: Room, registry: FakeRegistry, state: str
) -> None:
    data = room.layout.data
    assert room.run("genconf").returncode == 0
    info = room.layout.info.read_text()
    mounts = read_only(data)
    if state == "full":
        info_copy = room.root / "info.yaml"
        info_copy.write_text(info)
        mounts = small(data) + f"cp {info_copy} {room.layout.info} && " + filled(data)
    done = run(room, mounts, "prestop --prestop-waittime 0s")
    assert done.returncode == 0, done.stderr
    assert "cannot be written: " in done.stderr
    assert "draining all the same" in done.stderr
    assert registry.names() == ["keepAlive deactivating", "onPrestop"]
