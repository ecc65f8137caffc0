"""``tarscli registry METHOD``: what `tars2py --cli` wrote, and what was completed by hand."""

from __future__ import annotations

import json

from tests.tarscli.fake_registry import NOTIFY, REGISTRY, FakeRegistry
from tests.tarscli.room import Room


def test_without_a_method_they_are_listed(room: Room) -> None:
    done = room.run("registry")
    assert done.returncode == 0
    for method in ("findObjectById4Any", "getLocker", "onStartup", "keepAlive"):
        assert method in done.stdout
    assert "registerQuery" not in done.stdout
    done = room.run("registry", "keepAlive", "--help")
    assert done.returncode == 0
    assert "--req.state TEXT" in done.stdout
    assert "Usage:\n  registry [flags]" in room.run("registry", "--help").stdout


def test_queries_by_field(room: Room, registry: FakeRegistry) -> None:
    words = ("registry", "findObjectByIdInSameGroup", "--id", NOTIFY)
    done = room.run(*words, "-o", "json")
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(done.stdout)["activeEp"]
    assert (row["host"], row["port"]) == ("127.0.0.1", registry.port)
    shown = room.run(*words).stdout.splitlines()
    assert "activeEp:" in shown
    assert f"    port: {registry.port}" in shown
    done = room.run("registry", "findObjectById", "-o", "json", f"--id={REGISTRY}")
    assert json.loads(done.stdout)[0]["host"] == "127.0.0.1"


def test_an_answer_that_says_no_is_exit_code_1(
    room: Room, registry: FakeRegistry
) -> None:
    done = room.run("registry", "getLocker", "--req.application", "Demo")
    assert (done.returncode, done.stdout) == (1, "1\n")
    registry.mode = "refuse"
    done = room.run("registry", "getLocker")
    assert done.returncode == 3
    assert "not today [code 1007]" in done.stderr


def test_this_pods_server_stands_in_for_what_is_left_out(
    room: Room, registry: FakeRegistry
) -> None:
    done = room.run("registry", "onPrestop")
    assert done.returncode == 2
    assert "expected --req.nodeName, --req.application, --req.server" in done.stderr
    assert registry.calls == []
    assert room.run("genconf").returncode == 0
    assert room.run("registry", "onPrestop").returncode == 0
    (request,) = (each for _, name, each, _ in registry.calls if name == "onPrestop")
    assert (request.nodeName, request.application, request.server) == (
        "127.0.0.1",
        "Demo",
        "HelloServer",
    )
    words = ("registry", "onPrestop", "--req.application", "", "--req.server", "")
    assert room.run(*words).returncode == 0
    assert registry.calls[-1][2].application == ""


def test_structs_come_in_json_and_flags_change_them(
    room: Room, registry: FakeRegistry
) -> None:
    token = room.root / "token"
    token.write_text("t0ken\n")
    adapter = {"servant": "A.B.C", "endpoint": "tcp -h 127.0.0.1 -p 1"}
    request = {"nodeName": "n", "application": "A", "server": "B", "State": "active"}
    done = room.run(
        "registry",
        "onStartup",
        "--token-file",
        str(token),
        "--req",
        json.dumps(request),
        "--req.adapters",
        json.dumps(adapter),
        "--req.disableFlow",
        "yes",
    )
    assert done.returncode == 0, done.stderr
    _, name, sent, context = registry.calls[-1]
    assert (name, sent.nodeName, sent.State, sent.disableFlow) == (
        "onStartup",
        "n",
        "active",
        True,
    )
    assert [each.servant for each in sent.adapters] == ["A.B.C"]
    assert context == {"token": "t0ken"}


def test_mistakes_are_one_line(room: Room, registry: FakeRegistry) -> None:
    for words, message in (
        (("findAll",), "invalid choice: 'findAll'"),
        (("findObjectById",), "the following arguments are required: --id"),
        (("findObjectById", "--idd", "x", "--id", "y"), "--idd"),
        (("onStartup", "--req", "{"), "in JSON '{'"),
        (("onStartup", "--req.disableFlow", "maybe"), "expected true or false"),
        (("getMetricsAdapters", "--req.filter", "x"), "expected KEY=VALUE"),
    ):
        done = room.run("registry", *words)
        assert done.returncode == 2, words
        assert message in done.stderr
        assert len(done.stderr.splitlines()) == 1
    assert registry.calls == []


def test_another_object_may_have_the_methods(
    room: Room, registry: FakeRegistry
) -> None:
    target = f"Other.Registry.Obj@tcp -h 127.0.0.1 -p {registry.port}"
    words = ("registry", "--object", target, "registerMetrics")
    assert room.run("genconf").returncode == 0
    assert room.run(*words, "--req.metricsPort", "9100").returncode == 0
    assert registry.calls[-1][2].metricsPort == 9100
