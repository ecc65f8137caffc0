"""``tars.tarsregistry.QueryObj``: clients ask where objects are. Never an error: a result other
than 0, or an error, makes C++ clients drop the registry."""

from __future__ import annotations

from functools import cached_property
from typing import Any, ClassVar, TypeVar, cast

from tars_runtime import codec, rpc
from tars_runtime.interfaces.tars import (
    EndpointF,
    GetMasterSlaveLock,
    QueryFFindObjectById4AllReply,
    QueryFFindObjectById4AnyReply,
    QueryFFindObjectByIdInSameGroupReply,
    QueryFFindObjectByIdInSameSetReply,
    QueryFFindObjectByIdInSameStationReply,
    QueryFFindObjectNodeNameReply,
    QueryFServant,
)

from tars_registry.lookup import finds
from tars_registry.lookup.answers import Answers, encoded
from tars_registry.lookup.catalog import Catalog
from tars_registry.servants.locks import Locks
from tars_registry.servants.push import Subscriptions

__all__ = ["Query"]

R = TypeVar("R")

NOT_OFFERED = -1
"""What the C++ registry answers to functions that it does not offer."""


class _Ready(codec.Type[Any]):
    """A result that brings its TARS bytes along; JSON is written from its values."""

    label = "an answer with its bytes"
    codes = ()

    def __init__(self, plain: codec.Type[Any]) -> None:
        super().__init__()
        self._plain = plain
        vars(self).update(parse=plain.parse, build=encoded)  # instead of an engine's

    def to_plain(self, value: Any, depth: int) -> Any:
        """The value as JSON has it."""
        return self._plain.to_plain(value, depth)

    def from_plain(self, plain: Any, depth: int) -> Any:
        """A value from what JSON has."""
        return self._plain.from_plain(plain, depth)


class _ReadyMethod(rpc.Method[R]):
    """A method whose answers bring their bytes along."""

    @cached_property
    def result(self) -> codec.Type[R]:
        """The reply body: bytes that were made before."""
        return _Ready(codec.result(self.gives))


def _ready(method: rpc.Method[Any]) -> rpc.Method[Any]:
    if not method.name.startswith("findObjectById"):
        return method
    return _ReadyMethod(
        method.name, takes=method.takes, gives=method.gives, attr=method.attr
    )


class Query(QueryFServant):
    """Answers from memory, as bytes that were made once."""

    __tars__: ClassVar[Any] = tuple(
        _ready(method)
        for method in cast("tuple[rpc.Method[Any], ...]", QueryFServant.__tars__)
    )

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
        self.counts: dict[str, int] = dict.fromkeys(
            (method.name for method in self.__tars__), 0
        )

    async def findObjectById(self, id: str) -> list[EndpointF]:
        """The active endpoints of an object, on all nodes."""
        self.counts["findObjectById"] += 1
        return self._answers.by_id(id)

    async def findObjectById4Any(self, id: str) -> QueryFFindObjectById4AnyReply:
        """All endpoints of an object, on all nodes."""
        self.counts["findObjectById4Any"] += 1
        return self._answers.any(id)

    async def findObjectById4All(self, id: str) -> QueryFFindObjectById4AllReply:
        """The endpoints that suit the caller's group, whatever the name says."""
        self.counts["findObjectById4All"] += 1
        return self._answers.all(id, _place())

    async def findObjectByIdInSameGroup(
        self, id: str
    ) -> QueryFFindObjectByIdInSameGroupReply:
        """The endpoints that suit the caller's group."""
        self.counts["findObjectByIdInSameGroup"] += 1
        return self._answers.in_group(id, _place())

    async def findObjectByIdInSameStation(
        self, id: str, sStation: str
    ) -> QueryFFindObjectByIdInSameStationReply:
        """The endpoints of one station; -1 when there is no such station."""
        self.counts["findObjectByIdInSameStation"] += 1
        return self._answers.in_station(id, sStation)

    async def findObjectByIdInSameSet(
        self, id: str, setId: str
    ) -> QueryFFindObjectByIdInSameSetReply:
        """The endpoints of one set, ``name.area.group``."""
        self.counts["findObjectByIdInSameSet"] += 1
        return self._answers.in_set(id, setId, _place())

    async def findObjectNodeName(self, id: str) -> QueryFFindObjectNodeNameReply:
        """The nodes where an object is active."""
        self.counts["findObjectNodeName"] += 1
        names = finds.node_names(self._catalog.entries(id))
        return QueryFFindObjectNodeNameReply(ret=0, nodeName=names)

    async def registerChange(self, timestamp: dict[str, str], name: str) -> int:
        """Not offered: what it should cover was never defined."""
        del timestamp, name
        self.counts["registerChange"] += 1
        return NOT_OFFERED

    async def registerQuery(self, id: str, name: str) -> int:
        """Tell this connection when the endpoints of an object change."""
        del name  # the connection is told, whatever the caller calls itself
        self.counts["registerQuery"] += 1
        return 0 if self._subscriptions.add(rpc.current().caller, id) else NOT_OFFERED

    async def getLocker(self, req: GetMasterSlaveLock) -> int:
        """The lock of a master and slave pair: 0 got it, 1 another has it, -1 failed."""
        self.counts["getLocker"] += 1
        return await self._locks.acquire(req)


def _place() -> str:
    """Where the caller is: what it says, else its address."""
    current = rpc.current()
    return current.context.get("node_name", "") or current.peer[0]
