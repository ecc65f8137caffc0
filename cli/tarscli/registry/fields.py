"""How flags become the fields of a request: as the command lines of ``tars2py --cli`` do it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from tars_runtime import codec
from tars_runtime.errors import TarsError

__all__ = ["Pairs", "boolean", "json_of", "pair", "struct"]


def struct(kind: Any, name: str, given: dict[str, Any]) -> Any:
    """A struct: what ``--name`` gave in JSON, then what ``--name.field`` flags say."""
    value = given[name] or kind()
    for path, item in given.items():
        if item is not None and path.startswith(f"{name}."):
            setattr(value, path.removeprefix(f"{name}."), item)
    return value


def json_of(kind: Any) -> Callable[[str], Any]:
    """Reads a value in JSON."""

    def read(text: str) -> Any:
        try:
            return codec.from_json(kind, text)
        except TarsError as error:
            raise argparse.ArgumentTypeError(f"{error}, in JSON {text!r}") from None

    return read


def boolean(text: str) -> bool:
    """Reads a truth value."""
    if text.lower() in ("true", "yes", "1"):
        return True
    if text.lower() in ("false", "no", "0"):
        return False
    raise argparse.ArgumentTypeError(f"expected true or false, got {text!r}")


def pair(text: str) -> tuple[str, str]:
    """Reads KEY=VALUE."""
    left, sign, right = text.partition("=")
    if not sign:
        raise argparse.ArgumentTypeError(f"expected KEY=VALUE, got {text!r}")
    return left, right


class Pairs(argparse.Action):
    """Gathers the pairs of a repeated flag in a dict."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,  # noqa: ARG002  # argparse's signature
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,  # noqa: ARG002  # argparse's signature
    ) -> None:
        known: dict[str, str] = getattr(namespace, self.dest) or {}
        setattr(namespace, self.dest, {**known, values[0]: values[1]})
