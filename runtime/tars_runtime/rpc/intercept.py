"""What stands around a call at either end: interceptors, and what they see.

::

    async def timed(call, proceed):
        begun = time.perf_counter()
        try:
            return await proceed(call)
        finally:
            print(call.function, time.perf_counter() - begun)

The first interceptor of a list is the outermost.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, TypeAlias, TypeVar

from tars_runtime.rpc.call import CallOptions
from tars_runtime.rpc.current import Current
from tars_runtime.rpc.method import Method

__all__ = [
    "ClientCall",
    "ClientInterceptor",
    "ServerCall",
    "ServerInterceptor",
    "chain",
]

C = TypeVar("C")


@dataclass(slots=True, kw_only=True)
class ClientCall:
    """A call on its way out; an interceptor may change context, status and arguments."""

    object: str
    method: Method[Any]
    arguments: tuple[Any, ...]
    deadline: float
    """When the caller stops waiting, in seconds on the event loop's clock."""
    context: dict[str, str] = field(default_factory=dict[str, str])
    status: dict[str, str] = field(default_factory=dict[str, str])
    flags: int = 0
    """``iMessageType``, as `tars_runtime.protocol.Flag` names its bits."""
    options: CallOptions | None = None
    one_way: bool = False
    endpoint: str = ""
    """Where it went, ``host:port``; known once ``proceed`` has returned."""

    @property
    def function(self) -> str:
        """The function's IDL name."""
        return self.method.name


@dataclass(slots=True, kw_only=True)
class ServerCall:
    """A call on its way to a servant."""

    current: Current
    method: Method[Any]
    arguments: tuple[Any, ...]

    @property
    def object(self) -> str:
        """The object asked for."""
        return self.current.object

    @property
    def function(self) -> str:
        """The function's IDL name."""
        return self.method.name


ClientInterceptor: TypeAlias = Callable[
    [ClientCall, Callable[[ClientCall], Awaitable[Any]]], Awaitable[Any]
]
ServerInterceptor: TypeAlias = Callable[
    [ServerCall, Callable[[ServerCall], Awaitable[Any]]], Awaitable[Any]
]


def chain(
    interceptors: Sequence[
        Callable[[C, Callable[[C], Awaitable[Any]]], Awaitable[Any]]
    ],
    innermost: Callable[[C], Awaitable[Any]],
) -> Callable[[C], Awaitable[Any]]:
    """One function that runs the interceptors, the first outermost, around ``innermost``."""

    def around(
        inner: Callable[[C], Awaitable[Any]],
        outer: Callable[[C, Callable[[C], Awaitable[Any]]], Awaitable[Any]],
    ) -> Callable[[C], Awaitable[Any]]:
        return lambda call: outer(call, inner)

    return reduce(around, reversed(interceptors), innermost)
