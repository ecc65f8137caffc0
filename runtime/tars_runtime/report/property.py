"""Properties: what a server measures of itself, by six policies.

::

    orders = app.property("orders", Sum(), Max(), Distr([10, 50, 100]))
    orders.report(3)

A period without samples says nothing, save that sums and counts are 0.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import Counter, deque
from collections.abc import Sequence
from typing import Protocol

from tars_runtime.errors import UsageError
from tars_runtime.interfaces.tars import (
    StatPropInfo,
    StatPropMsgBody,
    StatPropMsgHead,
)

__all__ = [
    "Avg",
    "Count",
    "Distr",
    "Max",
    "Min",
    "Policy",
    "Property",
    "PropertyTable",
    "Sum",
]

VERSION = 2
"""``iPropertyVer``, as C++ and Node send it."""
GATHERED = 512
"""Samples that wait until the policies see them."""


class Policy(Protocol):
    """How samples of a period become one value."""

    name: str

    def add(self, value: int, times: int, /) -> None:
        """Take ``times`` equal samples in."""

    def take(self) -> str | None:
        """The period's value, ``None`` for none; begins the next period."""


class Sum:
    """The sum of all samples."""

    name = "Sum"

    def __init__(self) -> None:
        self._sum = 0

    def add(self, value: int, times: int) -> None:
        self._sum += value * times

    def take(self) -> str | None:
        value, self._sum = self._sum, 0
        return str(value)


class Count:
    """How many samples there were."""

    name = "Count"

    def __init__(self) -> None:
        self._count = 0

    def add(self, _value: int, times: int) -> None:
        self._count += times

    def take(self) -> str | None:
        value, self._count = self._count, 0
        return str(value)


class Avg:
    """The mean of the samples."""

    name = "Avg"

    def __init__(self) -> None:
        self._sum = self._count = 0

    def add(self, value: int, times: int) -> None:
        self._sum += value * times
        self._count += times

    def take(self) -> str | None:
        total, count = self._sum, self._count
        self._sum = self._count = 0
        return f"{total / count:g}" if count else None


class Max:
    """The largest sample."""

    name = "Max"

    def __init__(self) -> None:
        self._value: int | None = None

    def add(self, value: int, _times: int) -> None:
        self._value = value if self._value is None else max(self._value, value)

    def take(self) -> str | None:
        value, self._value = self._value, None
        return None if value is None else str(value)


class Min:
    """The smallest sample that is not 0."""

    name = "Min"

    def __init__(self) -> None:
        self._value: int | None = None

    def add(self, value: int, _times: int) -> None:
        if value:
            self._value = value if self._value is None else min(self._value, value)

    def take(self) -> str | None:
        value, self._value = self._value, None
        return None if value is None else str(value)


class Distr:
    """How many samples fell below each bound, and how many above the last."""

    name = "Distr"

    def __init__(self, bounds: Sequence[int]) -> None:
        if not bounds or sorted(set(bounds)) != list(bounds):
            raise UsageError(f"expected ascending bounds, got {list(bounds)}")
        self._bounds = list(bounds)
        self._counts = [0] * (len(bounds) + 1)

    def add(self, value: int, times: int) -> None:
        self._counts[bisect_right(self._bounds, value)] += times

    def take(self) -> str | None:
        counts, self._counts = self._counts, [0] * len(self._counts)
        if not any(counts):
            return None
        names = [*map(str, self._bounds), "max"]
        return ",".join(f"{name}|{n}" for name, n in zip(names, counts, strict=True))


class Property:
    """One measured thing; `report` may be called from any thread.

    Samples are gathered first, without a lock, and shown to the policies many at a time: most are
    equal.
    """

    def __init__(self, name: str, policies: Sequence[Policy]) -> None:
        self.name = name
        self._policies = list(policies)
        self._samples: deque[int] = deque()
        self._lock = threading.Lock()

    def report(self, value: int) -> None:
        """Take a sample in."""
        samples = self._samples
        samples.append(value)
        if len(samples) >= GATHERED:
            with self._lock:
                self._show()

    def _show(self) -> None:
        """Show the policies what was gathered; others may go on gathering."""
        take = self._samples.popleft
        found = Counter(take() for _ in range(len(self._samples)))
        for value, times in found.items():
            for policy in self._policies:
                policy.add(value, times)

    def take(self) -> list[StatPropInfo]:
        """The period's values."""
        with self._lock:
            self._show()
            values = [(each.name, each.take()) for each in self._policies]
        return [
            StatPropInfo(policy=name, value=value)
            for name, value in values
            if value is not None
        ]


class PropertyTable:
    """The properties of one process."""

    def __init__(self, module: str, set_name: str) -> None:
        self._module = f"{module}.{set_name.replace('.', '')}" if set_name else module
        parts = set_name.split(".") if set_name else ["", "", ""]
        self._set = (parts[0], parts[1], parts[2])
        self._properties: dict[str, Property] = {}

    def property(self, name: str, *policies: Policy) -> Property:
        """The property of this name; the policies of its first mention hold."""
        found = self._properties.get(name)
        if found is None:
            if not policies:
                raise UsageError(f"expected policies for the new property {name}")
            found = self._properties.setdefault(name, Property(name, policies))
        return found

    def take(self) -> dict[StatPropMsgHead, StatPropMsgBody]:
        """The report of a period."""
        name, area, group = self._set
        report: dict[StatPropMsgHead, StatPropMsgBody] = {}
        for each in list(self._properties.values()):  # other threads may add some
            values = each.take()
            if values:
                head = StatPropMsgHead(
                    moduleName=self._module,
                    propertyName=each.name,
                    setName=name,
                    setArea=area,
                    setID=group,
                    iPropertyVer=VERSION,
                )
                report[head] = StatPropMsgBody(vInfo=values)
        return report
