"""The supervisor's state machine with a clock of its own, for tests of its decisions."""

from __future__ import annotations

from dataclasses import replace

from tarscli.states import (
    Acknowledged,
    Action,
    Begin,
    Checked,
    Event,
    Phase,
    Policy,
    Registered,
    State,
    Tell,
    Tick,
    Word,
)
from tarscli.transitions import due, shown_word, step

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
