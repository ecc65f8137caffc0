"""Which functions a servant offers: a table made once from its interface.

A name from the wire is only ever a key of this table, never an attribute's name.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeAlias

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


class Route:
    """One function of one object: how its arguments are read, who runs it, how it answers."""

    __slots__ = ("build", "intercepted", "is_async", "method", "parse", "run")

    def __init__(
        self,
        method: Method[Any],
        run: Callable[..., Any],
        is_async: bool,
        intercepted: bool = False,
    ) -> None:
        self.method = method
        self.run = run
        self.is_async = is_async
        self.intercepted = intercepted
        self.parse: Callable[[bytes], tuple[Any, ...]] = self._parse
        """The arguments from a TARS body; raises `DecodeError`."""
        self.build: Callable[[Any], bytes] = self._build
        """The TARS body of a result; raises `EncodeError`."""

    def _parse(self, body: bytes) -> tuple[Any, ...]:
        arguments = self.method.arguments
        if arguments.promoted:
            self.parse = arguments.parse  # a bare function by now
        return arguments.parse(body)

    def _build(self, value: Any) -> bytes:
        result = self.method.result
        if result.promoted:
            self.build = result.build
        return result.build(value)


Routes: TypeAlias = Mapping[str, Route]
InThread: TypeAlias = Callable[..., Awaitable[Any]]
"""Runs a function with its arguments in a thread."""


def routes_of(
    name: str,
    servant: Servant,
    interceptors: Sequence[ServerInterceptor] = (),
    in_thread: InThread = asyncio.to_thread,
) -> Routes:
    """The routes of ``servant`` under the object's ``name``; raises `UsageError`.

    Within interceptors, methods that are plain ``def`` run by ``in_thread``.
    """
    if not isinstance(servant, Servant):
        raise UsageError(
            f"expected a servant for {name}, got {type(servant).__name__}: "
            "subclass the generated ...Servant class and pass an instance"
        )
    return {
        method.name: _route(servant, method, interceptors, in_thread)
        for method in type(servant).__tars__
    }


def _route(
    servant: Servant,
    method: Method[Any],
    interceptors: Sequence[ServerInterceptor],
    in_thread: InThread,
) -> Route:
    run = getattr(servant, method.attr)  # the name is the interface's, not the wire's
    is_async = inspect.iscoroutinefunction(run)
    if interceptors:
        if not is_async:
            run = _threaded(run, in_thread)
        run, is_async = _intercepted(run, method, interceptors), True
    return Route(method, run, is_async, intercepted=bool(interceptors))


def _threaded(
    run: Callable[..., Any], in_thread: InThread
) -> Callable[..., Awaitable[Any]]:
    """A plain ``def`` in a thread; a coroutine that it gives goes on here."""

    async def threaded(*arguments: object) -> Any:
        answer = await in_thread(run, *arguments)
        return await answer if inspect.isawaitable(answer) else answer

    return threaded


def _intercepted(
    run: Callable[..., Awaitable[Any]],
    method: Method[Any],
    interceptors: Sequence[ServerInterceptor],
) -> Callable[..., Awaitable[Any]]:
    """The method within its interceptors."""

    async def innermost(call: ServerCall) -> Any:
        return await run(*call.arguments)

    around = chain(interceptors, innermost)

    async def intercepted(*arguments: object) -> Any:
        call = ServerCall(current=current(), method=method, arguments=arguments)
        return await around(call)

    return intercepted
