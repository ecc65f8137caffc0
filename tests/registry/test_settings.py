"""The settings of ``serve``: flags, variables and the file, and each mistake in one line."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from tars_registry.app.settings import SETTINGS

from tests.registry.program import Process, run, say


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(
            ("serve", "--port", "99999"),
            "--port: expected a whole number from 0 to 65535, got '99999'",
            id="port",
        ),
        pytest.param(
            ("serve", "--access", "maybe"),
            "--access: expected one of off, report, require",
            id="mode",
        ),
        pytest.param(
            ("serve", "--db", "/nowhere/r.db"),
            "/nowhere/r.db: expected a folder that can be written",
            id="folder",
        ),
        pytest.param(
            ("serve", "--db", "u:secret@h/d"),
            "--db: expected sqlite:///PATH",
            id="database",
        ),
        pytest.param(
            ("serve", "--db", "u:secret@tcp(127.0.0.1:{closed})/d"),
            "MySQL 127.0.0.1:{closed}/d: Can't connect",
            id="no database",
        ),
        pytest.param(
            ("serve", "--networks", "10.0.0.0/99"),
            "--networks: expected networks like",
            id="networks",
        ),
        pytest.param(
            ("serve", "--token-file", "/nowhere"),
            "--token-file: expected a readable file",
            id="token",
        ),
        pytest.param(
            ("serve", "--host", "0.0.0.0"),
            "--node: listening on 0.0.0.0 says nothing",
            id="node",
        ),
        pytest.param(
            ("serve", "--node", "a b"),
            "--node: expected an address or a host name, without blanks, got 'a b'",
            id="blank",
        ),
        pytest.param(
            ("ls", "--registry", "nonsense"),
            "--registry: expected HOST:PORT",
            id="address",
        ),
        pytest.param(
            ("ls", "--registry", "127.0.0.1:{closed}"),
            "127.0.0.1:{closed}",
            id="nobody there",
        ),
        pytest.param(
            ("import", "/nowhere"),
            "expected a readable file, got No such file or directory",
            id="import",
        ),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    closed_port: int,
    arguments: tuple[str, ...],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments, said = (
        tuple(each.replace("{closed}", str(closed_port)) for each in arguments),
        said.replace("{closed}", str(closed_port)),
    )
    before = [signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)]
    done = say(*arguments)
    lines = done.err.splitlines()
    assert done.code == 2, done
    assert len(lines) == 1
    assert lines[0].startswith("tarsregistry: ")
    assert said in lines[0]
    assert "secret" not in done.err
    assert done.out == ""
    after = [signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)]
    assert after == before, "the caller's signals are its own again"


def test_a_configuration_file_gives_what_no_flag_does(tmp_path: Path) -> None:
    (tmp_path / "conf").write_text(
        "<tars>\n<application>\n<server>\nlocalip=127.0.0.1\n</server>\n</application>\n"
        f"<registry>\nport=99999\naccess=require\ntoken-file={tmp_path / 'token'}\n"
        "</registry>\n</tars>\n"
    )
    (tmp_path / "token").write_text("secret")
    registry = Process(tmp_path, "--config", str(tmp_path / "conf"))
    assert "access require" in registry.ready, "and the flag --port wins over the file"
    assert registry.end() == 0


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("port=many", "conf:3: port: expected a whole number from 0 to 65535"),
        (
            "colour=red",
            "conf:3: expected a setting of tarsregistry serve, got 'colour'",
        ),
    ],
)
def test_a_mistake_in_the_file_is_named_by_its_line(
    tmp_path: Path, line: str, said: str
) -> None:
    (tmp_path / "conf").write_text(
        f"<tars>\n<registry>\n{line}\n</registry>\n</tars>\n"
    )
    done = run("serve", "--config", "conf", cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_taken_port_is_one_line_and_exit_code_2(
    registry: Process, tmp_path: Path
) -> None:
    done = run(
        "serve", "--port", str(registry.port), "--db", str(tmp_path / "other.db")
    )
    assert done.returncode == 2
    assert str(registry.port) in done.stderr
    assert "Traceback" not in done.stderr


def test_a_taken_http_port_that_was_asked_for_is_an_error(
    registry: Process, tmp_path: Path
) -> None:
    other = str(tmp_path / "other.db")
    done = run("serve", "--port", "0", "--http-port", str(registry.http), "--db", other)
    assert done.returncode == 2
    assert f"HTTP port {registry.http}" in done.stderr
    assert "Traceback" not in done.stderr


def test_help_shows_every_setting() -> None:
    text = say("serve", "--help").out
    for setting in SETTINGS:
        assert setting.flag in text
        for variable in setting.variables:
            assert variable in text
