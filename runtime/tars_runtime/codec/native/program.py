"""A schema for the native engine: its table, and the reference engine for what it does not do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tars_runtime.codec.native.table import NO_CONSTANT, Rows
from tars_runtime.codec.options import LIMITS

if TYPE_CHECKING:
    from tars_runtime.codec.types import Type

__all__ = ["AVAILABLE", "WHY_NOT", "Envelope", "program"]

try:  # by name: an extension that is older than these sources is none
    from tars_runtime.codec._native import Envelope, Program
except ImportError as missing:
    AVAILABLE, WHY_NOT = False, str(missing)
else:
    AVAILABLE, WHY_NOT = True, ""


def program(of: Type[Any]) -> Program | None:
    """The native program of a schema; None for a class whose members are not slots."""
    rows = Rows()
    form = of.form(rows)
    try:
        return Program(
            rows.finished(),
            form,
            NO_CONSTANT,
            of.decode,
            of.encode,
            LIMITS.depth,
            LIMITS.string,
            LIMITS.elements,
            LIMITS.message,
        )
    except ValueError:
        return None
