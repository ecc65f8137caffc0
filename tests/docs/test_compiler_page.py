"""docs/compiler.md, followed with examples/hello/Hello.tars: every command, every output."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.compiler.command import run
from tests.docs.blocks import ROOT, blocks
from tests.docs.server import free_port, running

PAGE = "docs/compiler.md"
HELLO = ROOT / "examples" / "hello"
PORT = "18600"
"""Where the page has its server."""


def command(beginning: str) -> list[str]:
    """The words of the one command of the page that begins so."""
    shell = "".join(blocks(PAGE, "sh")).replace("\\\n", "")
    (line,) = [each for each in shell.split("\n") if each.startswith(beginning)]
    return shlex.split(line, comments=True)


def output(beginning: str) -> str:
    """The one output on the page that begins so."""
    (text,) = [each for each in blocks(PAGE) if each.startswith(beginning)]
    return text


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with the file of the page."""
    shutil.copy(HELLO / "Hello.tars", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def port(folder: Path) -> Iterator[str]:
    """The port of the example's server."""
    assert run("Hello.tars", "-o", ".") == 0
    number = free_port()
    with running(HELLO / "hello_server.py", folder, number):
        yield str(number)


def test_compile(folder: Path) -> None:
    assert run(*command("tars2py Hello.tars -o generated")[1:]) == 0
    names = blocks(PAGE, "python")[0]
    subprocess.run([sys.executable, "-c", names], cwd="generated", check=True)


def test_findings(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = folder / "Hello.tars"
    file.write_text(file.read_text().replace("greet(Guest", "greet(Guset"))
    assert run("check", "Hello.tars") == 1
    assert capsys.readouterr().err == output("Hello.tars:31")
    assert run("check", "Hello.tars", "--diagnostics=json") == 1
    found = json.loads(capsys.readouterr().out)
    (shown,) = [each for each in blocks(PAGE, "json") if "severity" in each]
    assert {**found, "message": "..."} == json.loads(shown)


def test_a_servant(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = folder / "Hello.tars"
    text = file.read_text()
    older = text.replace("greet(Guest guest)", "greet(Guest visitor)")
    file.write_text(older.replace("int find(string name, out Card last);", ""))
    words = command("tars2py Hello.tars -o . --servant")[1:]
    assert run(*words) == 0
    file.write_text(text)
    assert run(*words) == 0
    assert capsys.readouterr().out == output("hello_servant.py: kept")
    (folder / "hello_servant.py").unlink()
    assert run(*words) == 0
    assert blocks(PAGE, "python")[1] in (folder / "hello_servant.py").read_text()


def test_a_command_line(folder: Path, port: str) -> None:
    assert run(*command("tars2py Hello.tars -o . --cli")[1:]) == 0
    words = [each.replace(PORT, port) for each in command("python hello_cli.py")]
    done = subprocess.run([sys.executable, *words[1:]], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("text: HELLO, ANN!\nnumber: 1\n")


def test_call(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = [each.replace(PORT, port) for each in command("tars2py call")]
    assert run(*words[1:]) == 0
    assert capsys.readouterr().out.startswith("text: Hello, Ann!\n")


def test_a_project(folder: Path) -> None:
    assert run(*command("tars2py new")[1:]) == 0
    for name in ("client.py", "_server_meta.yaml", "start.sh", "README.md"):
        assert (folder / "hello" / name).exists()


def test_one_style(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*command("tars2py fmt")[1:]) == 0
    assert run(*command("tars2py fmt")[1:], "--check") == 0
    assert capsys.readouterr().out == "reformatted Hello.tars\n"


def test_bytes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*command("tars2py decode")[1:]) == 0
    assert capsys.readouterr().out in blocks(PAGE, "json")


def test_from_python(folder: Path) -> None:
    subprocess.run([sys.executable, "-c", blocks(PAGE, "python")[2]], check=True)
    assert (folder / "generated" / "Demo" / "_Hello.py").exists()
