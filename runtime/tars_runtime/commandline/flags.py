"""How the text of a flag becomes a value, and the flags of a struct become the struct."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from tars_runtime import codec
from tars_runtime.errors import TarsError

__all__ = ["Pairs", "boolean", "enum_of", "hexadecimal", "json_of", "pair", "struct"]


def struct(kind: Any, name: str, given: dict[str, Any]) -> Any:
    """A struct: what ``--name`` gave in JSON, then what ``--name.field`` flags say.

    ``given`` has the flags of a call by name, outer ones first; None where one was left out.
    """
    value = kind() if given[name] is None else given[name]
    for path, item in given.items():
        if item is not None and path.startswith(f"{name}."):
            *way, last = path.removeprefix(f"{name}.").split(".")
            owner = value
            for step in way:
                owner = getattr(owner, step)
            setattr(owner, last, item)
    return value


def json_of(kind: Any) -> Callable[[str], Any]:
    """Reads a value of a struct class or codec type, in JSON."""

    def read(text: str) -> Any:
        try:
            return codec.from_json(kind, text)
        except TarsError as error:
            raise argparse.ArgumentTypeError(f"{error}, in JSON {text!r}") from None

    return read


def enum_of(kind: Any) -> Callable[[str], int]:
    """Reads a name of an enum, or any number."""

    def read(text: str) -> int:
        names = kind.__members__
        if text in names:
            return int(names[text])
        try:
            return int(text, 0)
        except ValueError:
            raise argparse.ArgumentTypeError(
                f"expected {', '.join(names)} or a number, got {text!r}"
            ) from None

    return read


def boolean(text: str) -> bool:
    """Reads a truth value."""
    if text.lower() in ("true", "yes", "1"):
        return True
    if text.lower() in ("false", "no", "0"):
        return False
    raise argparse.ArgumentTypeError(f"expected true or false, got {text!r}")


def hexadecimal(text: str) -> bytes:
    """Reads bytes: two hexadecimal digits each, blanks between them do not matter."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"expected two hexadecimal digits a byte, got {text!r}"
        ) from None


def pair(
    key: Callable[[str], Any], value: Callable[[str], Any]
) -> Callable[[str], tuple[Any, Any]]:
    """Reads KEY=VALUE; ``key`` and ``value`` read the two sides."""

    def read(text: str) -> tuple[Any, Any]:
        left, sign, right = text.partition("=")
        if not sign:
            raise argparse.ArgumentTypeError(f"expected KEY=VALUE, got {text!r}")
        try:
            return key(left), value(right)
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"{error}, in {text!r}") from None

    return read


class Pairs(argparse.Action):
    """Gathers the pairs of a repeated flag in a dict."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,  # noqa: ARG002  # argparse's signature
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,  # noqa: ARG002  # argparse's signature
    ) -> None:
        known: dict[Any, Any] = getattr(namespace, self.dest) or {}
        setattr(namespace, self.dest, {**known, values[0]: values[1]})
