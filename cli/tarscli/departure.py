"""How a server leaves: out of the registry, out of its clients' lists, then out of memory.

The grace period bounds all of it; a second signal hurries, a third one kills.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

from tarscli.states import (
    Action,
    Drain,
    End,
    Kill,
    Phase,
    Policy,
    Shutdown,
    Silence,
    State,
    Word,
)

__all__ = ["LONGEST_STOP", "Result", "drained", "left", "over", "prestop", "signalled"]

Result: TypeAlias = tuple[State, tuple[Action, ...]]

LONGEST_STOP = 60.0
"""Seconds from the request to stop to SIGKILL, at most."""

RESERVE = 5.0
"""Seconds of the grace period that stay unused, so that the kernel's SIGKILL never comes."""

LAST_CHANCE = 5.0
"""What a second signal leaves the server, in seconds."""


def prestop(state: State, ceiling: float, now: float, policy: Policy) -> Result:
    """The hook asks: any -> deactivating"""
    if state.leaving:
        return state, ()
    state = replace(
        state, leaving=True, word=Word.DEACTIVATING, deadline=now + policy.grace_period
    )
    wanted = ceiling if ceiling >= 0 else policy.prestop_waittime
    return state, (Drain(min(wanted, max(policy.grace_period - RESERVE, 0.0))),)


def left(state: State, now: float, policy: Policy) -> Result:
    """Another process took the server out: any -> deactivating"""
    if state.leaving:
        return state, ()
    state = replace(
        state,
        leaving=True,
        drained=True,
        deregistered=True,
        word=Word.DEACTIVATING,
        deadline=now + policy.grace_period,
    )
    return state, (Silence(),)


def drained(state: State, deregistered: bool, now: float, policy: Policy) -> Result:
    """The drain is over; with a signal, the server is next."""
    state = replace(state, drained=True, deregistered=deregistered)
    if not state.signals or state.phase is Phase.STOPPING:
        return state, ()
    return _stopping(state, now, policy)


def signalled(state: State, now: float, policy: Policy) -> Result:
    """Once: drain and stop. Twice: stop now. Three times: kill."""
    state = replace(state, signals=state.signals + 1)
    if state.signals == 1:
        return _first_signal(state, now, policy)
    if state.phase is not Phase.STOPPING:
        state, actions = _stopping(state, now, policy)
        return _hurried(state, now), actions
    if state.signals == 2:
        return _hurried(state, now), ()
    return state, (Kill(),)


def _first_signal(state: State, now: float, policy: Policy) -> Result:
    if state.drained:
        return _stopping(state, now, policy)
    if state.leaving:
        return state, ()
    running = state.phase in (Phase.RUNNING, Phase.HALTING)
    stop = min(15.0, policy.grace_period / 3)
    room = max(policy.grace_period - RESERVE - stop, 0.0)
    state = replace(
        state, leaving=True, word=Word.DEACTIVATING, deadline=now + policy.grace_period
    )
    return state, (Drain(min(policy.prestop_waittime, room) if running else 0.0),)


def _hurried(state: State, now: float) -> State:
    if state.kill_at is None:
        return state
    return replace(state, kill_at=min(state.kill_at, now + LAST_CHANCE))


def _stopping(state: State, now: float, policy: Policy) -> Result:
    if state.phase not in (Phase.RUNNING, Phase.HALTING):
        return over(state, 0)
    deadline = state.deadline or now + policy.grace_period
    limit = min(max(deadline - RESERVE - now, 1.0), LONGEST_STOP)
    state = replace(
        state,
        phase=Phase.STOPPING,
        word=Word.DEACTIVATING,
        leaving=True,
        kill_at=now + limit,
    )
    return state, (Shutdown(limit),)


def over(state: State, code: int) -> Result:
    """The last state; the row that a failed drain left is to be removed."""
    owed = state.leaving and not state.deregistered
    return replace(state, phase=Phase.OVER, kill_at=None), (End(code, owed),)
