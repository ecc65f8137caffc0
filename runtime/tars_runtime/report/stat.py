"""Statistics of calls as TARS counts them: rows by who called whom, counts and times.

Exactly one of count, timeoutCount and execCount grows with a call; times are those of the calls
that succeeded. The bounds are C++'s: a call counts at the first bound above its time, and at
none from three seconds on.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from typing import Final

from tars_runtime.interfaces.tars import StatMicMsgBody, StatMicMsgHead
from tars_runtime.protocol import Code

__all__ = ["BOUNDS", "StatTable", "clipped"]

BOUNDS: Final = (5, 10, 50, 100, 200, 500, 1000, 2000, 3000)
"""Upper bounds in milliseconds."""
LONGEST_NAME: Final = 127
LONGEST_ADDRESS: Final = 50
MOST: Final = 10_000
"""Rows of one report; callers from ever new addresses make no more."""

Rows = dict[StatMicMsgHead, StatMicMsgBody]


class StatTable:
    """What was counted since the last report; may be fed by several threads."""

    def __init__(self, most: int = MOST) -> None:
        self.missed = 0
        """Calls that found the table full; they are in no report."""
        self._most = most
        self._rows: Rows = {}
        self._heads: dict[tuple[object, ...], StatMicMsgBody] = {}
        self._lock = threading.Lock()

    def add(
        self, key: tuple[object, ...], head: StatMicMsgHead, code: int, seconds: float
    ) -> None:
        """Count one call. ``key`` stands for ``head``, and is quicker to hash."""
        with self._lock:
            row = self._heads.get(key)
            if row is None:
                if len(self._heads) >= self._most:
                    self.missed += 1
                    return
                row = self._rows.setdefault(head, _empty())
                self._heads[key] = row
            _count(row, code, seconds)

    def knows(self, key: tuple[object, ...], code: int, seconds: float) -> bool:
        """Count one call for a head that was added before; false when it was not."""
        with self._lock:
            row = self._heads.get(key)
            if row is None:
                return False
            _count(row, code, seconds)
            return True

    def take(self) -> Rows:
        """The rows since the last time; counting begins anew."""
        with self._lock:
            rows, self._rows, self._heads = self._rows, {}, {}
        return rows


def _empty() -> StatMicMsgBody:
    return StatMicMsgBody(intervalCount=dict.fromkeys(BOUNDS, 0))


def _count(row: StatMicMsgBody, code: int, seconds: float) -> None:
    if code == Code.TIMEOUT:
        row.timeoutCount += 1
        return
    if code != 0:
        row.execCount += 1
        return
    took = int(seconds * 1000)
    row.count += 1
    row.totalRspTime += took
    row.maxRspTime = max(row.maxRspTime, took)
    if took and (row.minRspTime == 0 or took < row.minRspTime):
        row.minRspTime = took
    place = bisect_right(BOUNDS, took)
    if place < len(BOUNDS):
        row.intervalCount[BOUNDS[place]] += 1


def clipped(text: str, most: int = LONGEST_NAME) -> str:
    """A text as long as the platform's tables hold."""
    return text[:most]
