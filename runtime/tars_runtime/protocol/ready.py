"""An answer whose bytes are there before anybody asks: made once, given many times."""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from tars_runtime.protocol.envelope import (
    NO_STATUS,
    PLAIN_RESPONSE,
    SUCCESS,
    size_of,
)

if TYPE_CHECKING:
    from asyncio import Future

__all__ = ["ID_WIDTHS", "Again", "Frames", "Ready"]

Again: TypeAlias = "Callable[[Any], bool | Future[Any]]"
"""Whether a caller may be given an answer again: now, or when a future is done."""

ID_WIDTHS: Final = {0x40: 1, 0x41: 2, 0x42: 4}
"""Bytes of a request's id, by the byte in front of it. An id of 0 is a push, and none."""

_HEAD: Final = Struct(">I4s").pack  # frame length; version, packet type, the id's head


class Frames:
    """The frames of an answer, but for the id in their middle: all that `known` keeps of it."""

    __slots__ = ("_body_at", "again", "heads", "tail")

    def __init__(self, body: bytes, again: Again | None) -> None:
        self.again = again
        start = SUCCESS + size_of(len(body))
        self._body_at = len(start)
        self.tail = b"%b%b%b" % (start, body, NO_STATUS)
        """A plain answer's frame behind the request's id; empty when it was withdrawn."""
        self.heads = tuple(
            _HEAD(8 + width + len(self.tail), PLAIN_RESPONSE + bytes((head - 0x10,)))
            for head, width in ID_WIDTHS.items()
        )
        """A plain answer's frame in front of the id: of one, two and four bytes."""

    @property
    def body(self) -> bytes | None:
        """The reply's body; ``None`` when it was withdrawn."""
        return self.tail[self._body_at : -len(NO_STATUS)] if self.tail else None

    def given_while(self, again: Again) -> Frames:
        """The same with another condition; both share their bytes."""
        made: Frames = object.__new__(Frames)
        made._body_at, made.heads, made.tail = self._body_at, self.heads, self.tail
        made.again = again
        return made


class Ready:
    """An answer that brings its bytes along; a servant method returns it in place of its value.

    ``value`` is what the method gives, for callers that speak JSON or TUP; ``body`` is the same
    as ``method.result.build(value)`` makes it, and is taken at its word. A ``lasting`` answer
    is also given to equal requests (same object, function, arguments, context, time-out)
    without asking the method again, until it is withdrawn: it may depend on nothing else, not on
    who calls either. ``again`` is called each time before that happens, with the caller
    (``rpc.current().caller``), and may do what the method would have done. When it gives false,
    the method is asked; when it gives a future, the answer is sent once that is done. Many may
    share one; if it fails, their callers are cut off.
    """

    __slots__ = ("frames", "lasting", "value")

    def __init__(
        self,
        value: Any,
        body: bytes,
        *,
        lasting: bool = False,
        again: Again | None = None,
    ) -> None:
        self.value = value
        self.lasting = lasting
        self.frames = Frames(body, again)
        """Apart from the value, which goes with its maker: withdrawn answers may be known long."""

    @property
    def body(self) -> bytes | None:
        """The reply's body; ``None`` when it was withdrawn."""
        return self.frames.body

    def lasting_while(self, again: Again) -> Ready:
        """The same answer as a lasting one with a condition of its own; both share their bytes.

        Each is withdrawn by itself.
        """
        made: Ready = object.__new__(Ready)
        made.value, made.lasting = self.value, True
        made.frames = self.frames.given_while(again)
        return made

    def withdraw(self) -> None:
        """Something changed: give this to nobody any more, and let its bytes go."""
        self.frames.tail = b""
