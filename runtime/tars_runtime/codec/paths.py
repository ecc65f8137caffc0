"""Where in a value an error is: steps from the outside in, such as ``labels["x"].mood``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from tars_runtime.errors import CodecError

__all__ = ["deeper", "index", "key", "step_into", "within"]

_LONGEST_KEY = 32


def step_into(error: CodecError, step: str) -> None:
    """Put ``step`` in front of the error's path, as the error passes out through it."""
    rest = error.path
    dot = "." if rest and not rest.startswith("[") else ""
    error.path = f"{step}{dot}{rest}"
    error.args = (error.args[0], error.path, *error.args[2:])


@contextmanager
def within(step: str) -> Iterator[None]:
    """Errors that pass out of here have come through ``step``."""
    try:
        yield
    except CodecError as wrong:
        step_into(wrong, step)
        raise


def deeper(depth: int, error: type[CodecError]) -> int:
    """One level less of those that JSON may have; beyond the last, an ``error``."""
    if depth <= 0:
        raise error("expected at most 64 nested values, got more")
    return depth - 1


def index(number: int) -> str:
    """The step into an element, or the key of the pair with this number."""
    return f"[{number}]"


def key(of: object) -> str:
    """The step into a map's value: by its key where that reads well."""
    if isinstance(of, str):
        if len(of) > _LONGEST_KEY:
            of = of[:_LONGEST_KEY] + "..."
        return f"[{json.dumps(of, ensure_ascii=False)}]"
    if isinstance(of, (int, float)):
        return f"[{of}]"
    return f"[{type(of).__name__}]"
