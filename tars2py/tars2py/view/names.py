"""The names of one part: its own declarations, what is derived from them, what it imports."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tars2py.model import Interface, Part, Symbol
from tars2py.naming import Scope, snake

__all__ = ["Home", "InterfaceNames", "Names"]


class Home(NamedTuple):
    """Where a part's Python module is."""

    path: str
    """What one imports: ``Demo._greeter``."""

    cyclic: frozenset[str]
    """Paths of parts that import this one, too: they are imported as modules, used late."""


class InterfaceNames(NamedTuple):
    """The classes and constants of one interface."""

    proxy: str
    blocking: str
    one_way: str
    servant: str
    replies: tuple[str, ...]
    """By method; empty where a method has no ``out`` parameter."""

    rows: tuple[str, ...]


class Names:
    """Gives each symbol its Python name, as this part writes it."""

    def __init__(
        self,
        part: Part,
        stem: str,
        home: Home,
        elsewhere: Callable[[Symbol], tuple[str, str]],
    ) -> None:
        self._home = home
        self._elsewhere = elsewhere
        self._scope = Scope("global", [stem])
        self._own: dict[Symbol, str] = {}
        symbols = [each.symbol for each in part.enums]
        symbols += [each.symbol for each in part.consts]
        symbols += [each.symbol for each in part.structs]
        for symbol in symbols:
            self._own[symbol] = self._scope.add(symbol.name)
        self._foreign: dict[Symbol, str] = {}
        self.imported: dict[tuple[str, str], str] = {}
        """(module path, name) to the name here; the name is empty for a whole module."""
        self.pending: set[Symbol] = set()
        """Structs of this part that the text has not defined yet."""
        self.interfaces = {
            each.symbol: self._interface(each) for each in part.interfaces
        }

    def own(self, symbol: Symbol) -> str:
        """The name of something that this part declares."""
        return self._own[symbol]

    def exports(self) -> list[str]:
        """Every public name of this part."""
        names = list(self._own.values())
        for each in self.interfaces.values():
            names += [each.proxy, each.blocking, each.one_way, each.servant]
            names += filter(None, each.replies)
        return names

    def late(self, symbol: Symbol) -> bool:
        """Must the text put off using this name, for it is not defined yet?"""
        if symbol in self._own:
            return symbol in self.pending
        return self._elsewhere(symbol)[0] in self._home.cyclic

    def of(self, symbol: Symbol) -> str:
        """What this part writes for an enum or struct; imports it where necessary."""
        if symbol in self._own:
            return self._own[symbol]
        if symbol not in self._foreign:
            path, name = self._elsewhere(symbol)
            if path in self._home.cyclic:
                module = self._import(
                    path, "", "_".join(["", *path.lower().split(".")[-2:]])
                )
                self._foreign[symbol] = f"{module}.{name}"
            else:
                self._foreign[symbol] = self._import(path, name, name)
        return self._foreign[symbol]

    def _import(self, path: str, name: str, wanted: str) -> str:
        if (path, name) not in self.imported:
            local = self._scope.add(wanted)
            if name and local != name:
                local = self._scope.add(f"{path.split('.')[-2]}_{name}")
            self.imported[path, name] = local
        return self.imported[path, name]

    def _interface(self, each: Interface) -> InterfaceNames:
        name, add = each.symbol.name, self._scope.add
        upper = snake(name)
        return InterfaceNames(
            add(f"{name}Proxy"),
            add(f"{name}Blocking"),
            add(f"{name}OneWay"),
            add(f"{name}Servant"),
            tuple(
                (
                    add(f"{name}{method.name[:1].upper()}{method.name[1:]}Reply")
                    if any(param.out for param in method.params)
                    else ""
                )
                for method in each.methods
            ),
            tuple(add(f"_{upper}_{snake(method.name)}") for method in each.methods),
        )
