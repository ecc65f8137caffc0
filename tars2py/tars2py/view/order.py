"""The order of the structs of a part: what a struct refers to comes before it.

Structs that refer to each other in a circle stay together; among them, the one that another
holds by value comes first. Where nothing decides, the order is the file's.
"""

from __future__ import annotations

from collections.abc import Sequence

from tars2py.graph import circles
from tars2py.model import Named, Struct, Symbol, named

__all__ = ["in_order"]


def in_order(structs: Sequence[Struct]) -> list[Struct]:
    """The structs of a part as they must be defined."""
    known = {each.symbol: each for each in structs}
    refers = {
        each.symbol: [
            symbol
            for member in each.members
            for symbol in named(member.type)
            if symbol in known
        ]
        for each in structs
    }
    order: list[Symbol] = []
    for circle in circles(known, refers.__getitem__):
        order += circle if len(circle) == 1 else _by_value(circle, known)
    return [known[symbol] for symbol in order]


def _by_value(circle: list[Symbol], known: dict[Symbol, Struct]) -> list[Symbol]:
    """A circle's structs, each behind those that it holds by value."""
    inside = set(circle)
    holds = {
        symbol: [
            member.type.symbol
            for member in known[symbol].members
            if isinstance(member.type, Named) and member.type.symbol in inside
        ]
        for symbol in circle
    }
    return [symbol for group in circles(circle, holds.__getitem__) for symbol in group]
