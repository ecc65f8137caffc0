"""The requests whose answers are known: read no further than is needed to tell that they are.

A plain request differs from an equal one in its id alone. So what stands behind the id is looked
up as a whole, before anything is decoded. Entries come from requests that were decoded and
answered, written anew in their one canonical layout: whatever a peer sends, it finds an answer
only for exactly what was asked before.
"""

from __future__ import annotations

import logging
from struct import Struct
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from tars_runtime.protocol.envelope import PLAIN_REQUEST, names_of, write_request
from tars_runtime.protocol.packets import Request
from tars_runtime.protocol.ready import ID_WIDTHS, Again, Frames, Ready
from tars_runtime.protocol.wire import send_request

if TYPE_CHECKING:
    from asyncio import Future

__all__ = ["ENTRIES", "LONGEST", "PIECES", "Keeper", "Known", "Run"]

log = logging.getLogger("tars.server")

ENTRIES: Final = 65_536
"""Requests that are remembered."""

PATIENCE: Final = 8 * ENTRIES
"""With so many, new ones are turned away, until so many were that those inside may be out of date:
then it begins anew. A round of more requests than there is room for is known in part."""

LONGEST: Final = 512
"""Bytes of a request that may be remembered: what callers send must not fill the memory."""

_START: Final = Struct(">IIB").unpack_from  # frame length, then up to the id's head
_SHORTEST: Final = 9
_PLAIN: Final = int.from_bytes(PLAIN_REQUEST)
_AFTER_ID: Final = {head: 9 + width for head, width in ID_WIDTHS.items()}
_NARROWEST: Final = min(ID_WIDTHS)
_LARGEST: Final = max(_AFTER_ID.values()) + LONGEST


Run: TypeAlias = "tuple[Future[Any] | None, list[bytes]]"
"""Answers for when a future is done, or for now: the pieces of their frames, three of each."""

PIECES: Final = 3


class Keeper(Protocol):
    """Who keeps account of what is answered without it."""

    def note_known(self, count: int, now: float) -> None:
        """So many requests were known, at this time."""

    def hold_known(self, change: int) -> None:
        """So many more of them wait for a future, or so many fewer."""


class Known:
    """What one adapter can answer by the bytes of a request."""

    __slots__ = ("_turned_away", "answers", "keeper")

    def __init__(self, keeper: Keeper) -> None:
        self.keeper = keeper
        self._turned_away = 0
        self.answers: dict[bytes, Frames] = {}
        """By the bytes of a request behind its id."""

    def learn(self, request: Request, answer: Ready) -> None:
        """Remember the answer of a request, if that is plain and short."""
        if request.version != 1 or request.packet_type or request.message_type:
            return
        if request.status or not request.request_id or len(request.body) > LONGEST:
            return
        frame = _canonical(request)
        key = frame[_AFTER_ID[frame[8]] :]
        if len(key) > LONGEST:
            return
        answers = self.answers
        if len(answers) >= ENTRIES and key not in answers:
            self._turned_away += 1
            if self._turned_away < PATIENCE:
                return
            self._turned_away = 0
            answers.clear()
        answers[key] = answer.frames

    def take(
        self, caller: object, data: bytes, at: int, most: int
    ) -> tuple[list[Run], int, int]:
        """Answer a caller's requests that stand at ``at``, as far as they are known.

        Gives their answers, where the first unknown request starts, and how many were answered.
        Ends early when the answers have ``most`` bytes or more.
        """
        runs: list[Run] = []
        pieces: list[bytes] = []
        answers = self.answers
        count = taken = 0
        size = len(data)
        while at <= size - _SHORTEST and taken < most:
            length, plain, head = _START(data, at)
            behind, end = _AFTER_ID.get(head), at + length
            if plain != _PLAIN or behind is None or length > _LARGEST or end > size:
                break
            answer = answers.get(data[at + behind : end])
            if answer is None or not (tail := answer.tail):
                break
            holds = answer.again is None or _ask(answer.again, caller)
            if holds is False:
                break
            when = None if holds is True else holds
            if not runs or runs[-1][0] is not when:
                pieces = []
                runs.append((when, pieces))
            pieces += answer.heads[head - _NARROWEST], data[at + 9 : at + behind], tail
            taken += len(tail)
            count += 1
            at = end
        return runs, at, count


def _canonical(request: Request) -> bytes:
    """The frame that every runtime writes for a request without status."""
    names = names_of(request.servant, request.function)
    if request.context or names is None:
        return send_request(request)
    return write_request(request.request_id, names, request.body, request.timeout_ms)


def _ask(again: Again, caller: object) -> bool | Future[Any]:
    """Whether, or when, to answer; what a servant's function raises is its own affair."""
    try:
        return again(caller) or False
    except Exception:
        log.exception("an answer's condition failed: its method is asked")
        return False
