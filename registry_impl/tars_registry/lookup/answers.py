"""Answers with their bytes: each made once, kept until an endpoint of its object changes.

An answer depends on the object and the caller's place (a group, a set, a station), never on the
caller itself. One change withdraws one object's answers. What is kept is bounded, because sets
and stations come from callers; objects that are unknown share their answers.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Final, NamedTuple

from tars_runtime import codec, rpc
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

__all__ = ["FUNCTIONS", "Answers", "Place"]

PER_OBJECT: Final = 256
"""Answers kept of one object; groups, sets and stations are few where they are real."""

LONGEST: Final = 128
"""Characters of a set or station whose answer is kept; real ones are shorter."""

UNKNOWN: Final = None
"""In place of a name for the answers of all unknown objects; an object may be called ``""``."""

LIST: Final = 9
"""The wire type of a list, in the low half of its head."""

BY_ID: Final = "findObjectById"
ANY: Final = "findObjectById4Any"
ALL: Final = "findObjectById4All"
GROUP: Final = "findObjectByIdInSameGroup"
STATION: Final = "findObjectByIdInSameStation"
SET: Final = "findObjectByIdInSameSet"
FUNCTIONS: Final = (BY_ID, ANY, ALL, GROUP, STATION, SET)

_INT: Final = codec.at(0, codec.INT)
_ENDPOINT: Final = codec.at(0, EndpointF)

Entries = Sequence[Entry] | None
Make = Callable[[Entries], tuple[object, bytes]]
"""Makes an answer from an object's entries: its value and its bytes."""


class Place(NamedTuple):
    """Where a caller is."""

    address: str
    is_told: bool = True
    """The request says so itself; otherwise it is known from the connection alone."""


class Answers:
    """The six questions, answered. Lives on the event loop's thread."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._kept: dict[str | None, dict[Hashable, rpc.Ready]] = {}
        self.made = 0
        self.given = {function: Given() for function in FUNCTIONS}
        """How often each question was answered, asked of this object or known to its caller."""

    def forget(self, objects: set[str]) -> None:
        """Withdraw the answers of objects that changed."""
        for name in objects:
            _withdraw(self._kept.pop(name, {}))

    def by_id(self, name: str) -> rpc.Ready:
        """``findObjectById``: the active endpoints."""
        return self._answer(BY_ID, name, (), _by_id)

    def any(self, name: str) -> rpc.Ready:
        """``findObjectById4Any``: all endpoints."""
        reply = QueryFFindObjectById4AnyReply
        return self._answer(
            ANY, name, (), lambda of: _reply(reply, finds.everywhere(of))
        )

    def all(self, name: str, caller: Place) -> rpc.Ready:
        """``findObjectById4All``: what suits the caller's address."""
        return self._grouped(ALL, QueryFFindObjectById4AllReply, name, caller)

    def in_group(self, name: str, caller: Place) -> rpc.Ready:
        """``findObjectByIdInSameGroup``: what suits the caller's address."""
        reply = QueryFFindObjectByIdInSameGroupReply
        return self._grouped(GROUP, reply, name, caller)

    def in_station(self, name: str, station: str) -> rpc.Ready:
        """``findObjectByIdInSameStation``."""
        groups = self._catalog.groups
        return self._answer(
            STATION,
            name,
            (station, groups.stations.get(station)),
            lambda of: _reply(
                QueryFFindObjectByIdInSameStationReply,
                finds.in_station(of, groups, station),
            ),
            is_kept=len(station) <= LONGEST,
        )

    def in_set(self, name: str, set_id: str, caller: Place) -> rpc.Ready:
        """``findObjectByIdInSameSet`` for a caller's address."""
        groups = self._catalog.groups
        group = groups.of_address(caller.address)
        return self._answer(
            SET,
            name,
            (set_id, group),
            lambda of: _reply(
                QueryFFindObjectByIdInSameSetReply,
                finds.in_set(of, groups, group, set_id),
            ),
            is_lasting=self._is_told(caller),
            is_kept=len(set_id) <= LONGEST,
        )

    def _grouped(
        self, function: str, reply: type, name: str, caller: Place
    ) -> rpc.Ready:
        groups = self._catalog.groups
        group = groups.of_address(caller.address)
        return self._answer(
            function,
            name,
            (group,),
            lambda of: _reply(reply, finds.in_group(of, groups, group)),
            is_lasting=self._is_told(caller),
        )

    def _is_told(self, caller: Place) -> bool:
        """Whether equal requests come from places that are alike."""
        return caller.is_told or not self._catalog.groups.by_address

    def _answer(
        self,
        function: str,
        name: str,
        place: tuple[Hashable, ...],
        make: Make,
        *,
        is_lasting: bool = True,
        is_kept: bool = True,
    ) -> rpc.Ready:
        entries = self._catalog.entries(name)
        is_lasting = is_lasting and is_kept and entries is not None
        kept = self._kept.setdefault(UNKNOWN if entries is None else name, {})
        key = function, is_lasting, *place
        answer = kept.get(key)
        if answer is None:
            self.made += 1
            value, body = make(entries)
            again = self.given[function].again
            answer = rpc.Ready(value, body, lasting=is_lasting, again=again)
            if is_kept:
                if len(kept) >= PER_OBJECT:
                    _withdraw(kept)
                kept[key] = answer
        self.given[function].count += 1
        return answer


class Given:
    """How often a question was answered."""

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0

    def again(self, _caller: object) -> bool:
        """Count an answer to a request that was known."""
        self.count += 1
        return True


def _withdraw(kept: dict[Hashable, rpc.Ready]) -> None:
    for answer in kept.values():
        answer.withdraw()
    kept.clear()


def _by_id(entries: Entries) -> tuple[list[EndpointF], bytes]:
    """The bare list of active endpoints."""
    active = finds.everywhere(entries).active
    return [each.endpoint for each in active], _list(0, active)


def _reply(reply: type, found: Found) -> tuple[object, bytes]:
    """A reply: its result, and two lists at the last two tags of its schema."""
    value = reply(
        ret=found.ret,
        activeEp=[each.endpoint for each in found.active],
        inactiveEp=[each.endpoint for each in found.inactive],
    )
    tag = next(
        each.tag for each in codec.schema(reply).members if each.name == "activeEp"
    )
    lists = _list(tag, found.active) + _list(tag + 1, found.inactive)
    return value, _INT.build(found.ret) + lists


def _list(tag: int, entries: Sequence[Entry]) -> bytes:
    """A vector of endpoints at a tag: its head, its length, and each endpoint's bytes."""
    parts = [bytes([tag << 4 | LIST]), _INT.build(len(entries))]
    for entry in entries:
        if entry.encoded is None:
            entry.encoded = _ENDPOINT.build(entry.endpoint)
        parts.append(entry.encoded)
    return b"".join(parts)
