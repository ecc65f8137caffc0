"""The call that is being served: who asks, with which context, until when.

A servant method has the parameters of its IDL and no others; the rest is here, in a context
variable: ``rpc.current().context``.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field

from tars_runtime.errors import UsageError

__all__ = ["CURRENT", "Current", "current"]


@dataclass(slots=True, kw_only=True)
class Current:
    """One request, as a servant may want to know it."""

    object: str
    """The object asked for, ``App.Server.Obj``."""

    function: str
    """The function asked for, as the IDL names it."""

    request_id: int = 0
    """The caller's number for this request, unique on its connection."""

    peer: tuple[str, int] = ("", 0)
    """The caller's address and port."""

    context: Mapping[str, str] = field(default_factory=dict[str, str])
    """What the caller sent beside the arguments."""

    status: Mapping[str, str] = field(default_factory=dict[str, str])
    """The framework's entries of the request: set name, dyeing and trace keys."""

    deadline: float | None = None
    """When the caller stops waiting, in seconds on the event loop's clock."""

    one_way: bool = False
    """The caller wants no answer."""

    reply_context: dict[str, str] = field(default_factory=dict[str, str])
    """Fill it to send a context back with the answer."""

    reply_status: dict[str, str] = field(default_factory=dict[str, str])
    """Fill it to send status entries back with the answer."""


CURRENT: ContextVar[Current] = ContextVar("tars_current")


def current() -> Current:
    """The call that this code is serving; raises `UsageError` outside of one."""
    try:
        return CURRENT.get()
    except LookupError:
        raise UsageError(
            "rpc.current() is known only while a servant method runs: call it there"
        ) from None
