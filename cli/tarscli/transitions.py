"""What the supervisor does next: ``step(state, event, now, policy) -> state, actions``.

Pure: no clock, no process, no network. `due` says when the next `Tick` matters.
"""

from __future__ import annotations

from dataclasses import replace

from tarscli import departure
from tarscli.departure import Result
from tarscli.states import (
    Acknowledged,
    Action,
    Begin,
    Check,
    Checked,
    Drained,
    Event,
    Exited,
    ExitStatus,
    Gone,
    Hook,
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
    Start,
    State,
    StopFile,
    Tell,
    Tick,
    Word,
    WriteStatus,
)

__all__ = ["backoff", "due", "shown_word", "step"]

STEADY = 300.0
"""Active for so many seconds forgives earlier failures."""

_FIRST_POLL, _SLOWEST_POLL, _RETRY = 0.1, 1.0, 1.0
_FIRST_DELAY, _LONGEST_DELAY = 1.0, 60.0


def step(state: State, event: Event, now: float, policy: Policy) -> Result:
    """The next state and what is to be done, in order."""
    if state.phase is Phase.OVER:
        return state, ()
    after, actions = _decide(state, event, now, policy)
    shown = shown_word(after, policy)
    written = any(isinstance(each, WriteStatus) for each in actions)
    if not written and shown is not shown_word(state, policy):
        after = _beaten(after, now, policy)
        actions = (WriteStatus(shown), *actions)
    return after, actions


def _decide(state: State, event: Event, now: float, policy: Policy) -> Result:
    match event:
        case Begin(held):
            return _begin(state, held, now, policy)
        case Tick():
            return _tick(state, now, policy)
        case Checked():
            return _checked(state, event, now, policy)
        case Exited():
            return _exited(state, event, now, policy)
        case Gone():
            return _down(state, now, policy)
        case StopFile(present):
            return _stop_file(state, present, now)
        case Ordered(what):
            return _ordered(state, what, now, policy)
        case Registered():
            return _registered(state, now)
        case Acknowledged(word):
            known = state.acknowledged or word is Word.ACTIVE
            return replace(state, acknowledged=known), ()
        case Prestop(ceiling):
            return departure.prestop(state, ceiling, now, policy)
        case Left():
            return departure.left(state, now, policy)
        case Drained(deregistered):
            return departure.drained(state, deregistered, now, policy)
        case Signalled():
            return departure.signalled(state, now, policy)


def due(state: State) -> float:
    """When something has to be done at the latest."""
    times = [state.beat_at]
    if state.phase is Phase.RUNNING and not state.checking:
        times.append(state.check_at)
    if state.phase is Phase.BACKOFF:
        times.append(state.restart_at)
    if state.kill_at is not None:
        times.append(state.kill_at)
    return min(times)


def shown_word(state: State, policy: Policy) -> Word:
    """The word of the status file: `active` only once the registry knows it."""
    known = state.acknowledged or policy.ready_without_registry
    return state.word if known or state.word is not Word.ACTIVE else Word.ACTIVATING


def backoff(failures: int, policy: Policy) -> float:
    """Seconds before start number ``failures`` + 1: 1, 2, 4 to 60, with jitter."""
    return (
        min(_FIRST_DELAY * 2.0 ** max(failures - 1, 0), _LONGEST_DELAY) * policy.jitter
    )


def _beaten(state: State, now: float, policy: Policy) -> State:
    return replace(
        state, beat_at=now + min(policy.check_interval, policy.report_interval / 2)
    )


def _begin(state: State, held: bool, now: float, policy: Policy) -> Result:
    state = _beaten(replace(state, held=held), now, policy)
    status = WriteStatus(Word.ACTIVATING)
    if policy.require_registry:
        return state, (status, Register())
    if held:
        state = replace(state, phase=Phase.HELD, word=Word.INACTIVE)
        told = Report(Word.INACTIVE)
        return state, (WriteStatus(Word.INACTIVE), told, Register())
    state, actions = _started(state, now)
    return state, (status, *actions, Register())


def _started(state: State, now: float) -> Result:
    again = state.starts > 0
    state = replace(
        state,
        phase=Phase.RUNNING,
        starts=state.starts + 1,
        started=now,
        adopted=False,
        up=False,
        alarmed=False,
        failing_since=None,
        check_at=now + _FIRST_POLL,
        kill_at=None,
        exit=None,
    )
    return state, (Start(again), Hook("start"))


def _tick(state: State, now: float, policy: Policy) -> Result:
    actions: list[Action] = []
    if now >= state.beat_at:
        state = _beaten(state, now, policy)
        actions.append(WriteStatus(shown_word(state, policy)))
    if state.kill_at is not None and now >= state.kill_at:
        state = replace(state, kill_at=now + 1.0)
        actions.append(Kill())
    elif state.phase is Phase.RUNNING and not state.checking and now >= state.check_at:
        state = replace(state, checking=True)
        actions.append(Check())
    elif state.phase is Phase.BACKOFF and now >= state.restart_at:
        state, more = _started(state, now)
        actions.extend(more)
    return state, tuple(actions)


def _checked(state: State, event: Checked, now: float, policy: Policy) -> Result:
    state = replace(state, checking=False)
    if state.phase is not Phase.RUNNING:
        return state, ()
    if event.passed:
        return _passed(state, now, policy)
    if not state.up:
        return _not_up(state, event, now, policy)
    since = now if state.failing_since is None else state.failing_since
    state = replace(state, failing_since=since)
    if 0 < policy.restart_hung <= now - since and not state.leaving:
        return _halted(state, now, policy, f"does not answer: {event.reason}")
    if now - since < policy.check_retry:
        pause = min(_RETRY, policy.check_interval)
        return replace(state, check_at=now + pause), ()
    if state.adopted and not state.leaving:
        return replace(state, kill_at=now), ()
    state = replace(state, check_at=now + policy.check_interval)
    if state.word is not Word.ACTIVE:
        return state, ()
    state = replace(state, word=Word.INACTIVE)
    text = f"[warn] server is inactive: {event.reason}"
    return state, (Report(Word.INACTIVE), Hook("inactive"), Tell("warn", text))


def _passed(state: State, now: float, policy: Policy) -> Result:
    """-> active"""
    recovered = state.alarmed or state.failing_since is not None
    state = replace(
        state,
        up=True,
        alarmed=False,
        failing_since=None,
        check_at=now + policy.check_interval,
    )
    if state.leaving or state.word is Word.ACTIVE:
        return state, ()
    state = replace(state, word=Word.ACTIVE, active_since=now)
    actions: list[Action] = [Report(Word.ACTIVE), Hook("active")]
    if recovered:
        actions.append(Tell("normal", "server is active again"))
    return state, tuple(actions)


def _not_up(state: State, event: Checked, now: float, policy: Policy) -> Result:
    """Still starting, or starting for too long: activating -> inactive"""
    took = now - state.started
    poll = min(max(_FIRST_POLL, took / 10), _SLOWEST_POLL, policy.check_interval)
    state = replace(state, check_at=now + poll)
    if state.leaving:
        return state, ()
    if 0 < policy.restart_hung <= took - policy.activating_timeout:
        return _halted(state, now, policy, f"did not become active: {event.reason}")
    if state.alarmed or took < policy.activating_timeout:
        return state, ()
    state = replace(state, alarmed=True, word=Word.INACTIVE)
    text = f"[alarm] server is not active {took:.0f} s after its start: {event.reason}"
    return state, (Report(Word.INACTIVE), Hook("inactive"), Tell("error", text))


def _exited(state: State, event: Exited, now: float, policy: Policy) -> Result:
    state = replace(state, exit=event.status)
    if not event.lingering:
        return _down(state, now, policy)
    if state.phase is not Phase.RUNNING:
        return state, ()
    if event.status.shell_code and not state.up:
        return replace(state, kill_at=now), ()
    state = replace(state, adopted=True, check_at=now)
    text = (
        f"[warn] the start script ended ({event.status}) and left processes, which are watched "
        "now; let it end with exec SERVER"
    )
    return state, (Tell("warn", text),)


def _down(state: State, now: float, policy: Policy) -> Result:
    """The server is no more: what follows depends on why."""
    match state.phase:
        case Phase.STOPPING:
            return departure.over(state, 0)
        case Phase.HALTING if state.held:
            return replace(state, phase=Phase.HELD, kill_at=None), ()
        case Phase.HALTING:
            return _started(state, now)
        case Phase.RUNNING:
            return _crashed(state, now, policy)
        case _:
            return state, ()


def _crashed(state: State, now: float, policy: Policy) -> Result:
    """active or activating -> inactive"""
    status = state.exit or ExitStatus()
    steady = state.word is Word.ACTIVE and now - state.active_since >= STEADY
    failures = 1 if steady else state.failures + 1
    ended = Tell("error", f"[alarm] server down: {status}")
    if state.leaving:
        state = replace(state, phase=Phase.HELD, failures=failures)
        return state, (Hook("exit"), ended)
    state = replace(state, word=Word.INACTIVE, failures=failures)
    told: tuple[Action, ...] = (Report(Word.INACTIVE), Hook("exit"))
    if _gives_up(status, failures, policy):
        over, actions = departure.over(state, status.shell_code)
        text = f"[alarm] server down: {status}; not started again ({policy.restart})"
        if 0 < policy.restart_max <= failures:
            text = f"[alarm] server down: {status}; {failures} ends, handing over"
        return over, (*told, Tell("error", text), *actions)
    if state.held:
        return replace(state, phase=Phase.HELD), (*told, ended)
    delay = backoff(failures, policy)
    state = replace(state, phase=Phase.BACKOFF, restart_at=now + delay)
    text = f"[alarm] server down: {status}; started again in {delay:.1f} s"
    return state, (*told, Tell("error", text))


def _gives_up(status: ExitStatus, failures: int, policy: Policy) -> bool:
    clean = status.shell_code == 0
    return (
        policy.restart == "never"
        or (policy.restart == "on-failure" and clean)
        or 0 < policy.restart_max <= failures
    )


def _halted(state: State, now: float, policy: Policy, why: str) -> Result:
    limit = min(departure.LONGEST_STOP, policy.grace_period)
    state = replace(state, phase=Phase.HALTING, word=Word.INACTIVE, kill_at=now + limit)
    text = f"[warn] server is stopped: {why}"
    return state, (Report(Word.INACTIVE), Tell("warn", text), Shutdown(limit))


def _stop_file(state: State, present: bool, now: float) -> Result:
    state = replace(state, held=present)
    if present and state.phase is Phase.BACKOFF:
        return replace(state, phase=Phase.HELD), ()
    if not present and state.phase is Phase.HELD and not state.leaving:
        return _started(state, now)
    return state, ()


def _ordered(state: State, what: str, now: float, policy: Policy) -> Result:
    if state.signals:
        return state, ()
    if what == "stop":
        state = replace(state, held=True)
        if state.phase is Phase.RUNNING:
            return _halted(state, now, policy, "ordered")
        if state.phase in (Phase.BACKOFF, Phase.WAITING):
            return replace(state, phase=Phase.HELD, word=Word.INACTIVE), ()
        return state, ()
    state = replace(state, held=False, failures=0)
    rejoin: tuple[Action, ...] = ()
    if state.leaving:
        state = _rejoined(state, now)
        rejoin = (Report(state.word), Register())
    if state.phase in (Phase.HELD, Phase.BACKOFF, Phase.WAITING):
        state, actions = _started(replace(state, word=Word.ACTIVATING), now)
        return state, (*actions, Report(state.word), Register())
    if what == "restart" and state.phase is Phase.RUNNING:
        state, actions = _halted(state, now, policy, "ordered")
        return state, (*rejoin, *actions)
    return state, rejoin


def _rejoined(state: State, now: float) -> State:
    """deactivating -> activating: the drain is undone."""
    return replace(
        state,
        leaving=False,
        drained=False,
        deregistered=False,
        word=Word.ACTIVATING,
        check_at=now,
    )


def _registered(state: State, now: float) -> Result:
    if state.phase is not Phase.WAITING or state.leaving:
        return state, ()
    if state.held:
        return replace(state, phase=Phase.HELD, word=Word.INACTIVE), ()
    return _started(state, now)
