"""How it is measured: one process, interleaved rounds, processor time, ratios round by round.

Co-tenants and the clock rate move absolute times by a factor of two; what is compared within one
round moves far less. A figure is the median of its rounds' ratios.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

__all__ = ["Call", "Rounds", "interleaved"]

ROUND_NS = 4_000_000  # what one candidate may take of one round


@dataclass(frozen=True, slots=True)
class Call:
    """A function of one argument, or of none, as a program would call it."""

    function: Callable[..., Any]
    argument: tuple[Any, ...]

    def spent(self, times: int) -> float:
        """Nanoseconds per call."""
        function, argument = self.function, self.argument
        start = time.process_time_ns()
        if argument:
            (given,) = argument
            for _ in range(times):
                function(given)
        else:
            for _ in range(times):
                function()
        return (time.process_time_ns() - start) / times


class Rounds:
    """The times of all candidates, round by round."""

    def __init__(self, times: dict[str, list[float]]) -> None:
        self.times = times

    def ns(self, name: str) -> float:
        """The median time of one call, in nanoseconds."""
        return median(self.times[name])

    def faster(self, name: str, peer: str) -> float:
        """How many times ``name`` is faster than ``peer``."""
        pairs = zip(self.times[peer], self.times[name], strict=True)
        return median(theirs / ours for theirs, ours in pairs)


def interleaved(calls: dict[str, Call], rounds: int) -> Rounds:
    """Time every candidate once a round."""
    often: dict[str, int] = {}
    for name, call in calls.items():
        call.spent(20)  # warm: caches, specialised bytecode
        often[name] = max(3, int(ROUND_NS / max(call.spent(3), 1.0)))
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            times[name].append(call.spent(often[name]))
    return Rounds(times)
