"""The three engines side by side: the same call on each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tars_runtime import codec
from tars_runtime.codec.native.program import AVAILABLE, program

NAMES = (
    ("interpreted", "compiled", "native") if AVAILABLE else ("interpreted", "compiled")
)


class Engine:
    """One engine's ``parse`` and ``build`` for one type."""

    def __init__(self, name: str, of: codec.Type[Any]) -> None:
        self.name = name
        made: Any = of
        if name == "compiled":
            made = of.compile()
            assert made.module.linkedparsers == {}, "parsing falls back to interpreting"
            assert (
                made.module.linkedbuilders == {}
            ), "building falls back to interpreting"
        elif name == "native":
            made = program(of)
            assert made is not None, "the native engine serves every slotted class"
        self.parse: Callable[[bytes], Any] = made.parse if made is not of else of.decode
        self.build: Callable[[Any], bytes] = made.build if made is not of else of.encode


def every(of: codec.Type[Any]) -> list[Engine]:
    """All engines for a type."""
    return [Engine(name, of) for name in NAMES]


def outcome(call: Callable[[Any], Any], given: Any) -> str:
    """What a call gives, or the error it ends in, as text that can be compared."""
    try:
        return repr(call(given))
    except codec.DecodeError as wrong:
        return f"DecodeError {wrong.args}"
    except codec.EncodeError as wrong:
        return f"EncodeError {wrong.args}"
