"""What a declaration sees: its module, and the files that its own file includes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tars2py import tree
from tars2py.errors import Diagnostics, Note, Place
from tars2py.includes import Unit
from tars2py.model import Symbol
from tars2py.resolve.symbols import Symbols
from tars2py.source import Span
from tars2py.suggest import suggest

__all__ = ["Scope"]


class Scope:
    """One module block of one file: looks names up, and reports where they stand."""

    def __init__(
        self, symbols: Symbols, unit: Unit, module: str, found: Diagnostics
    ) -> None:
        self.symbols = symbols
        self.module = module
        self.visible: frozenset[Path] = unit.visible
        self.source = unit.file.source
        self.comments = unit.file.comments
        self.found = found

    def error(self, message: str, span: Span, *notes: Note) -> None:
        """Report an error in this file."""
        self.found.error(message, self.source, span, *notes)

    def warning(self, message: str, span: Span, *notes: Note) -> None:
        """Report a warning in this file."""
        self.found.warning(message, self.source, span, *notes)

    def suggest(self, name: str, known: Iterable[str], *, type: bool = False) -> str:
        """``"; did you mean ...?"``, as long as findings are few enough to be read."""
        return "" if self.found.crowded else suggest(name, known, type=type)

    def own(self, name: tree.Name, kind: str) -> Symbol:
        """The symbol of something that this block declares."""
        return Symbol(kind, self.module, name.text, self.source, name.span)

    def said(self, written: tree.Enum | tree.Struct | tree.Interface) -> str:
        """What the comments say about a declaration with a block."""
        return self.comments.of(written.span, written.brace) or self.comments.of(
            written.span, written.name.span
        )

    def sees(self, symbol: Symbol) -> bool:
        """Is it declared in this file, or in one that this file includes?"""
        return symbol.path in self.visible

    def type(self, ref: tree.Ref) -> Symbol | None:
        """The enum or struct that a name means; None after an error was reported."""
        if len(ref.parts) > 2:
            self._complain(ref, "a name has one or two parts (Module::Type)")
            return None
        *qualifier, name = (part.text for part in ref.parts)
        module = qualifier[0] if qualifier else self.module
        symbol = self.symbols.modules.get(module, {}).get(name)
        if symbol is None:
            self._complain(ref, self._why_unknown(module, name, bool(qualifier)))
        elif symbol.kind not in ("enum", "struct"):
            article = "an" if symbol.kind == "interface" else "a"
            self._complain(ref, f"'{ref.text}' is {article} {symbol.kind}", symbol)
        elif not self.sees(symbol):
            self._complain(
                ref,
                f"'{ref.text}' is declared in {symbol.source.path.name}, "
                "which this file does not include",
                symbol,
            )
        else:
            return symbol
        return None

    def _why_unknown(self, module: str, name: str, qualified: bool) -> str:
        modules = self.symbols.modules
        if qualified and module not in modules:
            return f"there is no module '{module}'{self.suggest(module, modules)}"
        if not qualified:
            others = [
                each.text
                for names in modules.values()
                if (each := names.get(name)) and self.sees(each)
            ]
            if len(others) == 1:
                return (
                    f"there is no '{name}' in module {module}; "
                    f"did you mean '{others[0]}'?"
                )
        kinds = ("enum", "struct")
        known = [each.name for each in modules[module].values() if each.kind in kinds]
        hint = self.suggest(name, known, type=not qualified)
        return f"there is no '{name}' in module {module}{hint}"

    def _complain(self, ref: tree.Ref, why: str, symbol: Symbol | None = None) -> None:
        notes = (
            (Note("declared here", Place(symbol.source, symbol.span)),)
            if symbol
            else ()
        )
        self.error(f"expected a type: {why}", ref.span, *notes)
