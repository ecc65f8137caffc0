"""Which functions a servant offers: a table made once from its interface.

A name from the wire is only ever a key of this table, never an attribute's name.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from tars_runtime import codec
from tars_runtime.errors import UsageError
from tars_runtime.rpc import (
    Method,
    Servant,
    ServerCall,
    ServerInterceptor,
    current,
)
from tars_runtime.rpc.intercept import chain

__all__ = ["Route", "Routes", "routes_of"]


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """One function of one object: how its arguments are read, who runs it, how it answers."""

    object: str
    method: Method[Any]
    run: Callable[..., Any]
    is_async: bool
    arguments: codec.Type[tuple[Any, ...]]
    result: codec.Type[Any]


Routes: TypeAlias = Mapping[str, Route]


def routes_of(
    name: str, servant: Servant, interceptors: Sequence[ServerInterceptor]
) -> Routes:
    """The routes of ``servant`` under the object's ``name``; raises `UsageError`."""
    if not isinstance(servant, Servant):
        raise UsageError(
            f"expected a servant for {name}, got {type(servant).__name__}: "
            "subclass the generated ...Servant class and pass an instance"
        )
    return {
        method.name: _route(name, servant, method, interceptors)
        for method in type(servant).__tars__
    }


def _route(
    name: str,
    servant: Servant,
    method: Method[Any],
    interceptors: Sequence[ServerInterceptor],
) -> Route:
    run = getattr(servant, method.attr)  # the name is the interface's, not the wire's
    is_async = inspect.iscoroutinefunction(run)
    if interceptors:
        run, is_async = _intercepted(run, is_async, method, interceptors), True
    return Route(
        object=name,
        method=method,
        run=run,
        is_async=is_async,
        arguments=method.arguments,
        result=method.result,
    )


def _intercepted(
    run: Callable[..., Any],
    is_async: bool,
    method: Method[Any],
    interceptors: Sequence[ServerInterceptor],
) -> Callable[..., Awaitable[Any]]:
    """The method within its interceptors; a plain ``def`` still runs in a thread."""

    async def innermost(call: ServerCall) -> Any:
        if is_async:
            return await run(*call.arguments)
        answer = await asyncio.to_thread(run, *call.arguments)
        return await answer if inspect.isawaitable(answer) else answer

    around = chain(interceptors, innermost)

    async def intercepted(*arguments: object) -> Any:
        call = ServerCall(current=current(), method=method, arguments=arguments)
        return await around(call)

    return intercepted
