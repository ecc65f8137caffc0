"""``tars2py new``: the project passes its tests, starts, and answers its client."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.compiler.command import run


def test_a_new_project_passes_its_own_tests(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "hello"
    assert run("new", "Demo.HelloServer.GreeterObj", str(folder)) == 0
    assert capsys.readouterr().out.endswith(f"next: {folder / 'README.md'}\n")
    for file in folder.rglob("*"):
        if file.is_file() and file.suffix != ".typed":
            text = file.read_text()
            assert text.endswith("\n")
            assert "{{" not in text
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "2 passed" in done.stdout, done.stdout + done.stderr


def free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        for each in (one, other):
            each.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A new project whose server runs: its folder, and the object with its endpoint."""
    folder = tmp_path / "hello"
    assert run("new", "Demo.HelloServer.GreeterObj", str(folder)) == 0
    port, admin = free_ports()
    conf = folder / "local.conf"
    text = conf.read_text().replace("-p 18600", f"-p {port}")
    conf.write_text(text.replace("-p 18601", f"-p {admin}"))
    server = subprocess.Popen(
        [sys.executable, "server.py", "--config=local.conf"], cwd=folder
    )
    try:
        deadline = time.monotonic() + 30
        while not listens(port):
            assert server.poll() is None
            assert time.monotonic() < deadline, "the server does not listen"
            time.sleep(0.05)
        yield folder, f"Demo.HelloServer.GreeterObj@tcp -h 127.0.0.1 -p {port}"
    finally:
        server.terminate()
        assert server.wait(30) == 0


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def test_a_new_project_serves_its_client_and_tars2py_call(
    serving: tuple[Path, str], capfd: pytest.CaptureFixture[str]
) -> None:
    folder, target = serving
    done = subprocess.run(
        [sys.executable, "client.py", "Ann", target],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout == "Hello, Ann!\n", done.stderr
    idl = str(folder / "Greeter.tars")
    capfd.readouterr()
    assert run("call", idl, target, "--json", "hello", "--request.name=Bo") == 0
    assert json.loads(capfd.readouterr().out) == {"text": "Hello, Bo!", "number": 2}
    assert run("call", idl, target, "hello") == 1
    assert "expected a name, got none" in capfd.readouterr().err
    assert run("call", idl, target, "hello", "--request.nme=x") == 2
    assert run("call", "--interface", "Greter", idl, target, "hello") == 2


@pytest.mark.parametrize("name", ["json.S.XObj", "A.B.A", "tars.b_c.Obj"])
def test_names_that_need_care(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "it"
    assert run("new", name, str(folder)) == 0
    assert run("check", "--werror", *map(str, folder.glob("*.tars"))) == 0


def test_a_name_that_the_language_refuses(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("new", "module.B.C", str(tmp_path / "it")) == 2
    assert capsys.readouterr().err == (
        "tars2py: error: expected names that the language allows, got 'module.B.C': "
        "expected a name, got 'module'\n"
    )
    assert not (tmp_path / "it").exists()


def test_a_folder_with_something_in_it_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine").write_text("")
    assert run("new", "A.B.C", str(tmp_path)) == 2
    assert "expected an empty folder" in capsys.readouterr().err
