"""Which engine serves ``parse`` and ``build``, and when.

A type starts on the reference engine: a program that decodes one packet should not pay for a
compilation. After `WARM` uses its two functions are made, once, and put in place of its methods,
so that later calls go straight to them.
"""

from __future__ import annotations

import os
from threading import RLock
from typing import TYPE_CHECKING, Any, Final

from tars_runtime.codec.compiled.emitter import TooDeep
from tars_runtime.errors import UsageError

if TYPE_CHECKING:
    from tars_runtime.codec.types import Type

__all__ = ["ENGINE", "WARM", "promote", "use", "warm"]

WARM: Final = 8
"""Uses of a type before it is compiled."""

_NAMES = ("native", "compiled", "interpreted")
_lock = RLock()


def _choose() -> str:
    """The engine that ``TARS_CODEC`` names, or the best that is there."""
    asked = os.environ.get("TARS_CODEC", "")
    if asked and asked not in _NAMES:
        raise UsageError(
            f"expected TARS_CODEC={'|'.join(_NAMES)}, got {asked!r} - unset it for the best"
        )
    return asked or "compiled"


ENGINE: Final = _choose()


def warm(of: Type[Any]) -> bool:
    """Count a use; True once the type has its functions."""
    of.uses += 1
    if of.uses < WARM or ENGINE == "interpreted":
        return False
    return promote(of)


def promote(of: Type[Any]) -> bool:
    """Make the functions of a type and put them in place, unless that cannot be."""
    with _lock:
        if of.promoted is None:
            of.promoted = use(of)
        return of.promoted


def use(of: Type[Any]) -> bool:
    """Put a type's functions in place; False where its depth cannot be known."""
    try:
        made = of.compile()
    except TooDeep:
        return False
    vars(of).update(parse=made.parse, build=made.build)
    return True
