"""Answers with their bytes: each made once, kept until an endpoint of its object changes.

An answer depends on the object and the caller's place (a group, a set, a station), never on the
caller. One change drops one object's answers. What is kept per object is bounded, because sets
and stations come from callers.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, Final, TypeVar

from tars_runtime import codec
from tars_runtime.interfaces.tars import (
    EndpointF,
    QueryFFindObjectById4AllReply,
    QueryFFindObjectById4AnyReply,
    QueryFFindObjectByIdInSameGroupReply,
    QueryFFindObjectByIdInSameSetReply,
    QueryFFindObjectByIdInSameStationReply,
)

from tars_registry.lookup import finds
from tars_registry.lookup.catalog import Catalog, Entry
from tars_registry.lookup.finds import Found

__all__ = ["Answers", "encoded"]

PER_OBJECT: Final = 256
"""Answers kept of one object; groups, sets and stations are few where they are real."""

OBJECTS: Final = 100_000
"""Objects whose answers are kept; unknown names are asked for, too."""

LIST: Final = 9
"""The wire type of a list, in the low half of its head."""

_INT: Final = codec.at(0, codec.INT)
_ENDPOINT: Final = codec.at(0, EndpointF)

R = TypeVar("R")


class Endpoints(list[EndpointF]):
    """The result of ``findObjectById`` with its bytes."""

    __slots__ = ("encoded",)
    encoded: bytes


def encoded(answer: Any) -> bytes:
    """The reply's body of an answer that was made here."""
    body: bytes = answer.encoded
    return body


def _with_bytes(reply: type[R]) -> type[R]:
    """A reply class with room for its bytes."""
    return type(reply.__name__, (reply,), {"__slots__": ("encoded",)})


_Any: Final = _with_bytes(QueryFFindObjectById4AnyReply)
_All: Final = _with_bytes(QueryFFindObjectById4AllReply)
_Group: Final = _with_bytes(QueryFFindObjectByIdInSameGroupReply)
_Station: Final = _with_bytes(QueryFFindObjectByIdInSameStationReply)
_Set: Final = _with_bytes(QueryFFindObjectByIdInSameSetReply)


class Answers:
    """The six questions, answered. Lives on the event loop's thread."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._kept: dict[str, dict[Hashable, Any]] = {}
        self.made = 0

    def forget(self, objects: set[str]) -> None:
        """Drop the answers of objects that changed."""
        for name in objects:
            self._kept.pop(name, None)

    def by_id(self, name: str) -> list[EndpointF]:
        """``findObjectById``: the active endpoints."""

        def make() -> Endpoints:
            active = finds.everywhere(self._of(name)).active
            answer = Endpoints(each.endpoint for each in active)
            answer.encoded = _list(0, active)
            return answer

        return self._answer(name, "id", make)

    def any(self, name: str) -> QueryFFindObjectById4AnyReply:
        """``findObjectById4Any``: all endpoints."""
        return self._answer(
            name,
            "any",
            lambda: _reply(_Any, 2, finds.everywhere(self._of(name))),
        )

    def all(self, name: str, caller: str) -> QueryFFindObjectById4AllReply:
        """``findObjectById4All``: what suits the caller's address."""
        return self._grouped(_All, name, caller)

    def in_group(self, name: str, caller: str) -> QueryFFindObjectByIdInSameGroupReply:
        """``findObjectByIdInSameGroup``: what suits the caller's address."""
        return self._grouped(_Group, name, caller)

    def in_station(
        self, name: str, station: str
    ) -> QueryFFindObjectByIdInSameStationReply:
        """``findObjectByIdInSameStation``."""
        groups = self._catalog.groups
        return self._answer(
            name,
            (_Station, station),
            lambda: _reply(
                _Station, 3, finds.in_station(self._of(name), groups, station)
            ),
        )

    def in_set(
        self, name: str, set_id: str, caller: str
    ) -> QueryFFindObjectByIdInSameSetReply:
        """``findObjectByIdInSameSet`` for a caller's address."""
        groups = self._catalog.groups
        group = groups.of_address(caller)
        return self._answer(
            name,
            (_Set, set_id, group),
            lambda: _reply(
                _Set, 3, finds.in_set(self._of(name), groups, group, set_id)
            ),
        )

    def _of(self, name: str) -> tuple[Entry, ...] | None:
        return self._catalog.entries(name)

    def _grouped(self, reply: type[R], name: str, caller: str) -> R:
        groups = self._catalog.groups
        group = groups.of_address(caller)
        return self._answer(
            name,
            (reply, group),
            lambda: _reply(reply, 2, finds.in_group(self._of(name), groups, group)),
        )

    def _answer(self, name: str, place: Hashable, make: Callable[[], R]) -> R:
        kept = self._kept.get(name)
        if kept is None:
            if len(self._kept) >= OBJECTS:
                self._kept.clear()
            kept = self._kept[name] = {}
        answer: R | None = kept.get(place)
        if answer is None:
            if len(kept) >= PER_OBJECT:
                kept.clear()
            self.made += 1
            answer = kept[place] = make()
        return answer


def _reply(reply: type[R], tag: int, found: Found) -> R:
    """A reply: its result, and two lists of which the first stands at ``tag``."""
    answer: Any = reply()
    answer.ret = found.ret
    answer.activeEp = [each.endpoint for each in found.active]
    answer.inactiveEp = [each.endpoint for each in found.inactive]
    lists = _list(tag, found.active) + _list(tag + 1, found.inactive)
    answer.encoded = _INT.build(found.ret) + lists
    made: R = answer
    return made


def _list(tag: int, entries: Sequence[Entry]) -> bytes:
    """A vector of endpoints at a tag: its head, its length, and each endpoint's bytes."""
    parts = [bytes([tag << 4 | LIST]), _INT.build(len(entries))]
    for entry in entries:
        if entry.encoded is None:
            entry.encoded = _ENDPOINT.build(entry.endpoint)
        parts.append(entry.encoded)
    return b"".join(parts)
