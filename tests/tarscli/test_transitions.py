"""The supervisor's decisions, without a process, a clock or a network."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tarscli.states import (
    Acknowledged,
    Action,
    Begin,
    Check,
    Checked,
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
    Phase,
    Policy,
    Prestop,
    Register,
    Registered,
    Report,
    Shutdown,
    Signalled,
    Silence,
    Start,
    State,
    StopFile,
    Tell,
    Tick,
    Word,
    WriteStatus,
)
from tarscli.transitions import backoff, due, shown_word, step

OK, BAD = Checked(True), Checked(False, "refused")


class Machine:
    """The state machine with a clock of its own, and all that it asked for."""

    def __init__(self, **policy: object) -> None:
        self.policy = replace(Policy(), **policy)  # type: ignore[arg-type]  # by name
        self.state = State()
        self.now = 1000.0
        self.done: list[Action] = []

    def feed(self, *events: Event) -> list[Action]:
        fresh: list[Action] = []
        for event in events:
            self.state, actions = step(self.state, event, self.now, self.policy)
            fresh.extend(actions)
        self.done.extend(fresh)
        return fresh

    def wait(self, seconds: float) -> list[Action]:
        """Let time pass, ticking whenever something is due; checks are left to the test."""
        fresh: list[Action] = []
        end = self.now + seconds
        while self.state.phase is not Phase.OVER and (at := due(self.state)) <= end:
            self.now = max(self.now, at)
            fresh += self.feed(Tick())
        self.now = end
        return fresh

    def active(self) -> Machine:
        self.feed(Begin(), Registered(), OK, Acknowledged(Word.ACTIVE))
        assert self.state.word is Word.ACTIVE
        return self

    @property
    def word(self) -> Word:
        return self.state.word

    @property
    def shown(self) -> Word:
        return shown_word(self.state, self.policy)


def kinds(actions: list[Action]) -> list[str]:
    return [type(each).__name__ for each in actions]


def phase_of(machine: Machine) -> Phase:
    return machine.state.phase


def told(actions: list[Action]) -> list[str]:
    return [each.text for each in actions if isinstance(each, Tell)]


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
    machine.feed(BAD)
    machine.now += 6
    machine.feed(BAD)
    assert Kill() in machine.wait(0.1)
    machine.feed(Gone())
    assert phase_of(machine) is Phase.BACKOFF


def test_a_start_script_that_failed_is_a_crash_whatever_it_leaves() -> None:
    machine = Machine()
    machine.feed(Begin(), Exited(ExitStatus(1), lingering=True))
    assert Kill() in machine.wait(0.1)


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
    assert machine.feed(Signalled()) == [Shutdown(60.0)]
    assert machine.feed(Exited(ExitStatus(0))) == [End(0, deregister=False)]


def test_sigterm_within_the_hook_waits_for_it() -> None:
    machine = Machine().active()
    machine.feed(Prestop())
    assert machine.feed(Signalled()) == []
    assert kinds(machine.feed(Drained(True))) == ["Shutdown"]


def test_checks_say_nothing_any_more_once_leaving() -> None:
    machine = Machine().active()
    machine.feed(Prestop())
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


def test_sigterm_without_a_server_only_deregisters() -> None:
    machine = Machine()
    machine.feed(Begin(), Exited(ExitStatus(1)))
    assert machine.feed(Signalled()) == [WriteStatus(Word.DEACTIVATING), Drain(0.0)]
    assert machine.feed(Drained(True)) == [End(0, deregister=False)]


def test_the_drain_of_a_hook_stays_inside_the_grace_period() -> None:
    machine = Machine(grace_period=30.0, prestop_waittime=300.0).active()
    assert Drain(25.0) in machine.feed(Prestop())
    machine = Machine().active()
    assert Drain(2.0) in machine.feed(Prestop(2.0))


# Orders.


def test_stop_start_restart() -> None:
    machine = Machine().active()
    assert "Shutdown" in kinds(machine.feed(Ordered("restart")))
    assert Start(again=True) in machine.feed(Exited(ExitStatus(0)))
    machine.feed(OK)
    machine.feed(Ordered("stop"), Exited(ExitStatus(0)))
    assert phase_of(machine) is Phase.HELD
    actions = machine.feed(Ordered("start"))
    assert Start(again=True) in actions
    assert Register() in actions


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
