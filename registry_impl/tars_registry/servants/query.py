"""``tars.tarsregistry.QueryObj``: clients ask where objects are. Never an error: a result other
than 0, or an error, makes C++ clients drop the registry."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tars_runtime import rpc
from tars_runtime.interfaces.tars import (
    GetMasterSlaveLock,
    QueryFFindObjectNodeNameReply,
    QueryFServant,
)

from tars_registry.lookup import finds
from tars_registry.lookup.answers import Answers, Place
from tars_registry.lookup.catalog import Catalog
from tars_registry.servants.locks import Locks
from tars_registry.servants.push import Subscriptions

__all__ = ["Query"]

NOT_OFFERED = -1
"""What the C++ registry answers to functions that it does not offer."""


class Query(QueryFServant):
    """Answers from memory, as bytes that were made once."""

    def __init__(
        self,
        catalog: Catalog,
        answers: Answers,
        subscriptions: Subscriptions,
        locks: Locks,
    ) -> None:
        self._catalog = catalog
        self._answers = answers
        self._subscriptions = subscriptions
        self._locks = locks
        self._counts = Counter({method.name: 0 for method in self.__tars__})

    @property
    def counts(self) -> dict[str, int]:
        """How often each function was called."""
        given = {name: each.count for name, each in self._answers.given.items()}
        return dict(self._counts) | given

    async def findObjectById(self, id: str) -> Any:
        """The active endpoints of an object, on all nodes."""
        return self._answers.by_id(id)

    async def findObjectById4Any(self, id: str) -> Any:
        """All endpoints of an object, on all nodes."""
        return self._answers.any(id)

    async def findObjectById4All(self, id: str) -> Any:
        """The endpoints that suit the caller's group, whatever the name says."""
        return self._answers.all(id, _place())

    async def findObjectByIdInSameGroup(self, id: str) -> Any:
        """The endpoints that suit the caller's group."""
        return self._answers.in_group(id, _place())

    async def findObjectByIdInSameStation(self, id: str, sStation: str) -> Any:
        """The endpoints of one station; -1 when there is no such station."""
        return self._answers.in_station(id, sStation)

    async def findObjectByIdInSameSet(self, id: str, setId: str) -> Any:
        """The endpoints of one set, ``name.area.group``."""
        return self._answers.in_set(id, setId, _place())

    async def findObjectNodeName(self, id: str) -> QueryFFindObjectNodeNameReply:
        """The nodes where an object is active."""
        self._counts["findObjectNodeName"] += 1
        names = finds.node_names(self._catalog.entries(id))
        return QueryFFindObjectNodeNameReply(ret=0, nodeName=names)

    async def registerChange(self, timestamp: dict[str, str], name: str) -> int:
        """Not offered: what it should cover was never defined."""
        del timestamp, name
        self._counts["registerChange"] += 1
        return NOT_OFFERED

    async def registerQuery(self, id: str, name: str) -> int:
        """Tell this connection when the endpoints of an object change."""
        del name  # the connection is told, whatever the caller calls itself
        self._counts["registerQuery"] += 1
        return 0 if self._subscriptions.add(rpc.current().caller, id) else NOT_OFFERED

    async def getLocker(self, req: GetMasterSlaveLock) -> int:
        """The lock of a master and slave pair: 0 got it, 1 another has it, -1 failed."""
        self._counts["getLocker"] += 1
        return await self._locks.acquire(req)


def _place() -> Place:
    """Where the caller is: what it says, else its address."""
    current = rpc.current()
    said = current.context.get("node_name", "")
    return Place(said) if said else Place(current.peer[0], is_told=False)
