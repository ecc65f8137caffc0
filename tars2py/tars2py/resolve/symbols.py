"""One name space per module, across all its blocks and files."""

from __future__ import annotations

from tars2py import tree
from tars2py.errors import Diagnostics, Note, Place
from tars2py.includes import Program, Unit
from tars2py.model import Symbol

__all__ = ["Symbols"]

_KINDS: dict[type, str] = {
    tree.Enum: "enum",
    tree.Const: "const",
    tree.Struct: "struct",
    tree.Interface: "interface",
}


class Symbols:
    """Every declared name of the run, by module."""

    def __init__(self, program: Program, found: Diagnostics) -> None:
        self.modules: dict[str, dict[str, Symbol]] = {}
        for unit in program.units:
            for block in unit.file.modules:
                names = self.modules.setdefault(block.name.text, {})
                for each in block.definitions:
                    if not isinstance(each, tree.Key):
                        self._declare(names, block, each, unit, found)

    def _declare(
        self,
        names: dict[str, Symbol],
        block: tree.Module,
        each: tree.Enum | tree.Const | tree.Struct | tree.Interface,
        unit: Unit,
        found: Diagnostics,
    ) -> None:
        source, (text, span) = unit.file.source, each.name
        symbol = Symbol(_KINDS[type(each)], block.name.text, text, source, span)
        first = names.setdefault(text, symbol)
        if first is not symbol:
            found.error(
                f"module {block.name.text} has a {first.kind} '{text}' already: "
                "expected another name",
                source,
                span,
                Note("the first one is here", Place(first.source, first.span)),
            )
