"""Where endpoint lists come from: the registry, asked through its query interface."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal, Protocol, TypeAlias

from tars_runtime.errors import NoEndpoint
from tars_runtime.interfaces.tars import EndpointF, QueryFProxy
from tars_runtime.naming.book import Listing
from tars_runtime.net.endpoint import Endpoint, Transport
from tars_runtime.protocol import Code

__all__ = ["Locator", "QueryLocator", "Scope"]

Scope: TypeAlias = Literal["group", "set", "station", "all"]
"""Whose endpoints: those of the caller's group, of a set, of a station, or all."""

TRANSPORTS: Final[dict[int, Transport]] = {0: "udp", 1: "tcp", 2: "ssl"}


class Locator(Protocol):
    """Anything that knows where objects are; give your own to `Communicator(locator=...)`."""

    async def find(self, name: str, *, set_name: str, timeout: float) -> Listing:
        """The endpoints of an object, for a caller in ``set_name`` (``""`` for no set).

        Raises `CallError` when it cannot tell; an object without endpoints is an empty listing.
        """


class QueryLocator:
    """Asks ``tars.tarsregistry.QueryObj``: within the caller's set, else its group."""

    def __init__(
        self,
        query: QueryFProxy,
        node_name: str,
        *,
        on_answer: Callable[[str], None] | None = None,
    ) -> None:
        self._query = query
        self._on_answer = on_answer
        self._context = {"node_name": node_name} if node_name else {}

    async def find(self, name: str, *, set_name: str, timeout: float) -> Listing:
        """Ask; raises `CallError`."""
        scope: Scope = "set" if set_name else "group"
        listing = await self.ask(name, scope, set_name, timeout=timeout)
        if self._on_answer is not None:
            self._on_answer(name)
        return listing

    async def ask(
        self, name: str, scope: Scope, of: str = "", *, timeout: float
    ) -> Listing:
        """The endpoints within a scope; ``of`` names the set or the station.

        Raises `NoEndpoint` when the registry answers with a code, `CallError`.
        """
        query, context = self._query, self._context
        reply: Any
        match scope:
            case "group":
                reply = await query.findObjectByIdInSameGroup(
                    name, timeout=timeout, context=context
                )
            case "set":
                reply = await query.findObjectByIdInSameSet(
                    name, of, timeout=timeout, context=context
                )
            case "station":
                reply = await query.findObjectByIdInSameStation(
                    name, of, timeout=timeout, context=context
                )
            case "all":
                reply = await query.findObjectById4Any(
                    name, timeout=timeout, context=context
                )
        if reply.ret != 0:
            raise NoEndpoint(
                Code.NO_ENDPOINT,
                f"expected the endpoints of {name}, got {reply.ret} from the registry",
            )
        return Listing(_endpoints(reply.activeEp), _endpoints(reply.inactiveEp))


def _endpoints(rows: list[EndpointF]) -> tuple[Endpoint, ...]:
    """Rows that a client can use; a transport that nobody knows is left out."""
    return tuple(
        Endpoint(
            host=row.host,
            port=row.port,
            transport=TRANSPORTS[row.istcp],
            timeout_ms=row.timeout,
            grid=row.grid,
            qos=row.qos if 0 <= row.qos <= 255 else 0,
            weight=row.weight,
            weight_type=row.weightType,
            auth=row.authType,
            set_name=row.setId,
        )
        for row in rows
        if row.istcp in TRANSPORTS and 0 < row.port <= 65535
    )
