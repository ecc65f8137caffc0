"""What a registry, or none, does to supervisor and hook: mute, slow, refusing, lying, insisting."""

from __future__ import annotations

import os
import time
from pathlib import Path

from tests.tarscli.fake_registry import FakeRegistry
from tests.tarscli.room import Room, wait_until
from tests.tarscli.side_by_side import side_by_side


def test_no_registry_holds_up_heartbeat_checks_or_sigterm(tmp_path: Path) -> None:
    def scenario(room: Room, registry: FakeRegistry) -> None:
        registry.mode = registry.notify_mode = room.root.name
        supervisor = room.supervise()
        room.wait_event("listening", timeout=5)
        wait_until(room.layout.status.exists, "the status file")
        for _ in range(5):
            time.sleep(0.3)
            assert room.run("hzcheck", "--live").returncode == 0
        began = time.monotonic()
        assert supervisor.stop() == 0
        assert time.monotonic() - began < 10
        assert room.events()[-1] == "end"

    modes = ("mute", "refuse", "lie")
    side_by_side(tmp_path, dict.fromkeys(modes, scenario))


def test_a_registry_that_nobody_listens_for(room: Room, registry: FakeRegistry) -> None:
    registry.stop_listening()
    supervisor = room.supervise()
    room.wait_event("listening", timeout=5)
    wait_until(lambda: "the registry was not reached" in supervisor.said(), "a message")
    assert supervisor.stop() == 0


def test_a_slow_registry_is_enough(room: Room, registry: FakeRegistry) -> None:
    registry.mode = "slow"
    room.supervise().wait_word("active")


def test_a_mute_notify_service_delays_nothing(
    room: Room, registry: FakeRegistry
) -> None:
    registry.notify_mode = "mute"
    began = time.monotonic()
    supervisor = room.supervise()
    supervisor.wait_word("active")
    assert time.monotonic() - began < 10
    assert supervisor.stop() == 0


def test_the_last_address_of_the_registry_serves_when_queries_fail(
    room: Room, registry: FakeRegistry, closed_port: int
) -> None:
    supervisor = room.supervise()
    supervisor.wait_word("active")
    assert supervisor.stop() == 0
    cache = room.layout.cache("tars.tarsregistry.Registry")
    assert cache.read_text() == (
        f"tars.tarsregistry.Registry@tcp -h 127.0.0.1 -p {registry.port} -t 3000"
    )
    os.utime(cache, (time.time() - 3600, time.time() - 3600))
    supervisor = room.supervise(TARS_LOCATOR=f"q@tcp -h 127.0.0.1 -p {closed_port}")
    supervisor.wait_word("active")


def test_it_serves_also_when_answers_cannot_be_read(
    room: Room, registry: FakeRegistry
) -> None:
    cache = room.layout.cache("tars.tarsregistry.Registry")
    cache.parent.mkdir(parents=True, exist_ok=True)
    cache.write_text(f"tars.tarsregistry.Registry@tcp -h 127.0.0.1 -p {registry.port}")
    os.utime(cache, (time.time() - 3600, time.time() - 3600))
    registry.mode = "babble"
    room.supervise().wait_word("active")
    registry.wait_for("onStartup activating")


def test_prestop_is_bounded_with_any_registry_and_still_tells_the_server(
    tmp_path: Path,
) -> None:
    def scenario(room: Room, registry: FakeRegistry) -> None:
        supervisor = room.supervise()
        supervisor.wait_word("active")
        registry.mode = room.root.name
        began = time.monotonic()
        done = room.run("prestop", TARS_PRESTOP_WAITTIME="1s")
        took = time.monotonic() - began
        assert done.returncode == 0
        assert 1 <= took < 9
        assert "deactivating was not taken" in done.stderr
        assert "notify prestop" in room.events()
        assert room.run("prestop", "--strict").returncode == 0

    modes = ("mute", "refuse", "mute-calls")
    side_by_side(tmp_path, dict.fromkeys(modes, scenario))


def test_prestop_strict_tells_of_an_unreachable_registry(
    room: Room, registry: FakeRegistry
) -> None:
    room.supervise().wait_word("active")
    registry.mode = "refuse"
    assert room.run("prestop", "--strict").returncode == 4


def test_prestop_alone_when_the_supervisor_is_dead(
    room: Room, registry: FakeRegistry
) -> None:
    supervisor = room.supervise()
    supervisor.wait_word("active")
    supervisor.process.kill()
    supervisor.process.wait(10)
    done = room.run("prestop", "--strict", TARS_PRESTOP_WAITTIME="200ms")
    assert done.returncode == 0, done.stderr
    registry.wait_for("keepAlive deactivating", "onPrestop")
    assert room.layout.status.read_text() == "deactivating"
    assert "this server has left already" in room.run("prestop").stderr


def test_prestop_alone_is_known_to_a_registry_that_insists(
    room: Room, registry: FakeRegistry
) -> None:
    registry.reply_context, registry.mode = {"secret": "s3cret"}, "insist"
    supervisor = room.supervise(POD_UID="uid")
    supervisor.wait_word("active")
    supervisor.process.kill()
    supervisor.process.wait(10)
    assert room.layout.identity.stat().st_mode & 0o777 == 0o600
    words = ("registry", "keepAlive", "--req.state", "inactive")
    done = room.run(*words, POD_UID="uid")
    assert done.returncode == 0, done.stderr
    done = room.run("prestop", "--strict", POD_UID="uid")
    assert done.returncode == 0, done.stderr
    _, name, _, context = registry.calls[-1]
    assert (name, context["secret"]) == ("onPrestop", "s3cret")
    assert context["instance"].startswith("uid.")


def test_the_identity_of_an_earlier_life_is_not_used(
    room: Room, registry: FakeRegistry
) -> None:
    assert room.run("genconf").returncode == 0
    for text in ('{"life": "another", "secret": "s"}', '{"secret": 1}', "[]", "{"):
        room.layout.identity.write_text(text)
        room.layout.prestop.unlink(missing_ok=True)
        assert room.run("prestop", "--strict").returncode == 1
        assert registry.calls[-1][1] == "onPrestop"
        assert registry.calls[-1][3] == {}


def test_a_marker_of_an_earlier_life_is_ignored(
    room: Room, registry: FakeRegistry
) -> None:
    room.layout.data.mkdir()
    room.layout.prestop.write_text("done\nanother boot, another pod")
    supervisor = room.supervise()
    supervisor.wait_word("active")
    assert room.run("prestop", "--strict").returncode == 0
    registry.wait_for("keepAlive deactivating", "onPrestop")


def test_the_drain_ends_early_on_evidence_and_not_without(
    room: Room, registry: FakeRegistry
) -> None:
    idle = '{"inflight": 0, "connections": 3, "idle_ms": 60000}'
    supervisor = room.supervise(FAKE_EVIDENCE=idle)
    supervisor.wait_word("active")
    words = ("prestop", "--prestop-waittime", "15s", "--drain-min", "500ms")
    began = time.monotonic()
    done = room.run(*words)
    assert 0.5 <= time.monotonic() - began < 8
    assert "no request is in flight and none came" in done.stderr


def test_a_drain_can_be_undone(room: Room, registry: FakeRegistry) -> None:
    supervisor = room.supervise()
    supervisor.wait_word("active")
    assert room.run("prestop", "--strict").returncode == 0
    assert room.run("start").returncode == 0
    supervisor.wait_word("active")
    registry.wait_for("onPrestop", "onStartup activating", "keepAlive active")
    time.sleep(1.2)
    assert supervisor.word() == "active"
    assert len(room.server_pids()) == 1


def test_a_hook_of_another_tool_silences_the_supervisor(
    room: Room, registry: FakeRegistry
) -> None:
    """The Go tool's prestop writes a bare marker and speaks to the registry itself."""
    supervisor = room.supervise()
    supervisor.wait_word("active")
    room.layout.prestop.write_text("done")
    supervisor.wait_word("deactivating")
    said = len(registry.calls)
    time.sleep(1.3)
    assert len(registry.calls) == said
    assert supervisor.stop() == 0
    assert "onPrestop" not in registry.names()
