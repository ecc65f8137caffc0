"""The probe: its answers, its imports, and that it is never wrong beside a writer."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from tarscli.files import write_atomic
from tarscli.hzcheck import answer

from tests.tarscli.room import Room


@pytest.fixture
def place(tmp_path: Path) -> Room:
    made = Room(tmp_path / "tars", "")
    made.layout.data.mkdir()
    made.environment["TARS_REPORT_INTERVAL"] = "30s"
    return made


def probe(place: Room, *flags: str, **environment: str) -> tuple[int, str]:
    done = place.run("hzcheck", *flags, **environment)
    assert done.stdout == ""
    return done.returncode, done.stderr


def test_not_ready_without_a_status_file(place: Room) -> None:
    assert probe(place) == (1, "not ready\n")


@pytest.mark.parametrize("word", ["active", "deactivating"])
def test_active_and_deactivating_are_well(place: Room, word: str) -> None:
    place.layout.status.write_text(word)
    assert probe(place) == (0, "")


@pytest.mark.parametrize("word", ["activating", "inactive", "active ", "active\n", "x"])
def test_everything_else_is_not_active(place: Room, word: str) -> None:
    place.layout.status.write_text(word)
    assert probe(place) == (1, f"not active:{word}\n")


def test_an_old_file_is_a_dead_supervisor(place: Room) -> None:
    place.layout.status.write_text("active")
    old = time.time() - 61
    os.utime(place.layout.status, (old, old))
    assert probe(place) == (1, "supervisor not alive\n")
    assert probe(place, TARS_REPORT_INTERVAL="40s") == (0, "")
    assert probe(place, "--report-interval=40s") == (0, "")


def test_a_file_of_the_future_is_not_believed(place: Room) -> None:
    place.layout.status.write_text("active")
    future = time.time() + 3600
    os.utime(place.layout.status, (future, future))
    assert probe(place) == (1, "supervisor not alive\n")


def test_a_wall_clock_that_was_set_does_not_matter_beside_the_boot_clock(
    place: Room,
) -> None:
    place.layout.status.write_text("active")
    boot = time.clock_gettime(time.CLOCK_BOOTTIME)
    place.layout.beat.write_text(f"{boot} 1\n")
    for shift in (-7200, 7200):
        moment = time.time() + shift
        os.utime(place.layout.status, (moment, moment))
        os.utime(place.layout.beat, (moment, moment))
        assert probe(place) == (0, "")
    place.layout.beat.write_text(f"{boot - 100} 1\n")
    os.utime(place.layout.beat, (moment, moment))
    assert probe(place) == (1, "supervisor not alive\n")


def test_a_left_over_boot_clock_does_not_judge_a_newer_status(place: Room) -> None:
    """A volume that the Go tool uses again: it writes no boot clock."""
    place.layout.beat.write_text("1.0 1\n")
    os.utime(place.layout.beat, (1, 1))
    place.layout.status.write_text("active")
    assert probe(place) == (0, "")


def test_probe_kinds(place: Room) -> None:
    expected = {
        "activating": (0, 1, 1),
        "active": (0, 0, 0),
        "inactive": (0, 1, 0),
        "deactivating": (0, 1, 0),
    }
    for word, codes in expected.items():
        place.layout.status.write_text(word)
        found = tuple(
            probe(place, flag)[0] for flag in ("--live", "--ready", "--startup")
        )
        assert found == codes, word


def test_it_never_fails_otherwise_than_with_1(place: Room) -> None:
    place.layout.status.write_text("active")
    assert probe(place, TARS_REPORT_INTERVAL="soon")[0] == 1
    assert probe(place, TARS_REPORT_INTERVAL="0")[0] == 1
    code, text = probe(place, "--alive")
    assert code == 1
    assert "hzcheck has no such flag" in text
    assert place.run("hzcheck", "help").returncode == 0


def test_it_works_below_a_read_only_directory_and_writes_nothing(place: Room) -> None:
    place.layout.status.write_text("active")
    before = sorted(place.root.rglob("*"))
    assert probe(place, TARS_RAND_PORT_MIN="broken") == (0, "")
    assert sorted(place.root.rglob("*")) == before
    assert not place.layout.log.exists()


def test_it_imports_next_to_nothing(place: Room) -> None:
    place.layout.status.write_text("active")
    script = (
        "import sys; sys.argv = ['tarscli', 'hzcheck']; before = set(sys.modules)\n"
        "from tarscli.entry import main\n"
        "code = main(); print(code, *sorted(set(sys.modules) - before))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=place.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    allowed = {
        "time",
        "tarscli",
        "tarscli.entry",
        "tarscli.hzcheck",
        "tarscli.durations",
    }
    code, *modules = done.stdout.split()
    assert code == "0"
    assert set(modules) <= allowed


def test_a_thousand_probes_beside_a_writer_are_never_wrong(place: Room) -> None:
    path = place.layout.status
    write_atomic(path, "active", durable=False)
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            write_atomic(path, "active", durable=False)
            boot = time.clock_gettime(time.CLOCK_BOOTTIME)
            write_atomic(place.layout.beat, f"{boot:.3f} 1\n", durable=False)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        wrong = [answer(str(path), 30.0, "", time.time()) for _ in range(1000)]
    finally:
        stop.set()
        writer.join()
    assert set(wrong) == {""}
