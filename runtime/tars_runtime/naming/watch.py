"""Told of changes instead of asking: the registry's pushes (TarsProtocol `QueryPushF.tars`).

A registry that takes ``registerQuery`` pushes ``onQuery(out id)`` when an object's endpoints
change; the client then asks again, in its own set or group. A registry that does not is asked every
interval, as ever. Registering again with each refresh mends lost connections.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from typing import Final

from tars_runtime import codec
from tars_runtime.errors import CallError, DecodeError, ServerError
from tars_runtime.interfaces.tars import QueryFProxy
from tars_runtime.protocol import Code, Push

__all__ = ["RegistryWatch"]

log = logging.getLogger("tars.naming")

FUNCTION: Final = "onQuery"
TIMEOUT: Final = 3.0
_ANSWER: Final = codec.arguments(
    codec.optional(0, "ret", codec.INT), codec.require(1, "id", codec.STRING)
)


class RegistryWatch:
    """Registers objects with one registry and says which of them changed."""

    def __init__(self, query: QueryFProxy, client: str) -> None:
        self._query = query
        self._client = client
        self._is_offered = True

    async def register(self, name: str) -> None:
        """Ask to be told of an object; a registry that cannot is not asked again."""
        if not self._is_offered:
            return
        try:
            await self._query.registerQuery(name, self._client, timeout=TIMEOUT)
        except ServerError as error:
            self._is_offered = error.code != Code.NO_FUNCTION
            log.debug("the registry does not tell of %s: %s", name, error)
        except (CallError, DecodeError) as error:
            log.debug("the registry was not asked to tell of %s: %s", name, error)

    async def follow(
        self, pushes: AsyncIterator[Push], changed: Callable[[str], None]
    ) -> None:
        """Say what changed, for as long as pushes come."""
        async for push in pushes:
            if push.function != FUNCTION:
                continue
            try:
                _, name = _ANSWER.parse(push.packet.body)
            except DecodeError as error:
                log.warning("a push of the registry that is none: %s", error)
            else:
                changed(name)
