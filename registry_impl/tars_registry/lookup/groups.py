"""Which group an address belongs to, and which groups stand in for it (IDC grouping).

The rules of the C++ registry, accidents included: only ``a.b.c.d`` and ``a.b.c.*`` of the allow
lists count, the highest group that names an address wins, and the star form compares the first
three numbers, whatever follows them. Sources: TarsFramework ``RegistryServer/DbHandle.cpp``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from tars_registry.model import GroupRule, Priority

__all__ = ["UNKNOWN", "Groups"]

UNKNOWN: Final = -1
"""The group of an address that no rule names."""

ADDRESSES: Final = 100_000
"""Callers whose group is remembered."""

LONGEST: Final = 64
"""Characters of a caller's address that are remembered; what callers say may be any text."""

_LEADING_NUMBER: Final = re.compile(r"\s*[+-]?[0-9]+")
_SEPARATORS: Final = re.compile(r"[|,;]")


@dataclass(frozen=True)
class Groups:
    """The grouping tables, ready to ask."""

    by_address: dict[str, int] = field(default_factory=dict[str, int])
    by_name: dict[str, int] = field(default_factory=dict[str, int])
    priorities: tuple[frozenset[int], ...] = ()
    stations: dict[str, frozenset[int]] = field(
        default_factory=dict[str, frozenset[int]]
    )

    _asked: dict[str, int] = field(
        default_factory=dict[str, int], compare=False, repr=False
    )

    @classmethod
    def of(cls, rules: Iterable[GroupRule], priorities: Iterable[Priority]) -> Groups:
        """Index the rows of ``t_server_group_rule`` and ``t_group_priority``."""
        by_address: dict[str, int] = {}
        by_name: dict[str, int] = {}
        for rule in sorted(rules, key=lambda each: each.group_id):
            by_name[rule.group_name] = rule.group_id
            for address in filter(None, rule.allow_ip_rule.split("|")):
                by_address[address] = rule.group_id
        ordered = sorted(priorities, key=lambda each: (each.list_order, each.id))
        stations: dict[str, frozenset[int]] = {}
        for each in ordered:
            stations.setdefault(each.station, members(each.group_list))
        lists = tuple(members(each.group_list) for each in ordered)
        return cls(by_address, by_name, lists, stations)

    def of_address(self, address: str) -> int:
        """The group of an address: named in full, else by its first three numbers."""
        if not self.by_address:
            return UNKNOWN
        known = self._asked.get(address)
        if known is None:
            known = self.by_address.get(address)
            if known is None:
                known = self.by_address.get(star(address), UNKNOWN)
            if len(self._asked) >= ADDRESSES:
                self._asked.clear()
            if len(address) <= LONGEST:
                self._asked[address] = known
        return known

    def of_server(self, address: str, group_name: str) -> int:
        """The group of a server: by its ``ip_group_name`` when it has one, else by address."""
        name = group_name.strip()
        return self.by_name.get(name, UNKNOWN) if name else self.of_address(address)


def members(group_list: str) -> frozenset[int]:
    """The groups of a list; an item that is no number counts as 0, an empty one not at all."""
    return frozenset(
        _leading_number(item) for item in _SEPARATORS.split(group_list) if item
    )


def star(address: str) -> str:
    """``a.b.c.*`` of an address; parts that are no number, or missing, count as 0."""
    parts = [part for part in address.split(".") if part][:3]
    numbers = [_leading_number(part) for part in parts] + [0] * (3 - len(parts))
    return ".".join(map(str, numbers)) + ".*"


def _leading_number(text: str) -> int:
    found = _LEADING_NUMBER.match(text)
    return int(found.group()) if found else 0
