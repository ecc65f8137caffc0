"""A direct line to given endpoints: one connection at a time, every step within the deadline.

The communicator's endpoint lists, health and balancing are for servers with traffic; tarscli
makes a call every half minute, and must know for certain when it gives up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TypeVar

from tars_runtime.errors import CallTimeout, ConnectError, NoEndpoint, ServerError
from tars_runtime.net.calls import Calls
from tars_runtime.net.client import connect
from tars_runtime.net.endpoint import Endpoint
from tars_runtime.protocol import Code, PacketType, Request, Response, answered
from tars_runtime.rpc import CallOptions, Method

__all__ = ["DirectChannel"]

R = TypeVar("R")

TIMEOUT = 1.0
"""Seconds of a call that says nothing else."""


class DirectChannel:
    """The way to one object (`tars_runtime.rpc.Channel`)."""

    def __init__(self, name: str, endpoints: tuple[Endpoint, ...]) -> None:
        self._name = name
        self._endpoints = endpoints
        self._connection: Calls | None = None
        self.reply_context: Mapping[str, str] = {}
        """What the last answer carried beside its result."""

    @property
    def object_name(self) -> str:
        """``App.Server.Obj``."""
        return self._name

    async def call(
        self,
        method: Method[R],
        arguments: tuple[object, ...],
        *,
        timeout: float | None,
        context: Mapping[str, str] | None,
        options: CallOptions | None,
    ) -> R:
        """Call and wait; raises `CallError` or `CodecError`."""
        body = method.arguments.build(arguments)
        response = await self.exchange(
            method.name,
            body,
            timeout=timeout or TIMEOUT,
            context=context or {},
            status=options.status if options is not None else {},
        )
        return method.result.parse(response.body)

    async def exchange(
        self,
        function: str,
        body: bytes,
        *,
        timeout: float,
        context: Mapping[str, str],
        status: Mapping[str, str],
        version: int = 1,
    ) -> Response:
        """Send one request and return its answer; raises `CallError`."""
        deadline = asyncio.get_running_loop().time() + timeout
        request = Request(
            version=version,
            servant=self._name,
            function=function,
            body=body,
            timeout_ms=max(int(timeout * 1000), 1),
            context=context,
            status=status,
        )
        try:
            connection = await self._connected(deadline)
            response = await self._answer(connection, request, deadline)
            if response.ret != Code.SUCCESS:
                raise ServerError(response.ret, response.text or answered(response.ret))
        except (ServerError, CallTimeout, ConnectError) as error:
            where = ":".join(each.address for each in self._endpoints)
            error.at(object=self._name, function=function, endpoint=where)
            raise
        self.reply_context = response.context
        return response

    async def _answer(
        self, connection: Calls, request: Request, deadline: float
    ) -> Response:
        request_id, future = connection.request(request, deadline)
        try:
            return await future
        except (CallTimeout, asyncio.CancelledError):
            connection.forget(request_id)
            await self.close()
            raise

    async def _connected(self, deadline: float) -> Calls:
        """A connection to the first endpoint that takes one."""
        if self._connection is not None and self._connection.usable:
            return self._connection
        failure: ConnectError | None = None
        loop = asyncio.get_running_loop()
        for position, endpoint in enumerate(self._endpoints):
            left = (deadline - loop.time()) / (len(self._endpoints) - position)
            try:
                self._connection = await connect(endpoint, timeout=max(left, 0.001))
            except ConnectError as error:
                failure = error
                continue
            return self._connection
        raise failure or NoEndpoint(
            Code.NO_ENDPOINT,
            f"{self._name} has no endpoint; is it running and registered?",
        )

    async def send(
        self,
        method: Method[R],
        arguments: tuple[object, ...],
        *,
        timeout: float | None,
        context: Mapping[str, str] | None,
        options: CallOptions | None,
    ) -> None:
        """Send without waiting for an answer; raises `CallError`."""
        loop = asyncio.get_running_loop()
        connection = await self._connected(loop.time() + (timeout or TIMEOUT))
        connection.notify(
            Request(
                packet_type=PacketType.ONE_WAY,
                servant=self._name,
                function=method.name,
                body=method.arguments.build(arguments),
                context=context or {},
                status=options.status if options is not None else {},
            )
        )

    def call_blocking(
        self,
        method: Method[R],
        arguments: tuple[object, ...],
        *,
        timeout: float | None,
        context: Mapping[str, str] | None,
        options: CallOptions | None,
    ) -> R:
        """`call` on an event loop of its own, for one call."""

        async def once() -> R:
            try:
                return await self.call(
                    method, arguments, timeout=timeout, context=context, options=options
                )
            finally:
                await self.close()

        return asyncio.run(once())

    async def close(self) -> None:
        """Close the connection; a later call opens another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.abort()
            await connection.closed()
