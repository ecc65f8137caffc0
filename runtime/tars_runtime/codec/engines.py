"""Which engine serves ``parse`` and ``build`` of a type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tars_runtime.codec.types import Type

__all__ = ["bind"]


def bind(of: Type[Any]) -> None:
    """Give a new type its ``parse`` and ``build``."""
    of.parse = of.decode
    of.build = of.encode
