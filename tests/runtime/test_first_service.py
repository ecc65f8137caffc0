"""docs/runtime.md, followed from an empty folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "runtime.md"
TEXT = PAGE.read_text(encoding="utf-8")
FILES = dict(re.findall(r"\n`([\w.]+)`:\n\n```\w*\n(.*?)```", TEXT, re.DOTALL))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page's files, compiled as it says; the server's port is a free one."""
    folder = tmp_path_factory.mktemp("service")
    for name, text in FILES.items():
        (folder / name).write_text(text.replace("-p 18800", "-p 0"))
    compiler = "import sys; from tars2py.cli import main; sys.exit(main())"
    run(folder, "-c", compiler, "weather.tars", "--out", ".")
    return folder


def run(folder: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, *words], cwd=folder, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def printed() -> str:
    found = re.search(r"prints\n\n```\n(.*?)```", TEXT, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_page_has_all_its_files() -> None:
    assert set(FILES) == {
        "weather.tars",
        "server.py",
        "server.conf",
        "client.py",
        "sync_client.py",
        "test_station.py",
    }


def test_server_and_clients_do_what_the_page_says(folder: Path) -> None:
    server = subprocess.Popen(
        [sys.executable, "server.py", "--config=server.conf"],
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        assert server.stderr is not None
        port = None
        while port is None:
            line = server.stderr.readline()
            assert line, "the server ended"
            port = re.search(
                r"serves Weather\.StationServer\.StationObj at .*:(\d+)", line
            )
        for name in ("client.py", "sync_client.py"):
            path = folder / name
            path.write_text(path.read_text().replace("-p 0", f"-p {port[1]}"))
        assert run(folder, "client.py") == printed()
        assert run(folder, "sync_client.py") == "19\n"
    finally:
        server.terminate()
        server.communicate(timeout=10)
    assert server.returncode == 0


def test_the_pages_test_passes(folder: Path) -> None:
    out = run(
        folder,
        "-m",
        "pytest",
        "-q",
        "-o",
        "asyncio_mode=auto",
        "-p",
        "no:cacheprovider",
    )
    assert "2 passed" in out
