"""What one may ask of a supervisor: token, metrics port, probes over HTTP, scripts, hooks."""

from __future__ import annotations

import socket
import urllib.error
import urllib.request

from tests.tarscli.fake_registry import FakeRegistry
from tests.tarscli.room import Room, alive, environment_of, wait_until


def test_a_token_is_for_the_registry_alone(room: Room, registry: FakeRegistry) -> None:
    token = room.root / "token"
    token.write_text("s3cret\n")
    supervisor = room.supervise(TARS_TOKEN_FILE=str(token))
    supervisor.wait_word("active")
    contexts = [each for _, name, _, each in registry.calls if name == "keepAlive"]
    assert contexts[-1]["token"] == "s3cret"
    assert "TARS_TOKEN_FILE" not in environment_of(room.server_pids()[0])
    assert supervisor.stop() == 0
    for path in (*room.layout.data.iterdir(), *room.layout.log.iterdir()):
        assert "s3cret" not in path.read_text(), path
    done = room.run("supervisor", TARS_TOKEN_FILE="/nonexistent")
    assert done.returncode == 2
    assert "TARS_TOKEN_FILE=/nonexistent: cannot be read" in done.stderr


def test_a_metrics_port_is_registered_after_the_server(
    room: Room, registry: FakeRegistry
) -> None:
    with room.layout.meta.open("a") as file:
        file.write("metrics_port: 9100\n")
    room.supervise().wait_word("active")
    registry.wait_for("onStartup activating", "registerMetrics", "keepAlive active")


def test_probes_over_http(room: Room, registry: FakeRegistry) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    registry.mode = "mute"
    supervisor = room.supervise(TARS_PROBE_PORT=str(port))

    def get(path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{port}{path}", timeout=5
            ) as page:
                return page.status, page.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError as error:
            return 0, str(error)

    wait_until(lambda: get("/live")[0] == 200, "/live")
    assert get("/ready")[0] == 503
    registry.mode = "ok"
    supervisor.wait_word("active")
    assert get("/ready") == (200, "active\n")
    assert get("/startup") == (200, "started\n")
    assert get("/other")[0] == 404
    status, text = get("/metrics")
    assert status == 200
    assert "\ntarscli_server_active 1\n" in text
    assert "\ntarscli_server_starts_total 1\n" in text
    with socket.create_connection(("127.0.0.1", port)) as raw:
        raw.sendall(b"POST / HTTP/1.1\r\n\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 405")


def test_scripts_and_hooks(room: Room, registry: FakeRegistry) -> None:
    log = room.root / "scripts"
    supervisor = room.supervise(
        TARS_BEFORE_CHECK_SCRIPT=f"echo check >> {log}; test ! -e {room.root}/sick",
        TARS_STOP_PATH=f"echo stop >> {log}",
        TARS_HOOK=f"echo $TARS_EVENT >> {log}",
    )
    supervisor.wait_word("active")
    wait_until(lambda: "active" in log.read_text(), "the hook")
    assert log.read_text().splitlines()[0] in ("check", "start")
    (room.root / "sick").touch()
    supervisor.wait_word("inactive")
    assert "TARS_BEFORE_CHECK_SCRIPT ended with exit code 1" in supervisor.said()
    (room.root / "sick").unlink()
    supervisor.wait_word("active")
    assert room.run("restart").returncode == 0
    assert "stop" in log.read_text().splitlines()


def test_a_script_that_hangs_is_ended_with_its_children(
    room: Room, registry: FakeRegistry
) -> None:
    pids = room.root / "pids"
    supervisor = room.supervise(
        TARS_BEFORE_CHECK_SCRIPT=f"sleep 600 & echo $! >> {pids}; wait",
        TARS_CHECK_SCRIPT_TIMEOUT="200ms",
    )
    room.wait_event("listening")
    assert "TARS_BEFORE_CHECK_SCRIPT did not end within 0.2 s" in supervisor.said()
    for pid in pids.read_text().split():
        wait_until(lambda pid=int(pid): not alive(pid), "no sleep left")  # type: ignore[misc]  # bound
