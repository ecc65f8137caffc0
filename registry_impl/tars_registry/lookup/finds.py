"""The six questions of ``QueryF``, as functions of an object's entries and the caller's place.

Each answer names the rule that decided it, which ``tarsregistry resolve`` shows. The rules are
the C++ registry's, fall-backs and their order included, because clients take a result other than
0 for a failure. Source: TarsFramework ``RegistryServer/QueryImp.cpp`` and ``DbHandle.cpp``.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass

from tars_registry.lookup.catalog import Entry
from tars_registry.lookup.groups import UNKNOWN, Groups
from tars_registry.lookup.sets import SetId

__all__ = ["Found", "everywhere", "in_group", "in_set", "in_station", "node_names"]

Entries = Sequence[Entry]


@dataclass(frozen=True, slots=True)
class Found:
    """An answer: the call's result, the endpoints to call, those to leave alone, and why."""

    ret: int
    active: tuple[Entry, ...]
    inactive: tuple[Entry, ...]
    rule: str


def everywhere(entries: Entries | None) -> Found:
    """All endpoints on all nodes (``findObjectById``, ``findObjectById4Any``)."""
    if entries is None:
        return Found(0, (), (), "the object is unknown")
    return _split(entries, "all nodes")


def in_group(entries: Entries | None, groups: Groups, group: int) -> Found:
    """The endpoints that suit a caller of a group (``...InSameGroup``, ``...4All``)."""
    if entries is None:
        return everywhere(entries)
    if group == UNKNOWN:
        return _split(entries, "all nodes: the caller is in no group")
    found = _where(entries, {group}, f"the caller's group {group}")
    for place, alike in enumerate(groups.priorities, 1):
        if found.active:
            return found
        if group in alike:
            found = _where(entries, alike, f"the groups of priority list {place}")
    if not found.active:
        found = _where(entries, {UNKNOWN}, "servers without a group")
    return found if found.active else _split(entries, "all nodes: no other is active")


def in_station(entries: Entries | None, groups: Groups, station: str) -> Found:
    """The endpoints whose address lies in a station (``...InSameStation``); no fall-back."""
    members = groups.stations.get(station)
    if members is None:
        return Found(-1, (), (), f"station {station!r} is unknown")
    inside = [each for each in entries or () if each.endpoint.grouprealid in members]
    return _split(inside, f"station {station!r}")


def in_set(entries: Entries | None, groups: Groups, group: int, set_id: str) -> Found:
    """The endpoints of a set (``...InSameSet``); a callee without that set falls back to groups."""
    wanted = SetId.parse(set_id)
    if wanted is None:
        return Found(-1, (), (), f"{set_id!r} is no set id: name.area.group expected")
    named = [
        each
        for each in entries or ()
        if each.set_id is not None and each.set_id.name == wanted.name
    ]
    if not named:
        return in_group(entries, groups, group)
    area = [each for each in named if _area_of(each, wanted)]
    exact = [each for each in area if each.set_id == wanted]
    if wanted.is_wildcard:
        choice, rule = area, "every group of the area"
    elif exact:
        choice, rule = exact, "the set itself"
    else:
        choice = [each for each in area if each.set_id and each.set_id.is_wildcard]
        rule = "the wildcard group of the area"
    if not choice:
        return Found(-1, (), (), f"no server in set {set_id}, nor for its whole area")
    return _split(choice, rule)


def node_names(entries: Entries | None) -> list[str]:
    """The nodes that serve an object, each once, in order (``findObjectNodeName``)."""
    return list(
        dict.fromkeys(each.endpoint.nodeName for each in entries or () if each.active)
    )


def _area_of(entry: Entry, wanted: SetId) -> bool:
    return entry.set_id is not None and entry.set_id.same_area(wanted)


def _where(entries: Entries, groups: Container[int], rule: str) -> Found:
    return _split(
        [each for each in entries if each.endpoint.groupworkid in groups], rule
    )


def _split(entries: Entries, rule: str) -> Found:
    active = tuple(each for each in entries if each.active)
    inactive = tuple(each for each in entries if not each.active)
    return Found(0, active, inactive, rule)
