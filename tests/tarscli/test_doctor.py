"""``tarscli doctor``: each trouble with its fix, and what it asks of others."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tarscli.clock import skew

from tests.certificates import HAS_OPENSSL, self_signed
from tests.tarscli.fake_registry import FakeRegistry
from tests.tarscli.room import Room


def findings(room: Room, **environment: str) -> dict[str, dict[str, str]]:
    done = room.run("doctor", "-o", "json", **environment)
    return {each["name"]: each for each in json.loads(done.stdout)}


def test_a_healthy_server_has_no_failures(room: Room, registry: FakeRegistry) -> None:
    room.supervise().wait_word("active")
    found = findings(room, TARS_PRESTOP_WAITTIME="65s", TARS_GRACE_PERIOD="90s")
    assert {each["name"] for each in found.values() if each["level"] == "fail"} == set()
    assert found["registry"]["level"] == "ok"
    assert found["server"]["level"] == "ok"
    assert found["probe"]["level"] == "ok"
    done = room.run("doctor", TARS_PRESTOP_WAITTIME="65s", TARS_GRACE_PERIOD="90s")
    assert done.returncode == 0
    assert "\x1b" not in done.stdout


def test_each_trouble_is_found_with_its_fix(room: Room, registry: FakeRegistry) -> None:
    registry.mode = "empty"
    room.layout.data.mkdir()
    room.layout.stop.touch()
    room.layout.prestop.write_text("done\nof another life")
    room.layout.start_script.chmod(0o644)
    room.layout.meta.write_text("adaptors: []\n")
    del room.environment["POD_IP"]
    found = findings(
        room,
        TARS_RAND_PORT_MIN="32000",
        TARS_RAND_PORT_MAX="40000",
        TARS_GRACE_PERIOD="30s",
    )
    levels = {name: each["level"] for name, each in found.items()}
    assert levels["meta file"] == "fail"
    assert levels["start script"] == "fail"
    assert levels["port range"] == "warn"
    assert levels["registry"] == "fail"
    assert levels["server"] == "warn"
    assert levels["probe"] == "fail"
    assert levels["markers"] == "warn"
    assert levels["grace period"] == "fail"
    assert all(each["fix"] for each in found.values() if each["level"] != "ok")
    assert room.run("doctor").returncode == 1


# Clocks.


def test_the_skew_is_the_smallest_that_explains_the_date() -> None:
    assert skew(formatdate(1000, usegmt=True), 1000.9, 1000.95) == 0
    assert skew(formatdate(1000, usegmt=True), 999.9, 1000.1) == 0
    assert skew(formatdate(1030, usegmt=True), 1000.0, 1001.0) == 29
    assert skew(formatdate(970, usegmt=True), 1000.0, 1001.0) == -29
    for text in ("", "yesterday"):
        with pytest.raises(ValueError):  # noqa: PT011  # the texts are Python's
            skew(text, 0, 1)


class Pages(BaseHTTPRequestHandler):
    """Answers each GET with the server's ``answer``, and its clock."""

    server: Answering

    def date_time_string(self, timestamp: float | None = None) -> str:
        return formatdate(time.time() + self.server.ahead, usegmt=True)

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers.get("Authorization", "")))
        status, body = self.server.answer
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


class Answering(ThreadingHTTPServer):
    ahead = 0.0
    answer = (200, "")

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Pages)
        self.asked: list[tuple[str, str]] = []


@contextmanager
def answering(context: ssl.SSLContext | None = None) -> Iterator[Answering]:
    with Answering() as server:
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def test_a_clock_that_is_wrong_is_found(room: Room, registry: FakeRegistry) -> None:
    with answering() as server:
        port = str(server.server_address[1])

        def clock(ahead: float) -> dict[str, str]:
            server.ahead = ahead
            return findings(room, TARS_REGISTRY_HTTP_PORT=port)["clock"]

        assert clock(0)["text"] == "agrees with the registry's"
        found = clock(10)
        assert found["level"] == "warn"
        assert found["text"].endswith("s behind the registry's")
        assert "NTP" in found["fix"]
        found = clock(-100)
        assert found["level"] == "fail"
        assert found["text"].endswith("s ahead of the registry's")


def test_without_a_date_the_clocks_are_not_compared(
    room: Room, registry: FakeRegistry
) -> None:
    """The registry's RPC port speaks no HTTP, and nobody listens on port 1."""
    for port in ("1", str(registry.port)):
        found = findings(room, TARS_REGISTRY_HTTP_PORT=port, TARS_CALL_TIMEOUT="1s")
        assert found["clock"]["level"] == "ok"
        assert "not compared with the registry's" in found["clock"]["text"]
    assert "clock" not in findings(room, TARS_REGISTRY_HTTP_PORT="0")


# The pod's spec.


@pytest.fixture
def account(tmp_path: Path) -> Path:
    """A service account's mount; its certificate is also the API server's."""
    if not HAS_OPENSSL:
        pytest.skip("the program openssl makes the certificate")
    folder = tmp_path / "account"
    folder.mkdir()
    self_signed(folder, "api", "IP:127.0.0.1")
    (folder / "api.pem").rename(folder / "ca.crt")
    (folder / "token").write_text("t0ken\n")
    (folder / "namespace").write_text("prod")
    return folder


def test_the_grace_period_is_the_pods(
    room: Room, registry: FakeRegistry, account: Path
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(account / "ca.crt", account / "api.key")
    with answering(context) as server:

        def grace(told: str, **environment: str) -> dict[str, str]:
            given = {
                "KUBERNETES_SERVICE_HOST": "127.0.0.1",
                "KUBERNETES_SERVICE_PORT": str(server.server_address[1]),
                "TARS_SERVICE_ACCOUNT": str(account),
                "TARS_GRACE_PERIOD": told,
                "TARS_PRESTOP_WAITTIME": "80s",
                "POD_NAME": "hello-1",
            }
            return findings(room, **{**given, **environment})["grace period"]

        server.answer = (200, '{"spec": {"terminationGracePeriodSeconds": 105}}')
        found = grace("105s")
        assert (found["level"], found["text"]) == (
            "ok",
            "the pod's 105 s hold drain and stop",
        )
        path = "/api/v1/namespaces/prod/pods/hello-1"
        assert server.asked[-1] == (path, "Bearer t0ken")
        found = grace("90s")
        assert found["level"] == "warn"
        assert found["text"] == "the pod has 105 s, TARS_GRACE_PERIOD says 90 s"
        server.answer = (200, '{"spec": {"terminationGracePeriodSeconds": 30}}')
        assert grace("105s")["level"] == "fail"
        for server.answer in ((403, ""), (200, "[]"), (200, "{"), (200, '{"spec": 1}')):
            found = grace("105s")
            assert found["text"] == "TARS_GRACE_PERIOD's 105 s hold drain and stop"
        found = grace("105s", TARS_SERVICE_ACCOUNT="/nonexistent")
        assert found["level"] == "ok"
