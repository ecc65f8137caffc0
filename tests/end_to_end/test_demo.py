"""The demo is the main job, end to end: it shows every step and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder for the demo; afterwards no process may remember it."""
    yield tmp_path / "demo"
    assert remembering(tmp_path / "demo") == []


def remembering(folder: Path) -> list[int]:
    """Processes whose environment names this folder as their TARS_PATH."""
    mark = f"TARS_PATH={folder}/".encode()
    found = []
    for environ in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark in environ.read_bytes():
                found.append(int(environ.parent.name))
        except OSError:  # ended meanwhile, or another user's
            continue
    return found


def start(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "examples.demo", str(folder)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )


def test_all_six_steps_are_shown(folder: Path) -> None:
    with start(folder) as demo:
        shown, complaints = demo.communicate(timeout=60)
    assert (demo.returncode, complaints) == (0, "")
    for words in (
        "1/6  Compile",
        "tars/_tarsregistry.py",
        "registered as activating",
        "registered as active",
        "-> Card(text='HELLO, ANN!', number=1",
        "-> ['en', 'de', 'fr', 'zh']",
        "-> {'Ann': 1}",
        "-> ret=0, last=Card(",
        "ServerError: expected one of en, de, fr, zh, got 'tlh' [code 404]",
        "notify succ:set log level [DEBUG] ok",
        "|DEBUG|card 2 goes to ('127.0.0.1', ",
        "present_state        active",
        "findObjectById('Demo.HelloServer.HelloObj') -> []",
        "Done:",
    ):
        assert words in shown


@pytest.mark.parametrize(
    ("after", "number"),
    [
        pytest.param(
            "registered as activating", signal.SIGINT, id="Ctrl-C while it starts"
        ),
        pytest.param("$ tarscli notify", signal.SIGTERM, id="terminated while it runs"),
    ],
)
def test_an_interrupted_demo_leaves_no_process(
    folder: Path, after: str, number: signal.Signals
) -> None:
    with start(folder) as demo:
        assert demo.stdout is not None
        assert any(after in line for line in demo.stdout)
        demo.send_signal(number)
        _, complaints = demo.communicate(timeout=30)
    assert demo.returncode == 130
    assert complaints == "\nInterrupted: stopping what was started.\n"
