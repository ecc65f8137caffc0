"""Circles in a graph: Tarjan's strongly connected components, without recursion."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import TypeVar

__all__ = ["circles"]

T = TypeVar("T", bound=Hashable)


def circles(nodes: Iterable[T], targets: Callable[[T], Iterable[T]]) -> list[list[T]]:
    """Groups of nodes that reach each other, a group behind those that it points to.

    A node in no circle is a group of its own. Groups come in the order of ``nodes`` as far as
    the arrows allow it; so do the nodes of a group.
    """
    order = {node: index for index, node in enumerate(nodes)}
    number: dict[T, int] = {}
    low: dict[T, int] = {}
    open_nodes: list[T] = []
    is_open: set[T] = set()
    groups: list[list[T]] = []

    def enter(node: T) -> tuple[T, Iterator[T]]:
        number[node] = low[node] = len(number)
        open_nodes.append(node)
        is_open.add(node)
        return node, iter(targets(node))

    for root in order:
        path = [enter(root)] if root not in number else []
        while path:
            node, rest = path[-1]
            for target in rest:
                if target not in number:
                    path.append(enter(target))
                    break
                if target in is_open:
                    low[node] = min(low[node], number[target])
            else:
                path.pop()
                if path:
                    low[path[-1][0]] = min(low[path[-1][0]], low[node])
                if low[node] == number[node]:
                    group = [open_nodes.pop()]
                    while group[-1] != node:
                        group.append(open_nodes.pop())
                    is_open.difference_update(group)
                    groups.append(sorted(group, key=order.__getitem__))
    return groups
