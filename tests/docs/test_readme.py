"""The service of the README, step by step: compiled, served, called."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.compiler.command import run
from tests.docs.blocks import blocks
from tests.docs.server import free_port, running


def test_your_own_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (idl,) = [each for each in blocks("README.md") if each.startswith("module Demo")]
    (compiled,) = [each for each in blocks("README.md") if each.startswith("tars2py ")]
    server, client = blocks("README.md", "python")
    port = free_port()
    assert client.count("-p 20001") == 1
    (tmp_path / "Hello.tars").write_text(idl)
    (tmp_path / "server.py").write_text(server)
    (tmp_path / "client.py").write_text(client.replace("20001", str(port)))
    monkeypatch.chdir(tmp_path)
    assert run(*compiled.split()[1:]) == 0
    with running(tmp_path / "server.py", tmp_path, port):
        done = subprocess.run(
            [sys.executable, "client.py"], capture_output=True, text=True, timeout=30
        )
    assert (done.stdout, done.stderr) == ("Hello, Ann!\n", "")
