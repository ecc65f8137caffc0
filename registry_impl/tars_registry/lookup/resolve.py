"""What a given caller would get: the question a client asks, by what the client says of itself."""

from __future__ import annotations

from dataclasses import dataclass

from tars_registry.lookup import finds
from tars_registry.lookup.catalog import Catalog
from tars_registry.lookup.finds import Found

__all__ = ["Question", "resolve"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """An object, and where the caller is: a node, a set, or a station asked for."""

    object: str
    node: str = ""
    set_id: str = ""
    station: str = ""


def resolve(catalog: Catalog, question: Question) -> Found:
    """The answer that a client with this place gets: by set, by station, or by group."""
    entries = catalog.entries(question.object)
    groups = catalog.groups
    group = groups.of_address(question.node)
    if question.set_id:
        return finds.in_set(entries, groups, group, question.set_id)
    if question.station:
        return finds.in_station(entries, groups, question.station)
    return finds.in_group(entries, groups, group)
