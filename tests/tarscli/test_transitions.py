"""The supervisor's decisions, without a process, a clock or a network."""

from __future__ import annotations

import pytest
from tarscli.states import (
    Acknowledged,
    Action,
    Begin,
    Check,
    End,
    Exited,
    ExitStatus,
    Gone,
    Kill,
    Ordered,
    Phase,
    Policy,
    Prestop,
    Register,
    Registered,
    Report,
    Shutdown,
    Signalled,
    Start,
    StopFile,
    Word,
    WriteStatus,
)
from tarscli.transitions import backoff

from tests.tarscli.machine import BAD, OK, Machine, kinds, phase_of, told

# Start.


def test_the_server_is_started_before_anything_else_is_asked_for() -> None:
    actions = Machine().feed(Begin())
    assert kinds(actions) == ["WriteStatus", "Start", "Hook", "Register"]
    assert actions[:2] == [WriteStatus(Word.ACTIVATING), Start(again=False)]


def test_the_old_order_waits_for_the_registry() -> None:
    machine = Machine(require_registry=True)
    assert kinds(machine.feed(Begin())) == ["WriteStatus", "Register"]
    assert Start(again=False) in machine.feed(Registered())


def test_data_stop_holds_the_first_start_and_its_removal_lets_it_go() -> None:
    machine = Machine()
    assert "Start" not in kinds(machine.feed(Begin(held=True)))
    assert phase_of(machine) is Phase.HELD
    assert "Start" in kinds(machine.feed(StopFile(False)))


def test_checks_come_quickly_while_activating_and_slowly_afterwards() -> None:
    machine = Machine()
    machine.feed(Begin())
    assert Check() in machine.wait(0.15)
    assert machine.feed(BAD) == []
    assert Check() in machine.wait(0.15)
    machine.feed(OK)
    assert Check() not in machine.wait(9.9)
    assert Check() in machine.wait(0.2)


def test_one_check_at_a_time() -> None:
    machine = Machine()
    machine.feed(Begin())
    assert machine.wait(5.0).count(Check()) == 1


# Readiness.


def test_the_status_file_says_active_only_when_the_registry_knows() -> None:
    machine = Machine()
    machine.feed(Begin())
    assert Report(Word.ACTIVE) in machine.feed(OK)
    assert machine.shown is Word.ACTIVATING
    assert machine.feed(Acknowledged(Word.ACTIVATING)) == []
    assert machine.feed(Acknowledged(Word.ACTIVE)) == [WriteStatus(Word.ACTIVE)]


def test_readiness_without_registry_is_a_choice() -> None:
    machine = Machine(ready_without_registry=True)
    machine.feed(Begin())
    assert WriteStatus(Word.ACTIVE) in machine.feed(OK)


def test_once_acknowledged_always_acknowledged() -> None:
    machine = Machine().active()
    machine.feed(Exited(ExitStatus(1)))
    machine.wait(2.0)
    assert WriteStatus(Word.ACTIVE) in machine.feed(OK)


def test_the_heartbeat_file_is_written_whatever_the_network_does() -> None:
    machine = Machine().active()
    written = [each for each in machine.wait(60.0) if isinstance(each, WriteStatus)]
    assert len(written) >= 5
    machine.feed(Prestop())
    written = [each for each in machine.wait(60.0) if isinstance(each, WriteStatus)]
    assert set(written) == {WriteStatus(Word.DEACTIVATING)}
    assert len(written) >= 5


# Checks.


def test_a_failing_check_counts_only_after_its_retries() -> None:
    machine = Machine().active()
    assert machine.feed(BAD) == []
    machine.now += 4.9
    assert machine.feed(BAD) == []
    machine.now += 0.2
    assert Report(Word.INACTIVE) in machine.feed(BAD)
    assert told(machine.done)[-1] == "[warn] server is inactive: refused"
    machine.now += 1
    actions = machine.feed(OK)
    assert Report(Word.ACTIVE) in actions
    assert told(actions) == ["server is active again"]


def test_one_good_check_forgets_the_failing_ones() -> None:
    machine = Machine().active()
    machine.feed(BAD)
    machine.now += 4
    machine.feed(OK)
    machine.now += 4
    assert machine.feed(BAD) == []
    assert machine.word is Word.ACTIVE


def test_an_activating_time_out_is_one() -> None:
    machine = Machine(activating_timeout=30.0)
    machine.feed(Begin())
    machine.now += 29
    assert machine.feed(BAD) == []
    machine.now += 2
    actions = machine.feed(BAD)
    assert Report(Word.INACTIVE) in actions
    assert told(actions) == [
        "[alarm] server is not active 31 s after its start: refused"
    ]
    assert machine.feed(BAD) == []
    assert told(machine.feed(OK)) == ["server is active again"]


def test_a_hung_server_is_restarted_when_that_is_wanted() -> None:
    machine = Machine(restart_hung=20.0).active()
    machine.feed(BAD)
    machine.now += 21
    actions = machine.feed(BAD)
    assert [each for each in actions if isinstance(each, Shutdown)]
    assert phase_of(machine) is Phase.HALTING
    assert Start(again=True) in machine.feed(Exited(ExitStatus(0)))


def test_a_server_that_never_gets_active_is_restarted_when_that_is_wanted() -> None:
    machine = Machine(restart_hung=20.0, activating_timeout=30.0)
    machine.feed(Begin())
    machine.now += 49
    assert "Shutdown" not in kinds(machine.feed(BAD))
    machine.now += 1
    actions = machine.feed(BAD)
    assert told(actions) == ["[warn] server is stopped: did not become active: refused"]
    assert "Shutdown" in kinds(actions)


def test_a_failing_check_is_repeated_after_a_second() -> None:
    machine = Machine().active()
    machine.wait(10.0)
    machine.feed(BAD)
    assert Check() not in machine.wait(0.9)
    assert Check() in machine.wait(0.2)


def test_an_inactive_server_is_checked_at_the_usual_pace() -> None:
    machine = Machine().active()
    machine.feed(BAD)
    machine.now += 6
    assert Report(Word.INACTIVE) in machine.feed(BAD)
    assert Check() not in machine.wait(9.9)
    assert Check() in machine.wait(0.2)


def test_a_server_that_leaves_before_it_was_active_goes_on_being_checked() -> None:
    machine = Machine()
    machine.feed(Begin(), Prestop())
    machine.wait(0.15)
    assert machine.feed(BAD) == []
    assert Check() in machine.wait(1.1)


# Ends and restarts.


def test_back_off_doubles_to_a_minute() -> None:
    delays = [backoff(failures, Policy()) for failures in range(1, 9)]
    assert delays == [1, 2, 4, 8, 16, 32, 60, 60]


def test_a_crash_is_reported_and_the_server_started_again_after_a_second() -> None:
    machine = Machine().active()
    actions = machine.feed(Exited(ExitStatus(signal=11, core=True)))
    assert Report(Word.INACTIVE) in actions
    assert told(actions) == [
        "[alarm] server down: signal 11 (core dumped); started again in 1.0 s"
    ]
    assert Start(again=True) not in machine.wait(0.9)
    assert Start(again=True) in machine.wait(0.2)


def test_five_minutes_of_active_forgive_and_uptime_does_not() -> None:
    machine = Machine(restart_max=0).active()
    for _ in range(4):
        machine.feed(Exited(ExitStatus(1)))
        machine.wait(60)
        machine.feed(OK)
    assert machine.state.failures == 4
    machine.now += 299
    machine.feed(Exited(ExitStatus(1)))
    assert machine.state.failures == 5
    machine.wait(60)
    machine.feed(OK)
    machine.now += 301
    machine.feed(Exited(ExitStatus(1)))
    assert machine.state.failures == 1


def test_after_ten_ends_the_kubelet_takes_over_with_the_servers_code() -> None:
    machine = Machine()
    machine.feed(Begin())
    actions: list[Action] = []
    for _ in range(10):
        actions = machine.feed(Exited(ExitStatus(7)))
        machine.wait(61)
    assert phase_of(machine) is Phase.OVER
    assert actions[-1] == End(7, deregister=False)
    assert told(actions) == ["[alarm] server down: exit code 7; 10 ends, handing over"]


@pytest.mark.parametrize(
    ("policy", "status", "code"),
    [
        ("never", ExitStatus(3), 3),
        ("never", ExitStatus(0), 0),
        ("on-failure", ExitStatus(0), 0),
        ("on-failure", ExitStatus(3), None),
        ("always", ExitStatus(0), None),
        ("never", ExitStatus(signal=9), 137),
    ],
)
def test_restart_policies(policy: str, status: ExitStatus, code: int | None) -> None:
    machine = Machine(restart=policy).active()
    ends = [each for each in machine.feed(Exited(status)) if isinstance(each, End)]
    assert ends == ([] if code is None else [End(code, deregister=False)])


def test_data_stop_is_level_triggered() -> None:
    machine = Machine().active()
    assert machine.feed(StopFile(True)) == []
    machine.feed(Exited(ExitStatus(0)))
    assert phase_of(machine) is Phase.HELD
    assert Start(again=True) not in machine.wait(3600)
    assert Start(again=True) in machine.feed(StopFile(False))
    machine.feed(Exited(ExitStatus(0)))
    assert phase_of(machine) is Phase.BACKOFF
    machine.feed(StopFile(True))
    assert phase_of(machine) is Phase.HELD


# Start scripts that leave processes.


def test_a_daemonizing_start_script_is_no_crash() -> None:
    machine = Machine().active()
    actions = machine.feed(Exited(ExitStatus(0), lingering=True))
    assert Report(Word.INACTIVE) not in actions
    assert "let it end with exec SERVER" in told(actions)[0]
    assert machine.feed(OK) == []
    assert "server down" in told(machine.feed(Gone()))[0]


def test_what_an_ended_server_leaves_is_ended_before_it_is_started_again() -> None:
    machine = Machine().active()
    machine.feed(Exited(ExitStatus(1), lingering=True))
    assert Kill() not in machine.wait(0.1), "it was up: its processes are watched"
    machine.feed(BAD)
    machine.now += 6
    machine.feed(BAD)
    assert Kill() in machine.wait(0.1)
    machine.feed(Gone())
    assert phase_of(machine) is Phase.BACKOFF


def test_the_end_of_a_server_is_taken_once() -> None:
    machine = Machine().active()
    machine.feed(Exited(ExitStatus(1)))
    before = machine.state
    assert machine.feed(Gone()) == []
    assert machine.state == before


def test_a_start_script_that_failed_is_a_crash_whatever_it_leaves() -> None:
    machine = Machine()
    machine.feed(Begin(), Exited(ExitStatus(1), lingering=True))
    assert Kill() in machine.wait(0.1)


# Orders.


def test_stop_ends_a_running_server_and_holds_it() -> None:
    machine = Machine().active()
    assert [
        each for each in machine.feed(Ordered("stop")) if isinstance(each, Shutdown)
    ]
    assert phase_of(machine) is Phase.HALTING
    assert machine.feed(Ordered("stop")) == [], "it is being stopped already"
    assert phase_of(machine) is Phase.HALTING
    machine.feed(Exited(ExitStatus(0)))
    assert phase_of(machine) is Phase.HELD
    assert Start(again=True) not in machine.wait(3600)
    actions = machine.feed(Ordered("start"))
    assert Start(again=True) in actions
    assert Register() in actions


@pytest.mark.parametrize("policy", [{}, {"require_registry": True}], ids=str)
def test_stop_holds_a_server_that_waits(policy: dict[str, object]) -> None:
    machine = Machine(**policy)
    machine.feed(Begin(), Exited(ExitStatus(1)))
    assert phase_of(machine) in (Phase.BACKOFF, Phase.WAITING)
    machine.feed(Ordered("stop"))
    assert (phase_of(machine), machine.word) == (Phase.HELD, Word.INACTIVE)


def test_start_leaves_a_running_server_alone_and_restart_does_not() -> None:
    machine = Machine().active()
    assert machine.feed(Ordered("start")) == []
    assert [
        each for each in machine.feed(Ordered("restart")) if isinstance(each, Shutdown)
    ]
    assert Start(again=True) in machine.feed(Exited(ExitStatus(0)))


def test_orders_come_too_late_for_a_server_that_was_told_to_end() -> None:
    machine = Machine().active()
    machine.feed(Signalled())
    before = machine.state
    assert machine.feed(Ordered("restart"), Ordered("stop")) == []
    assert machine.state == before
