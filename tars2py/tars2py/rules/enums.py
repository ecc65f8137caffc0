"""Enums: one enumerator name in two enums of a module is two of C++'s names in one scope."""

from __future__ import annotations

from tars2py.errors import Diagnostics, Note, Place
from tars2py.model import Part, Symbol

__all__ = ["check_enums"]


def check_enums(part: Part, found: Diagnostics) -> None:
    """Warn of enumerators that C++ could not tell apart."""
    first: dict[str, Symbol] = {}
    for enum in part.enums:
        for each in enum.enumerators:
            there = first.setdefault(each.name, enum.symbol)
            if there != enum.symbol:
                found.warning(
                    f"'{each.name}' is an enumerator of {there.text} already: "
                    "C++ refuses it",
                    enum.symbol.source,
                    enum.symbol.span,
                    Note("that enum is here", Place(there.source, there.span)),
                )
