"""What became of a call: the error that a caller sees, and whether the endpoint is to blame."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from tars_runtime.errors import (
    CallError,
    CallTimeout,
    ConnectError,
    DecodeError,
    Overloaded,
    ServerError,
)
from tars_runtime.net.endpoint import Endpoint
from tars_runtime.protocol import Code, Response, meaning

__all__ = ["Observer", "blames_endpoint", "code_of", "refusal"]

Observer: TypeAlias = Callable[[str, str, Endpoint | None, int, float], None]
"""Told of each call: object, function, endpoint, code, seconds; no endpoint when none was found."""

OVERLOADS: Final = frozenset((Code.OVERLOAD, Code.QUEUE_TIMEOUT))
_BLAMED: Final = (CallTimeout, ConnectError, Overloaded, DecodeError)


def refusal(response: Response) -> ServerError:
    """The error of an answer whose code is not 0."""
    kind = Overloaded if response.ret in OVERLOADS else ServerError
    return kind(response.ret, response.text or meaning(response.ret))


def blames_endpoint(error: BaseException) -> bool:
    """Whether the endpoint did not do its part; what a servant answers is its own matter."""
    return isinstance(error, _BLAMED)


def code_of(error: BaseException) -> int:
    """The return code that stands for an error in statistics."""
    if isinstance(error, CallError):
        return error.code
    return Code.CLIENT_DECODE if isinstance(error, DecodeError) else Code.SEND
