"""tarscli beside this project's own registry: real processes on both sides."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.tarscli.room import Room, Supervisor, wait_until

pytest.importorskip("sqlalchemy", reason="the registry extra is not installed")

PROGRAM = "import sys; from tars_registry.app import main; sys.exit(main())"
OBJECT = "Demo.HelloServer.HelloObj"


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder = tmp_path_factory.mktemp("registry")
    with socket.create_server(("127.0.0.1", 0)) as free:
        number = int(free.getsockname()[1])
    words = [
        "-c",
        PROGRAM,
        "serve",
        "--host",
        "127.0.0.1",
        "--port",
        str(number),
    ]
    words += ["--http-port", "off", "--db", str(folder / "registry.db")]
    with (folder / "registry.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, *words], stdout=log, stderr=log)
    try:
        wait_until(
            lambda: _listens(number) or process.poll() is not None, "the registry"
        )
        assert process.poll() is None, (folder / "registry.log").read_text()
        yield number
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def supervisor(
    tmp_path_factory: pytest.TempPathFactory, port: int
) -> Iterator[Supervisor]:
    locator = f"tars.tarsregistry.QueryObj@tcp -h 127.0.0.1 -p {port}"
    room = Room(tmp_path_factory.mktemp("room") / "tars", locator)
    try:
        started = room.supervise()
        started.wait_word("active")
        yield started
    finally:
        room.close()


def states(room: Room) -> list[str]:
    done = room.run("ls", OBJECT, "-o", "json")
    return [each["state"] for each in json.loads(done.stdout)]


def test_json_calls_of_a_real_server(supervisor: Supervisor, port: int) -> None:
    room = supervisor.room
    target = f"tars.tarsregistry.ManageObj@tcp -h 127.0.0.1 -p {port}"
    pattern = json.dumps(
        {"pattern": {"application": "demo", "server": "*", "node": ""}, "after": {}}
    )
    done = room.run("call", target, "servers", "--json", pattern, "-o", "json")
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(done.stdout)["tars_ret"]
    assert row["server"].lower() == "helloserver"
    assert room.run("call", target, "noSuchMethod").returncode == 3


def test_a_server_whose_row_vanished_is_registered_again(
    supervisor: Supervisor, port: int
) -> None:
    """The rows are deleted behind the supervisor's back: the next beat brings them again."""
    room = supervisor.room
    request = {"nodeName": "127.0.0.1", "application": "Demo", "server": "HelloServer"}
    words = f"tars.tarsregistry.Registry.onPrestop@tcp -h 127.0.0.1 -p {port}"
    done = room.run("call", words, "--json", json.dumps({"req": request}))
    assert done.returncode == 0, done.stderr
    wait_until(
        lambda: "the registry does not know this server" in supervisor.said(),
        "a beat",
        25,
    )
    wait_until(lambda: states(room) == ["active"], "a new registration", 25)


def test_registered_drained_undrained_deregistered(supervisor: Supervisor) -> None:
    room = supervisor.room
    wait_until(lambda: states(room) == ["active"], "one active endpoint")
    resolved = room.run("resolve", OBJECT).stdout
    assert resolved.startswith(f"{OBJECT}@tcp -h 127.0.0.1 -p ")
    done = room.run("drain")
    assert done.returncode == 0, done.stderr
    assert "drained: " in done.stderr
    wait_until(lambda: states(room) == ["inactive"], "a drained endpoint")
    done = room.run("undrain", "Demo.HelloServer", "127.0.0.1")
    assert done.returncode == 0, done.stderr
    wait_until(lambda: states(room) == ["active"], "an active endpoint")
    assert room.run("drain", "Demo.Nobody").returncode == 1
    assert room.run("drain", "Demo.*").returncode == 2
    assert room.run("prestop", "--strict").returncode == 0
    assert states(room) == []
