"""The server side of an interface."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, ClassVar, TypeAlias, TypeVar

from tars_runtime.rpc.method import Method

__all__ = ["Answer", "Servant"]

T = TypeVar("T")

Answer: TypeAlias = T | Awaitable[T]
"""What a servant method may be: ``async def`` (runs on the loop) or ``def`` (in the pool)."""


class Servant:
    """Base of the generated servants: subclass the generated one, fill in each method."""

    __tars__: ClassVar[tuple[Method[Any], ...]] = ()
    """The interface's methods; the only names that a caller can reach."""
