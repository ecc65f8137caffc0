"""An answer that follows later: many calls wait for one future, and none needs a Task."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

__all__ = ["AnswerAfter"]


@dataclass(frozen=True, slots=True)
class AnswerAfter:
    """Returned by an ``async def`` servant method in place of its value.

    The call is answered with ``value`` when ``future`` is done, or with what it raised. The future
    may be shared, so it is not cancelled at a call's deadline, and must come to its end by itself.
    """

    future: asyncio.Future[Any]
    value: Any = None
