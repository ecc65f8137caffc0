"""Requests by object, function and return code, with how long they took: one row each.

Counting is a dictionary look-up and two additions; nothing is formatted before somebody asks.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from typing import Final, TypeAlias

__all__ = ["BUCKETS", "OTHER", "Row", "Table", "added_up"]

BUCKETS: Final = (
    *(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05),
    *(0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
"""Upper bounds in seconds; what is longer is in a last bucket without one."""

MOST: Final = 10_000
"""Rows of one table; a servant that answers with ever new codes makes no more."""
OTHER: Final = "other"

Key: TypeAlias = tuple[str, str, str]
Row: TypeAlias = tuple[str, str, str, float, list[int]]
"""Object, function, code, seconds in all, calls by bucket; as JSON between processes."""


class Table:
    """What one process has counted since it started."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._seconds: dict[Key, float] = {}
        self._buckets: dict[Key, list[int]] = {}

    def count(self, object: str, function: str, code: int, seconds: float) -> None:
        """One more call."""
        key = (object, function, str(code))
        buckets = self._buckets.get(key)
        if buckets is None:
            if len(self._buckets) >= self._most:
                key = (OTHER, OTHER, OTHER)
            buckets = self._buckets.setdefault(key, [0] * (len(BUCKETS) + 1))
            self._seconds.setdefault(key, 0.0)
        buckets[bisect_left(BUCKETS, seconds)] += 1
        self._seconds[key] += seconds

    def rows(self) -> list[Row]:
        """A copy of what was counted."""
        return [
            (*key, self._seconds[key], list(buckets))
            for key, buckets in self._buckets.items()
        ]


def added_up(tables: Iterable[Iterable[Row]]) -> list[Row]:
    """The rows of several processes as one table's."""
    seconds: dict[Key, float] = {}
    buckets: dict[Key, list[int]] = {}
    for rows in tables:
        for object_name, function, code, spent, counts in rows:
            key = (object_name, function, code)
            seconds[key] = seconds.get(key, 0.0) + spent
            known = buckets.get(key, [0] * len(counts))
            buckets[key] = [a + b for a, b in zip(known, counts, strict=True)]
    return [(*key, seconds[key], buckets[key]) for key in buckets]
