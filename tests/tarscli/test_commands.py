"""The other commands, as people type them."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path

import pytest
from tarscli.commands import COMMANDS
from tarscli.settings import SETTINGS

from tests.tarscli.fake_registry import REGISTRY, FakeRegistry
from tests.tarscli.room import Room

# Command line.


def test_no_command_and_unknown_ones(room: Room) -> None:
    done = room.run()
    assert (done.returncode, done.stdout) == (2, "")
    assert "expected a command" in done.stderr
    done = room.run("supervise")
    assert (done.returncode, done.stdout) == (2, "")
    assert "command not found supervise; did you mean supervisor?" in done.stderr


def test_version(room: Room) -> None:
    done = room.run("version")
    assert done.returncode == 0
    assert done.stdout.strip().count(".") == 2
    assert room.run("version", "x").returncode == 2


@pytest.mark.parametrize("command", ["stop", "status", "doctor", "config"])
def test_words_that_a_command_does_not_take_are_refused(
    room: Room, command: str
) -> None:
    done = room.run(command, "Demo.HelloServer")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("tarscli: ")
    assert line.endswith("Demo.HelloServer")


def test_words_that_k8stars_ignores_are_ignored_and_named(room: Room) -> None:
    done = room.run("genconf", "--check", "x", "y")
    assert done.returncode == 0
    assert done.stderr == "tarscli: genconf takes nothing behind it, got x y: ignored\n"


def test_help_of_all_and_of_each_is_stable_and_needs_no_valid_environment(
    room: Room,
) -> None:
    broken = {"TARS_RAND_PORT_MIN": "x", "TARS_REPORT_INTERVAL": "y"}
    first = room.run("help", **broken)
    assert first.returncode == 0
    assert room.run("-h", **broken).stdout == first.stdout
    for command in COMMANDS:
        assert f"------ {command.name} -----" in first.stdout
    for words in (("genconf", "help"), ("genconf", "--help"), ("help", "genconf")):
        done = room.run(*words, **broken)
        assert done.returncode == 0
        assert "\nUsage:\n  genconf [flags]\n" in done.stdout
        assert "\nAvailable environment variables:\n" in done.stdout
    assert "TARS_EP_UPTIME int" in done.stdout
    assert (
        "in milliseconds.\n" in done.stdout
        or "milliseconds. (default 60000)" in done.stdout
    )
    assert (
        "TARS_SERVER string    the server's name. (default HelloServer)" in done.stdout
    )


def test_every_variable_is_in_the_help_of_its_commands(room: Room) -> None:
    text = room.run("help").stdout
    for setting in SETTINGS:
        assert setting.flag in text
        assert setting.variable in text


# notify, prestop alone.


def test_notify_without_a_server(room: Room) -> None:
    done = room.run("notify", "x")
    assert done.returncode == 2
    assert "server_info.yaml: no such file; run tarscli genconf first" in done.stderr
    assert room.run("genconf").returncode == 0
    done = room.run("notify", "x")
    assert done.returncode == 1
    assert "expected a connection to 127.0.0.1:" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_notify_prints_json_and_sends_help_behind_the_separator(
    room: Room, registry: FakeRegistry
) -> None:
    room.supervise().wait_word("active")
    done = room.run("notify", "-o", "json", "--", "help")
    assert json.loads(done.stdout) == {
        "command": "help",
        "answer": "help not support now!",
    }
    assert (
        "notify|INFO|help: help not support now!" in room.layout.command_log.read_text()
    )


def test_a_mute_server_is_waited_for_no_longer_than_asked(
    room: Room, registry: FakeRegistry
) -> None:
    supervisor = room.supervise(FAKE_MUTE="1")
    room.wait_event("listening")
    began = time.monotonic()
    done = room.run("notify", "--timeout", "300ms", "x")
    assert done.returncode == 1
    assert "got none" in done.stderr
    assert time.monotonic() - began < 3
    assert supervisor.word() == "activating"


# The registry, asked.


def test_ls_and_resolve(room: Room, registry: FakeRegistry) -> None:
    supervisor = room.supervise()
    supervisor.wait_word("active")
    done = room.run("ls", REGISTRY, "-o", "json")
    assert json.loads(done.stdout)[0]["state"] == "active"
    done = room.run("ls", REGISTRY)
    assert done.stdout.splitlines()[0].split() == [
        "object",
        "state",
        "endpoint",
        "set",
        "weight",
    ]
    done = room.run("resolve", REGISTRY)
    assert done.stdout == f"{REGISTRY}@tcp -h 127.0.0.1 -p {registry.port} -t 3000\n"
    assert room.run("ls", "No.Such.Obj").returncode == 1
    done = room.run("resolve", "No.Such.Obj")
    assert done.returncode == 1
    assert "knows no active endpoint of No.Such.Obj" in done.stderr
    assert room.run("ls").returncode == 2


def test_a_registry_that_is_down_is_named(
    room: Room, registry: FakeRegistry, closed_port: int
) -> None:
    done = room.run(
        "resolve", "A.B.C", TARS_LOCATOR=f"q@tcp -h 127.0.0.1 -p {closed_port}"
    )
    assert done.returncode == 1
    assert f"127.0.0.1:{closed_port}" in done.stderr
    registry.mode = "refuse"
    done = room.run("ls", "A.B.C")
    assert done.returncode == 3
    assert "not today [code 1007]" in done.stderr


# call


def test_call_needs_an_object_a_method_and_json(
    room: Room, registry: FakeRegistry
) -> None:
    assert room.run("call").returncode == 2
    assert room.run("call", "A.B.C").returncode == 2
    done = room.run("call", "A.B.C.d", "--json", "[1]")
    assert "expected an object of parameters by name" in done.stderr
    done = room.run("call", "A.B.C.d", "--json", "{")
    assert "--json: expected a JSON object" in done.stderr


def test_a_server_without_json_mode_is_said(room: Room, registry: FakeRegistry) -> None:
    supervisor = room.supervise()
    supervisor.wait_word("active")
    target = f"AdminObj@{_admin(room)}"
    done = room.run("call", target, "shutdownn")
    assert done.returncode == 3
    done = room.run("call", target, "tars_ping")
    assert done.returncode == 1
    assert "it does not know JSON mode; use tars2py call" in done.stderr


def _admin(room: Room) -> str:
    from tarscli.info import load_info

    return load_info(room.layout.info).server.local


# logs


def test_logs(room: Room) -> None:
    room.layout.log.mkdir()
    (room.layout.log / "start.log").write_text(
        "".join(f"line {n}\n" for n in range(200))
    )
    (room.layout.log / "app").mkdir()
    (room.layout.log / "app" / "x.log").write_bytes(b"\xff\xfe\n")
    (room.layout.log / "evil.log").symlink_to("/etc/passwd")
    done = room.run("logs")
    assert done.stdout.splitlines() == [f"line {n}" for n in range(100, 200)]
    assert room.run("logs", "--tail", "1").stdout == "line 199\n"
    listed = json.loads(room.run("logs", "--list", "-o", "json").stdout)
    assert [each["name"] for each in listed] == ["app/x.log", "start.log"]
    for name in ("../bin/start.sh", "/etc/passwd", "evil.log", "stat.log"):
        done = room.run("logs", name)
        assert done.returncode == 2, name
        assert "no log named" in done.stderr
    assert "did you mean start.log?" in done.stderr


def test_logs_follow_a_rolled_file(room: Room) -> None:
    import sys

    room.layout.log.mkdir()
    path = room.layout.start_log
    path.write_text("one\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "tarscli", "logs", "-f"],
        env=room.environment,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    with process, process.stdout as out:
        assert out.readline() == b"one\n"
        with path.open("a") as file:
            file.write("two\n")
        assert out.readline() == b"two\n"
        os.replace(path, room.layout.log / "start.log.1")
        path.write_text("three\n")
        assert out.readline() == b"three\n"
        process.terminate()


# config show


def test_config_show_names_each_origin(room: Room) -> None:
    done = room.run("config", "show", "-o", "json", TARS_SET_ID="a.b.c")
    values = json.loads(done.stdout)
    assert values["set_id"] == {"value": "a.b.c", "origin": "environment TARS_SET_ID"}
    assert values["application"] == {"value": "Demo", "origin": "meta file"}
    assert values["ep_uptime"] == {"value": "60000", "origin": "default"}
    assert values["restart_max"] == {"value": "10", "origin": "default"}
    assert set(values) == {each.key for each in SETTINGS if each.variable}
    assert room.run("config").stdout.splitlines()[0].split() == [
        "option",
        "value",
        "origin",
    ]


# syncdir


def volume(tmp_path: Path) -> Path:
    """A ConfigMap volume: names are links to links into a dated directory."""
    source = tmp_path / "volume"
    dated = source / "..2024"
    dated.mkdir(parents=True)
    (dated / "start.sh").write_text("#!/bin/sh\n")
    (dated / "app.conf").write_text("a=1\n")
    (source / "..data").symlink_to("..2024")
    for name in ("start.sh", "app.conf"):
        (source / name).symlink_to(f"..data/{name}")
    (source / "alias").symlink_to(dated / "app.conf")
    (source / "deep").mkdir()
    (source / "deep" / "file").write_text("deep")
    return source


def test_syncdir_copies_a_volume_as_it_looks(room: Room, tmp_path: Path) -> None:
    source, target = volume(tmp_path), tmp_path / "target"
    environment = {
        "TARS_SYNC_DIRECTORY": str(source),
        "TARS_SYNC_TARGET_DIRECTORY": str(target),
    }
    assert room.run("syncdir", **environment).returncode == 0
    names = sorted(
        each.name for each in target.iterdir() if not each.name.startswith(".")
    )
    assert names == ["alias", "app.conf", "start.sh"]
    assert (target / "start.sh").stat().st_mode & 0o777 == 0o755
    assert (target / "app.conf").stat().st_mode & 0o111 == 0
    assert (target / "app.conf").stat().st_mtime == (
        source / "app.conf"
    ).stat().st_mtime
    again = room.run("syncdir", **environment)
    assert again.stderr == ""
    (source / "..2024" / "app.conf").write_text("a=2\n")
    assert "copied app.conf" in room.run("syncdir", **environment).stderr
    assert (target / "app.conf").read_text() == "a=2\n"


def test_syncdir_goes_deep_and_deletes_only_its_own(room: Room, tmp_path: Path) -> None:
    source, target = volume(tmp_path), tmp_path / "target"
    target.mkdir()
    (target / "theirs").write_text("not ours")
    words = (
        "syncdir",
        "--sync-directory",
        str(source),
        "--sync-target-directory",
        str(target),
    )
    assert room.run(*words, "--recursive").returncode == 0
    assert (target / "deep" / "file").read_text() == "deep"
    (source / "alias").unlink()
    assert "deleted alias" in room.run(*words, "--recursive", "--delete").stderr
    assert (target / "theirs").exists()
    assert not (target / "alias").exists()


def test_syncdir_by_content(room: Room, tmp_path: Path) -> None:
    source, target = volume(tmp_path), tmp_path / "target"
    words = (
        "syncdir",
        "--sync-directory",
        str(source),
        "--sync-target-directory",
        str(target),
    )
    room.run(*words)
    stamp = (source / "app.conf").stat()
    (target / "app.conf").write_text("b=1\n")
    os.utime(target / "app.conf", ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert room.run(*words).stderr == ""
    assert "copied app.conf" in room.run(*words, "--checksum").stderr


def test_syncdir_without_a_source_or_with_a_missing_one(room: Room) -> None:
    assert room.run("syncdir").returncode == 0
    done = room.run("syncdir", TARS_SYNC_DIRECTORY="/nonexistent")
    assert done.returncode == 2
    assert "is the volume mounted?" in done.stderr


def test_prestop_before_genconf_sets_no_marker(room: Room) -> None:
    done = room.run("prestop")
    assert done.returncode == 2
    assert "run tarscli genconf first" in done.stderr
    assert not room.layout.prestop.exists()
    assert not room.layout.status.exists()


def test_two_hooks_at_once_deregister_once(room: Room, registry: FakeRegistry) -> None:
    import sys

    assert room.run("genconf").returncode == 0
    words = [sys.executable, "-m", "tarscli", "prestop", "--prestop-waittime", "500ms"]
    hooks = [
        subprocess.Popen(words, env=room.environment, stderr=subprocess.DEVNULL)
        for _ in range(2)
    ]
    assert [each.wait(30) for each in hooks] == [0, 0]
    assert registry.names().count("onPrestop") == 1
