"""The names of a text that a user keeps: a servant, a command line; imported from the packages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from tars2py.model import Interface, Symbol
from tars2py.naming import Scope
from tars2py.view.imports import import_groups
from tars2py.view.names import InterfaceNames
from tars2py.view.plan import Plan

__all__ = ["UserNames"]


class UserNames:
    """Gives each symbol a name in such a text, and knows what it must import."""

    def __init__(self, plan: Plan, taken: Iterable[str]) -> None:
        self._plan = plan
        self._scope = Scope("global", taken)
        self._names: dict[tuple[str, str], str] = {}

    def of(self, symbol: Symbol) -> str:
        """The name of an enum or struct, imported from its package."""
        return self.imported(symbol.module, self._plan.find(symbol)[1])

    def late(self, symbol: Symbol) -> bool:
        """Packages are whole when this text runs: it can use all of their names."""
        return symbol.kind not in ("enum", "struct")

    def generated(self, interface: Interface) -> InterfaceNames:
        """What the package calls the classes of an interface."""
        symbol = interface.symbol
        return self._plan.names[symbol.module, symbol.path].interfaces[symbol]

    def imported(self, module: str, name: str) -> str:
        """The name here of something that a module's package exports."""
        key = self._plan.folders[module], name
        if key not in self._names:
            local = self._scope.add(name)
            if local != name:
                local = self._scope.add(f"{module}_{name}")
            self._names[key] = local
        return self._names[key]

    def imports(self, *before: tuple[str, list[str]]) -> list[str]:
        """Import lines: first what is given as (module, names), then the packages."""
        packages: dict[str, list[str]] = defaultdict(list)
        for (path, name), local in self._names.items():
            packages[path].append(name if name == local else f"{name} as {local}")
        return import_groups([*before, *packages.items()])
