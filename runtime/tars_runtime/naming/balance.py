"""How endpoints are ordered for a choice: in turn, by weight, by hash. Pure functions.

The ring is the one that the C++ and Go runtimes build, so that all of them send one key to one
host.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import reduce
from hashlib import md5
from math import gcd
from struct import unpack
from typing import Final

from tars_runtime.net.endpoint import Endpoint

__all__ = ["Ring", "by_address", "is_weighted", "turns"]

LEAST_RATIO: Final = 10
GREATEST_RATIO: Final = 100
FULL_WEIGHT: Final = 100


def is_weighted(endpoints: Sequence[Endpoint]) -> bool:
    """Static weights count only when every endpoint has them."""
    return bool(endpoints) and all(each.weight_type == 1 for each in endpoints)


def turns(endpoints: Sequence[Endpoint]) -> list[int]:
    """Positions in the order of calls: each once, or in proportion to the static weights.

    Weighted turns are spread evenly (A B A C A ..., never A A A B C). Endpoints with a weight
    of 0 or less get none.
    """
    if not is_weighted(endpoints):
        return list(range(len(endpoints)))
    weights = _scaled([max(0, each.weight) for each in endpoints])
    total = sum(weights)
    credit = [0] * len(weights)
    order: list[int] = []
    for _ in range(total):
        credit = [have + gets for have, gets in zip(credit, weights, strict=True)]
        best = max(range(len(credit)), key=credit.__getitem__)
        credit[best] -= total
        order.append(best)
    return order


def _scaled(weights: list[int]) -> list[int]:
    """Weights whose greatest is 10 to 100 times the least, and no larger than need be."""
    used = [weight for weight in weights if weight > 0]
    if not used:
        return [1] * len(weights)
    ratio = min(max(max(used) // min(used), LEAST_RATIO), GREATEST_RATIO)
    scaled = [max(1, w * ratio // max(used)) if w > 0 else 0 for w in weights]
    shared = reduce(gcd, scaled)
    return [weight // shared for weight in scaled]


def by_address(endpoints: Sequence[Endpoint]) -> list[int]:
    """Positions in the order that a modulo hash counts in: by host, then port."""
    return sorted(
        range(len(endpoints)),
        key=lambda at: (endpoints[at].host, endpoints[at].port),
    )


class Ring:
    """Consistent hashing (Ketama): which endpoint a hash code belongs to."""

    __slots__ = ("_owners", "_points")

    def __init__(self, endpoints: Sequence[Endpoint]) -> None:
        weighted = is_weighted(endpoints)
        shared = Counter(each.host for each in endpoints)
        points: dict[int, int] = {}
        for position, each in enumerate(endpoints):
            key = each.host if shared[each.host] == 1 else f"{each.host}:{each.port}"
            weight = each.weight if weighted else FULL_WEIGHT
            for point in _points(key, weight):
                points[point] = position
        self._points = sorted(points)
        self._owners = [points[point] for point in self._points]

    def walk(self, code: int) -> Iterator[int]:
        """Positions from the first point not below the code's low 32 bits, once around."""
        owners = self._owners
        start = bisect_left(self._points, code & 0xFFFFFFFF)
        for step in range(len(owners)):
            yield owners[(start + step) % len(owners)]


def _points(key: str, weight: int) -> list[int]:
    """Four points for each of the ``weight / 4`` virtual nodes of a host."""
    found: list[int] = []
    for number in range(max(1, weight // 4)):
        digest = md5(f"{key}_{number}".encode(), usedforsecurity=False).digest()
        found.extend(unpack("<4I", digest))
    return found
