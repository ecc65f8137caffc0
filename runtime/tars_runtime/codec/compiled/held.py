"""Objects that emitted modules need: classes, defaults, slots. Handed over once, by number."""

from __future__ import annotations

from itertools import count
from typing import Any

__all__ = ["held", "hold"]

_held: dict[int, object] = {}
_keys = count()


def hold(value: object) -> int:
    """Keep an object for the module that is being emitted; `held` gives it there, once."""
    key = next(_keys)
    _held[key] = value
    return key


def held(key: int) -> Any:
    """The object that `hold` kept."""
    return _held.pop(key)
