"""Where in a value an error is: steps from the outside in, such as ``labels["x"].mood``."""

from __future__ import annotations

import json

from tars_runtime.errors import CodecError

__all__ = ["index", "key", "step_into"]

_LONGEST_KEY = 32


def step_into(error: CodecError, step: str) -> None:
    """Put ``step`` in front of the error's path, as the error passes out through it."""
    rest = error.path
    dot = "." if rest and not rest.startswith("[") else ""
    error.path = f"{step}{dot}{rest}"
    error.args = (error.args[0], error.path, *error.args[2:])


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
