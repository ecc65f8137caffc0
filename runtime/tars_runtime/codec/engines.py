"""Which engine serves ``parse`` and ``build``, and when.

A type starts on the reference engine: a program that decodes one packet should not pay for a
compilation. The native engine is made at the first use, for it costs next to nothing; the
compiled one after `WARM` uses. Either puts its two functions in place of the type's methods, so
that later calls go straight to them.
"""

from __future__ import annotations

import os
from threading import RLock
from typing import TYPE_CHECKING, Any, Final, TypeVar

from tars_runtime.codec.compiled.text import TooDeep
from tars_runtime.codec.native.program import AVAILABLE, WHY_NOT, program
from tars_runtime.codec.options import DEFAULT, LIMITS, Limits, Options
from tars_runtime.errors import UsageError

if TYPE_CHECKING:
    from tars_runtime.codec.types import Type

__all__ = ["ENGINE", "WARM", "build_with", "choose", "parse_with", "use", "warm"]

T = TypeVar("T")

WARM: Final = 8
"""Uses of a type before it is compiled."""

_NAMES = ("native", "compiled", "interpreted")
_lock = RLock()


def choose(asked: str) -> str:
    """The engine that ``TARS_CODEC`` names, or for "" the best that is there.

    Raises `UsageError` for an unknown name, and for a native engine that is not there.
    """
    if asked and asked not in _NAMES:
        raise UsageError(
            f"expected TARS_CODEC={'|'.join(_NAMES)}, got {asked!r} - unset it for the best"
        )
    if asked == "native" and not AVAILABLE:
        raise UsageError(
            f"expected the native codec for TARS_CODEC=native, got none ({WHY_NOT})"
            " - install with a C compiler, or unset TARS_CODEC"
        )
    return asked or ("native" if AVAILABLE else "compiled")


ENGINE: Final = choose(os.environ.get("TARS_CODEC", ""))


def warm(of: Type[Any]) -> bool:
    """Count a use; True once the type has its functions."""
    of.uses += 1
    if ENGINE == "interpreted" or (ENGINE == "compiled" and of.uses < WARM):
        return False
    with _lock:
        if of.promoted is None:
            of.promoted = use(of, ENGINE)
        return of.promoted


def use(of: Type[Any], engine: str) -> bool:
    """Put the functions of ``engine`` in place; False where none can serve the type.

    What the native engine does not serve (classes without slots), the compiled one does.
    """
    if engine == "native" and (made := program(of)) is not None:
        vars(of).update(parse=made.parse, build=made.build, program=made)
        return True
    try:
        compiled = of.compile()
    except TooDeep:
        return False
    vars(of).update(parse=compiled.parse, build=compiled.build)
    return True


def parse_with(of: Type[T], data: bytes, options: Options, limits: Limits) -> T:
    """Parse with options and limits: natively, compiled if they change nothing, or slowly."""
    if warm(of) and type(data) is bytes and len(data) <= limits.message:
        if of.program is not None:
            charset, errors = _policy(options)
            found = of.program.try_parse(
                data,
                charset,
                errors,
                options.strict,
                limits.depth,
                limits.string,
                limits.elements,
            )
            if found is not None:
                return found[0]  # type: ignore[no-any-return]  # the program is of this type
        elif _as_compiled(options, limits, len(data)):
            return of.parse(data)
    return of.decode(data, options, limits)


def build_with(of: Type[T], value: T, options: Options) -> bytes:
    """Build with options: natively, compiled for ``elide="none"``, or slowly."""
    if warm(of) and not options.canonical:
        if of.program is not None:
            charset, errors = _policy(options)
            elide = options.elide == "cpp"
            data = of.program.try_build(value, charset, errors, elide)
            if data is not None:
                return data
        elif options.text == DEFAULT.text:
            return (of if options.elide == "cpp" else of.everything).build(value)
    return of.encode(value, options)


def _policy(options: Options) -> tuple[str | None, str | None]:
    """The codec of strings for the native engine; None for strict UTF-8."""
    return (None, None) if options.text == DEFAULT.text else options.charset()


def _as_compiled(options: Options, limits: Limits, size: int) -> bool:
    """Whether compiled code, made for the defaults, does just the same here."""
    return (
        not options.strict
        and options.text == DEFAULT.text
        and limits.depth == LIMITS.depth
        and size <= min(limits.elements, limits.string)
    )
