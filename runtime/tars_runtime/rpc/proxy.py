"""The client side of an interface, in three manners: awaited, blocking, one-way.

Generated classes subclass these and add one line per method. Everything a subclass inherits
starts with an underscore, save ``of``: the compiler's table of reserved names knows them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self, TypeVar

from tars_runtime.rpc.call import CallOptions, Channel
from tars_runtime.rpc.method import Method

__all__ = ["AnyProxy", "Blocking", "OneWay", "Proxy"]

R = TypeVar("R")


class AnyProxy:
    """What the three manners share: the channel to one object."""

    __slots__ = ("_channel",)

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    @classmethod
    def of(cls, other: AnyProxy) -> Self:
        """The same object in this manner: ``GreeterBlocking.of(greeter)``."""
        return cls(other._channel)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._channel.object_name}>"


class Proxy(AnyProxy):
    """Calls that are awaited."""

    __slots__ = ()

    async def _call(
        self,
        method: Method[R],
        *arguments: object,
        timeout: float | None,
        context: Mapping[str, str] | None,
        options: CallOptions | None,
    ) -> R:
        return await self._channel.call(
            method, arguments, timeout=timeout, context=context, options=options
        )


class Blocking(AnyProxy):
    """Calls that block the calling thread; not for use on an event loop's thread."""

    __slots__ = ()

    def _call(
        self,
        method: Method[R],
        *arguments: object,
        timeout: float | None,
        context: Mapping[str, str] | None,
        options: CallOptions | None,
    ) -> R:
        return self._channel.call_blocking(
            method, arguments, timeout=timeout, context=context, options=options
        )


class OneWay(AnyProxy):
    """Requests without an answer: handed to the connection, and that is all."""

    __slots__ = ()

    async def _send(
        self,
        method: Method[R],
        *arguments: object,
        timeout: float | None,
        context: Mapping[str, str] | None,
        options: CallOptions | None,
    ) -> None:
        await self._channel.send(
            method, arguments, timeout=timeout, context=context, options=options
        )
