"""The call that is being served: who asks, with which context, until when.

A servant method has the parameters of its IDL and no others; the rest is here, in a context
variable: ``rpc.current().context``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Protocol, TypeAlias

from tars_runtime.errors import UsageError
from tars_runtime.protocol import Request

__all__ = ["CURRENT", "Caller", "Current", "current"]


class Caller(Protocol):
    """The connection on which a request came: more can be sent there while it lasts."""

    @property
    def peer(self) -> tuple[str, int]:
        """The caller's address and port."""

    def push(
        self, body: bytes, function: str = "", context: Mapping[str, str] | None = None
    ) -> bool:
        """Send a message that nobody asked for; false when the caller is gone.

        Only to callers that expect it: C++ clients without a push callback hang up. ``body`` is
        built with a method's ``result.build``, ``function`` is the method's name.
        """

    def on_close(self, callback: Callable[[], None]) -> None:
        """Call this once when the caller hangs up."""


ReplyMaps: TypeAlias = tuple[dict[str, str], dict[str, str]]
"""Context and status that go back with an answer."""


class Current:
    """One request, as a servant may want to know it."""

    __slots__ = ("_reply_maps", "arrived", "caller", "request")

    def __init__(
        self,
        request: Request,
        caller: Caller | None = None,
        arrived: float = 0.0,
    ) -> None:
        self.request = request
        """The packet itself."""
        self.caller = caller
        """The connection that it came on; ``None`` when there is none (in-memory calls)."""
        self.arrived = arrived
        """When it came, in seconds on the event loop's clock."""
        self._reply_maps: ReplyMaps | None = None

    @property
    def deadline(self) -> float | None:
        """When the caller stops waiting, on the event loop's clock; ``None`` if it did not say."""
        limit = self.request.timeout_ms
        return self.arrived + limit / 1000 if limit > 0 else None

    @property
    def object(self) -> str:
        """The object asked for, ``App.Server.Obj``."""
        return self.request.servant

    @property
    def function(self) -> str:
        """The function asked for, as the IDL names it."""
        return self.request.function

    @property
    def request_id(self) -> int:
        """The caller's number for this request, unique on its connection."""
        return self.request.request_id

    @property
    def peer(self) -> tuple[str, int]:
        """The caller's address and port."""
        return self.caller.peer if self.caller is not None else ("", 0)

    @property
    def context(self) -> Mapping[str, str]:
        """What the caller sent beside the arguments."""
        return self.request.context

    @property
    def status(self) -> Mapping[str, str]:
        """The framework's entries of the request: set name, dyeing and trace keys."""
        return self.request.status

    @property
    def one_way(self) -> bool:
        """The caller wants no answer."""
        return self.request.packet_type == 1

    @property
    def reply_context(self) -> dict[str, str]:
        """Fill it to send a context back with the answer."""
        return self._maps()[0]

    @property
    def reply_status(self) -> dict[str, str]:
        """Fill it to send status entries back with the answer."""
        return self._maps()[1]

    @property
    def has_reply_maps(self) -> bool:
        """Whether the servant touched `reply_context` or `reply_status`."""
        return self._reply_maps is not None

    def _maps(self) -> ReplyMaps:
        if self._reply_maps is None:
            self._reply_maps = ({}, {})
        return self._reply_maps


CURRENT: ContextVar[Current] = ContextVar("tars_current")


def current() -> Current:
    """The call that this code is serving; raises `UsageError` outside of one."""
    try:
        return CURRENT.get()
    except LookupError:
        raise UsageError(
            "rpc.current() is known only while a servant method runs: call it there"
        ) from None
