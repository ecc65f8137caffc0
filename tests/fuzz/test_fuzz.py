"""A short run of the fuzzer, plain and under sanitizers; ``python -m tests.fuzz`` for long."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz import sanitize

ROOT = Path(__file__).parents[2]


def run(*words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_corpus_and_its_mutations_find_nothing(tmp_path: Path) -> None:
    said = run("tests.fuzz", "--plain", "--seconds", "2", "--keep", str(tmp_path))
    assert "nothing found" in said
    assert list(tmp_path.iterdir()) == []


def test_nor_do_they_under_sanitizers() -> None:
    try:
        sanitize.libraries()
    except sanitize.Unavailable as reason:
        pytest.skip(str(reason))
    said = run("tests.fuzz.sanitize", "--seconds", "3", "--no-tests")
    assert "nothing found" in said


def test_a_finding_ends_the_run_and_is_kept(tmp_path: Path) -> None:
    broken = (
        "import sys; from tests.fuzz import targets, __main__ as fuzz;"
        "from pathlib import Path\n"
        "def check(data): assert b'\\x0e' not in data[-1:]\n"
        "targets.check = check\n"
        "targets.seeds = lambda: [b'abc', b'abcdef']\n"
        f"fuzz.plain(30, 0, Path({str(tmp_path)!r}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", broken], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode != 0
    assert "a finding after" in done.stdout
    assert len(list(tmp_path.iterdir())) == 1
