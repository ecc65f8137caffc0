"""What became of a call: the caller's error, the endpoint's blame, and who else is told."""

from __future__ import annotations

import logging
from asyncio import get_running_loop
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from tars_runtime.communicator.target import Target
from tars_runtime.errors import (
    CallError,
    CallTimeout,
    ConnectError,
    DecodeError,
    Overloaded,
    ServerError,
    TarsError,
)
from tars_runtime.net.endpoint import Endpoint
from tars_runtime.protocol import Code, Response, answered

__all__ = ["Observer", "Outcomes", "blames_endpoint", "code_of", "refusal"]

log = logging.getLogger("tars.client")

Observer: TypeAlias = Callable[[str, str, Endpoint | None, int, float], None]
"""Told of each call: object, function, endpoint, code, seconds; no endpoint when none was found."""

OVERLOADS: Final = frozenset((Code.OVERLOAD, Code.QUEUE_TIMEOUT))
_BLAMED: Final = (CallTimeout, ConnectError, Overloaded, DecodeError)


def refusal(response: Response) -> ServerError:
    """The error of an answer whose code is not 0."""
    kind = Overloaded if response.ret in OVERLOADS else ServerError
    return kind(response.ret, response.text or answered(response.ret))


def blames_endpoint(error: BaseException) -> bool:
    """Whether the endpoint did not do its part; what a servant answers is its own matter."""
    return isinstance(error, _BLAMED)


def code_of(error: BaseException) -> int:
    """The return code that stands for an error in statistics."""
    if isinstance(error, CallError):
        return error.code
    return Code.CLIENT_DECODE if isinstance(error, DecodeError) else Code.SEND


class Outcomes:
    """Tells callers, endpoints, observers and the log what became of the calls to one object."""

    def __init__(self, name: str, observers: Sequence[Observer]) -> None:
        self.logs_timeouts = True
        self._name = name
        self._observers = observers

    def failed(
        self,
        error: BaseException,
        target: Target,
        function: str,
        begun: float,
        request: int,
    ) -> None:
        """A call was sent and failed; an answer that is an error is still an answer."""
        if self.logs_timeouts and isinstance(error, CallTimeout):
            log.warning(
                "%s.%s: no answer from %s in time", self._name, function, target.address
            )
        if blames_endpoint(error):
            target.failed(get_running_loop().time())
        elif isinstance(error, TarsError):
            target.succeeded(begun)
        self.tell(error, target, function, begun, request)

    def tell(
        self,
        error: BaseException,
        target: Target | None,
        function: str,
        begun: float,
        request: int = 0,
    ) -> None:
        """Note in an error where it happened, and in the statistics that it did."""
        if isinstance(error, CallError):
            error.at(
                object=self._name,
                function=function,
                request_id=request,
                endpoint=target.address if target is not None else "",
            )
        if isinstance(error, TarsError):
            self.observe(target, function, code_of(error), begun)

    def observe(
        self, target: Target | None, function: str, code: int, begun: float
    ) -> None:
        """Tell the observers; what they raise is their own affair."""
        if not self._observers:
            return
        took = get_running_loop().time() - begun
        endpoint = target.endpoint if target is not None else None
        for observe in self._observers:
            try:
                observe(self._name, function, endpoint, code, took)
            except Exception:
                log.exception("an observer of %s.%s failed", self._name, function)
