"""docs/runtime.md, followed from an empty folder."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "runtime.md"
TEXT = PAGE.read_text(encoding="utf-8")
FILES = dict(re.findall(r"`([\w.]+)`:\n\n```\w*\n(.*?)```", TEXT, re.DOTALL))


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
        "pytest.ini",
        "production.conf",
        "secure_client.py",
    }


@contextmanager
def serving(folder: Path, config: str) -> Iterator[subprocess.Popen[str]]:
    server = subprocess.Popen(
        [sys.executable, "server.py", f"--config={config}"],
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        yield server
    finally:
        server.terminate()
        _, err = server.communicate(timeout=10)
    assert server.returncode == 0, err


SERVES = re.compile(r"serves Weather\.StationServer\.StationObj at .*:(\d+)")


def call_at(folder: Path, port: str, name: str) -> str:
    path = folder / name
    path.write_text(path.read_text().replace("-p 0", f"-p {port}"))
    return run(folder, name)


def test_server_and_clients_do_what_the_page_says(folder: Path) -> None:
    with serving(folder, "server.conf") as server:
        assert server.stderr is not None
        port = None
        while port is None:
            line = server.stderr.readline()
            assert line, "the server ended"
            port = SERVES.search(line)
        assert call_at(folder, port[1], "client.py") == printed()
        assert call_at(folder, port[1], "sync_client.py") == "19\n"


@pytest.mark.skipif(
    shutil.which("openssl") is None, reason="the program openssl makes the certificates"
)
def test_the_pages_production_server_is_encrypted_and_measured(folder: Path) -> None:
    commands = re.findall(r"^(?:openssl|echo) .*$", TEXT, re.MULTILINE)
    subprocess.run(
        ["sh", "-ec", "\n".join(commands)], cwd=folder, check=True, capture_output=True
    )
    with socket.create_server(("127.0.0.1", 0)) as probe:
        metrics = probe.getsockname()[1]
    config = folder / "production.conf"
    config.write_text(config.read_text().replace("18801", str(metrics)))
    log = folder / "logs/Weather/StationServer/Weather.StationServer.log"
    with serving(folder, "production.conf") as server:
        port = None
        while port is None:
            assert server.poll() is None, "the server ended"
            time.sleep(0.05)
            port = SERVES.search(log.read_text() if log.exists() else "")
        assert call_at(folder, port[1], "secure_client.py") == "Oslo\n"
        with urllib.request.urlopen(f"http://127.0.0.1:{metrics}/metrics") as page:
            shown = page.read().decode()
    assert 'function="report",object="Weather.StationServer.StationObj"} 1.0' in shown


def test_the_pages_test_passes(folder: Path) -> None:
    assert "2 passed" in run(folder, "-m", "pytest", "-q", "-p", "no:cacheprovider")
