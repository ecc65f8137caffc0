"""How a server leaves and comes back: decisions, without a process, a clock or a network."""

from __future__ import annotations

import pytest
from tarscli.states import (
    Begin,
    Check,
    Drain,
    Drained,
    End,
    Event,
    Exited,
    ExitStatus,
    Gone,
    Kill,
    Left,
    Ordered,
    Prestop,
    Register,
    Report,
    Shutdown,
    Signalled,
    Silence,
    Start,
    StopFile,
    Tick,
    Word,
    WriteStatus,
)

from tests.tarscli.machine import BAD, OK, Machine, kinds

# Leaving.


def test_sigterm_drains_then_stops_then_ends() -> None:
    machine = Machine().active()
    actions = machine.feed(Signalled())
    assert kinds(actions) == ["WriteStatus", "Drain"]
    assert actions == [WriteStatus(Word.DEACTIVATING), Drain(70.0)]
    machine.now += 65
    assert machine.feed(Drained(True)) == [Shutdown(20.0)]
    assert machine.feed(Exited(ExitStatus(0))) == [End(0, deregister=False)]


def test_a_server_that_does_not_end_is_killed_inside_the_grace_period() -> None:
    machine = Machine(grace_period=30.0, prestop_waittime=0.0).active()
    machine.feed(Signalled(), Drained(True))
    assert Kill() not in machine.wait(24.9)
    assert Kill() in machine.wait(0.2)
    assert Kill() in machine.wait(1.1)
    assert machine.feed(Gone()) == [End(0, deregister=False)]


def test_after_the_hook_sigterm_stops_at_once_within_what_is_left() -> None:
    machine = Machine().active()
    assert machine.feed(Prestop()) == [WriteStatus(Word.DEACTIVATING), Drain(80.0)]
    assert machine.feed(Prestop()) == []
    machine.now += 75
    assert machine.feed(Drained(True)) == []
    assert machine.feed(Signalled()) == [Shutdown(10.0)]


def test_a_hook_of_another_process_counts() -> None:
    machine = Machine().active()
    assert machine.feed(Left()) == [WriteStatus(Word.DEACTIVATING), Silence()]
    assert machine.feed(Left(), OK) == []
    assert machine.feed(Signalled()) == [Shutdown(60.0)]
    assert machine.feed(Exited(ExitStatus(0))) == [End(0, deregister=False)]


def test_sigterm_within_the_hook_waits_for_it() -> None:
    machine = Machine().active()
    machine.feed(Prestop())
    assert machine.feed(Signalled()) == []
    assert kinds(machine.feed(Drained(True))) == ["Shutdown"]


@pytest.mark.parametrize(
    "reason", [Prestop(), Signalled(), Left()], ids=lambda each: type(each).__name__
)
def test_checks_say_nothing_any_more_once_leaving(reason: Event) -> None:
    machine = Machine().active()
    machine.feed(reason)
    for event in (OK, BAD, OK):
        machine.now += 10
        assert machine.feed(event) == []
    assert machine.word is Word.DEACTIVATING


def test_a_server_that_dies_while_leaving_is_not_started_again() -> None:
    machine = Machine().active()
    machine.feed(Prestop(), Exited(ExitStatus(1)))
    assert Start(again=True) not in machine.wait(600)
    machine.feed(Drained(False))
    assert machine.feed(Signalled()) == [End(0, deregister=True)]


def test_a_second_signal_hurries_and_a_third_kills() -> None:
    machine = Machine().active()
    machine.feed(Signalled())
    assert kinds(machine.feed(Signalled())) == ["Shutdown"]
    assert machine.state.kill_at == machine.now + 5.0
    assert machine.feed(Signalled()) == [Kill()]
    assert machine.feed(Exited(ExitStatus(signal=9))) == [End(0, deregister=True)]


def test_a_second_signal_hurries_a_stop_that_has_begun() -> None:
    machine = Machine().active()
    machine.feed(Prestop(), Drained(True))
    assert kinds(machine.feed(Signalled())) == ["Shutdown"]
    assert machine.feed(Signalled()) == []
    assert machine.state.kill_at == machine.now + 5.0


def test_sigterm_without_a_server_only_deregisters() -> None:
    machine = Machine()
    machine.feed(Begin(), Exited(ExitStatus(1)))
    assert machine.feed(Signalled()) == [WriteStatus(Word.DEACTIVATING), Drain(0.0)]
    assert machine.feed(Drained(True)) == [End(0, deregister=False)]


def test_a_second_signal_ends_a_drain_without_a_server() -> None:
    machine = Machine()
    machine.feed(Begin(), Exited(ExitStatus(1)), Signalled())
    assert machine.feed(Signalled()) == [End(0, deregister=True)]


def test_the_drain_of_a_hook_stays_inside_the_grace_period() -> None:
    machine = Machine(grace_period=30.0, prestop_waittime=300.0).active()
    assert Drain(25.0) in machine.feed(Prestop())
    machine = Machine().active()
    assert Drain(2.0) in machine.feed(Prestop(2.0))
    assert Drain(0.0) in Machine().active().feed(Prestop(0.0))


# A drain, undone and broken off.


def test_start_undoes_a_drain() -> None:
    machine = Machine().active()
    machine.feed(Prestop(), Drained(True), Exited(ExitStatus(0)))
    actions = machine.feed(Ordered("start"))
    assert kinds(actions) == ["WriteStatus", "Start", "Hook", "Report", "Register"]
    assert machine.word is Word.ACTIVATING
    assert Report(Word.ACTIVE) in machine.feed(OK)


def test_start_undoes_a_drain_of_a_server_that_still_runs() -> None:
    machine = Machine().active()
    machine.feed(Prestop(), Drained(True))
    told = Report(Word.ACTIVATING)
    status = WriteStatus(Word.ACTIVATING)
    assert machine.feed(Ordered("start")) == [status, told, Register()]
    assert Check() in machine.wait(0.1)
    assert Report(Word.ACTIVE) in machine.feed(OK)


def test_a_drain_that_a_second_signal_broke_off_does_not_end_the_stop() -> None:
    machine = Machine().active()
    machine.feed(Signalled(), Signalled())
    assert machine.feed(Drained(False)) == []
    assert machine.feed(Exited(ExitStatus(0))) == [End(0, deregister=True)]


def test_nothing_is_done_after_the_end() -> None:
    machine = Machine(restart="never").active()
    machine.feed(Exited(ExitStatus(1)))
    for event in (Tick(), OK, Signalled(), Gone(), Ordered("start"), StopFile(False)):
        assert machine.feed(event) == []
