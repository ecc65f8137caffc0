"""The requests whose answers are known: read no further than is needed to tell that they are.

A plain request differs from an equal one in its id alone. So what stands behind the id is looked
up as a whole, before anything is decoded. Entries come from requests that were decoded and
answered, written anew in their one canonical layout: whatever a peer sends, it finds an answer
only for exactly what was asked before.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from struct import Struct
from typing import Final

from tars_runtime.protocol.envelope import names_of, write_request
from tars_runtime.protocol.packets import Request
from tars_runtime.protocol.ready import ID_WIDTHS, Ready
from tars_runtime.protocol.wire import send_request

__all__ = ["ENTRIES", "LONGEST", "Known"]

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
_PLAIN: Final = 0x10012C3C  # version 1, two-way, no message type
_AFTER_ID: Final = {head: 9 + width for head, width in ID_WIDTHS.items()}
_NARROWEST: Final = min(ID_WIDTHS)


class Known:
    """What one adapter can answer by the bytes of a request.

    ``note`` is told of answers that were given from here: how many, and when.
    """

    __slots__ = ("_turned_away", "answers", "note")

    def __init__(self, note: Callable[[int, float], None]) -> None:
        self.note = note
        self._turned_away = 0
        self.answers: dict[bytes, Ready] = {}
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
        answers[key] = answer

    def take(self, data: bytes, at: int, most: int) -> tuple[list[bytes], int, int]:
        """Answer the requests that stand at ``at``, as far as they are known.

        Gives the pieces of the frames, where the first unknown request starts, and how many were
        answered. Ends early when the pieces have ``most`` bytes or more.
        """
        pieces: list[bytes] = []
        answers = self.answers
        count = taken = 0
        last = len(data) - _SHORTEST
        while at <= last and taken < most:
            length, plain, head = _START(data, at)
            behind = _AFTER_ID.get(head)
            if plain != _PLAIN or behind is None:
                break
            answer = answers.get(data[at + behind : at + length])
            if answer is None or not (tail := answer.tail):
                break
            if answer.again is not None and not _holds(answer.again):
                break
            pieces += answer.heads[head - _NARROWEST], data[at + 9 : at + behind], tail
            taken += len(tail)
            count += 1
            at += length
        return pieces, at, count


def _canonical(request: Request) -> bytes:
    """The frame that every runtime writes for a request without status."""
    names = names_of(request.servant, request.function)
    if request.context or names is None:
        return send_request(request)
    return write_request(request.request_id, names, request.body, request.timeout_ms)


def _holds(again: Callable[[], bool]) -> bool:
    """Whether an answer may be given again; what a servant's function raises is its own affair."""
    try:
        return again()
    except Exception:
        log.exception("an answer's condition failed: its method is asked")
        return False
