"""How a proxy reaches its object: the options of one call, and the channel that carries it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeVar

from tars_runtime.rpc.method import Method

__all__ = ["CallOptions", "Channel", "ReplyInfo"]

R = TypeVar("R")


@dataclass(slots=True)
class ReplyInfo:
    """What came beside an answer; filled in by a call that was given it in its options."""

    context: Mapping[str, str] = field(default_factory=dict[str, str])
    """The context that the servant sent back (``ResponsePacket`` tag 9)."""

    status: Mapping[str, str] = field(default_factory=dict[str, str])
    """The status entries of the answer."""

    endpoint: str = ""
    """Who answered, ``host:port``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOptions:
    """What one call may want besides its arguments, time-out and context."""

    hash: int | None = None
    """Pick the endpoint by this code (its low 32 bits); hash small ids first."""

    balance: Literal["modulo", "consistent"] = "modulo"
    """How ``hash`` picks: modulo the endpoints, or on the ring that C++ and Go share."""

    status: Mapping[str, str] = field(default_factory=dict[str, str])
    """Status entries to send (``RequestPacket`` tag 10)."""

    dyeing: str | None = None
    """Dye the call, and those that it causes, with this key."""

    version: Literal[1, 2, 3, 5] = 1
    """1 TARS, 2 and 3 TUP, 5 JSON."""

    reply: ReplyInfo | None = None
    """Filled in with what comes beside the answer."""


class Channel(Protocol):
    """The way to one object; made by ``communicator.proxy``, shared by its proxies."""

    @property
    def object_name(self) -> str:
        """``App.Server.Obj``, without endpoints."""

    async def call(
        self,
        method: Method[R],
        arguments: tuple[object, ...],
        *,
        timeout: float | None,
        context: Mapping[str, str] | None,
        options: CallOptions | None,
    ) -> R:
        """Call and wait for the answer; raises `CallError`, `CodecError` or `UsageError`."""

    async def send(
        self,
        method: Method[R],
        arguments: tuple[object, ...],
        *,
        timeout: float | None,
        context: Mapping[str, str] | None,
        options: CallOptions | None,
    ) -> None:
        """Send a one-way request; returns when the bytes were handed to the connection."""

    def call_blocking(
        self,
        method: Method[R],
        arguments: tuple[object, ...],
        *,
        timeout: float | None,
        context: Mapping[str, str] | None,
        options: CallOptions | None,
    ) -> R:
        """Like `call`, for code that is not async: blocks this thread, not the event loop's."""
