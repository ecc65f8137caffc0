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
DIFFERENT: Final = 200
"""Different times of a row that are kept before they are summed up."""

Rows = dict[StatMicMsgHead, StatMicMsgBody]


class StatTable:
    """What was counted since the last report; may be fed by several threads."""

    def __init__(self, most: int = MOST) -> None:
        self.missed = 0
        """Calls that found the table full; they are in no report."""
        self._most = most
        self._rows: dict[StatMicMsgHead, Row] = {}
        self._heads: dict[tuple[object, ...], Row] = {}
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
                row = self._rows.setdefault(head, Row())
                self._heads[key] = row
            row.count(code, seconds)

    def knows(self, key: tuple[object, ...], code: int, seconds: float) -> bool:
        """Count one call for a head that was added before; false when it was not."""
        with self._lock:
            row = self._heads.get(key)
            if row is None:
                return False
            row.count(code, seconds)
            return True

    def take(self) -> Rows:
        """The rows since the last time; counting begins anew."""
        with self._lock:
            rows, self._rows, self._heads = self._rows, {}, {}
        return {head: row.body() for head, row in rows.items()}


class Row:
    """What a row counts. Times are often equal, so they are counted, and summed up at the end."""

    __slots__ = ("_body", "_times")

    def __init__(self) -> None:
        self._body = StatMicMsgBody(intervalCount=dict.fromkeys(BOUNDS, 0))
        self._times: dict[int, int] = {}
        """Calls that succeeded, by their milliseconds."""

    def count(self, code: int, seconds: float) -> None:
        """Take one call in."""
        if code == 0:
            took, times = int(seconds * 1000), self._times
            times[took] = times.get(took, 0) + 1
            if len(times) > DIFFERENT:
                self._sum_up()
        elif code == Code.TIMEOUT:
            self._body.timeoutCount += 1
        else:
            self._body.execCount += 1

    def body(self) -> StatMicMsgBody:
        """The row as it is reported."""
        self._sum_up()
        return self._body

    def _sum_up(self) -> None:
        row = self._body
        for took, calls in self._times.items():
            row.count += calls
            row.totalRspTime += took * calls
            row.maxRspTime = max(row.maxRspTime, took)
            if took and (row.minRspTime == 0 or took < row.minRspTime):
                row.minRspTime = took
            place = bisect_right(BOUNDS, took)
            if place < len(BOUNDS):
                row.intervalCount[BOUNDS[place]] += calls
        self._times.clear()


def clipped(text: str, most: int = LONGEST_NAME) -> str:
    """A text as long as the platform's tables hold."""
    return text[:most]
