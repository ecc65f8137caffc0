"""What a benchmark prints: lines with a metric, its value, its goal and the peer.

A table for people; with ``--json`` one object a line. A peer that is missing is a line whose
value is null, with the reason.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

__all__ = ["Line", "print_json", "print_table", "ratio"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One figure. ``value`` is null when it could not be measured; ``reason`` says why."""

    metric: str
    value: float | None
    goal: float | None = None
    better: Literal["higher", "lower"] = "higher"
    peer: str = ""
    rounds: int = 0
    reason: str = ""

    @property
    def reached(self) -> bool | None:
        """Whether the goal holds; ``None`` without a goal or a value."""
        if self.goal is None or self.value is None:
            return None
        if self.better == "higher":
            return self.value >= self.goal
        return self.value <= self.goal

    def as_json(self) -> str:
        """The line's JSON object."""
        fields: dict[str, object] = {
            "metric": self.metric,
            "value": None if self.value is None else float(f"{self.value:.4g}"),
            "goal": self.goal,
            "better": self.better,
            "peer": self.peer,
            "rounds": self.rounds,
        }
        if self.reason:
            fields["reason"] = self.reason
        return json.dumps(fields, ensure_ascii=False)


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The ratio of the medians of interleaved rounds."""
    return median(ours) / median(theirs)


def print_json(lines: Iterable[Line]) -> None:
    """One object a line, on standard output."""
    for line in lines:
        print(line.as_json(), flush=True)


_WORDS = {True: "ok", False: "missed", None: ""}


def print_table(lines: Sequence[Line]) -> None:
    """A table, on standard output."""
    width = max((len(line.metric) for line in lines), default=0)
    for line in lines:
        value = "-" if line.value is None else f"{line.value:.4g}"
        sign = "" if line.goal is None else (">=" if line.better == "higher" else "<=")
        goal = "" if line.goal is None else f"{sign} {line.goal:g}"
        tail = line.reason or line.peer
        print(
            f"{line.metric:<{width}}  {value:>9}  {goal:<9} {_WORDS[line.reached]:<6}  {tail}"
        )
