"""Where everything of a run goes: packages, parts, and what each part is called there."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TypeAlias

from tars2py.graph import circles
from tars2py.model import Model, Part, Struct, Symbol, named, signatures
from tars2py.naming import package, part_stem
from tars2py.view.names import Home, Names
from tars2py.view.records import Options
from tars2py.view.structs import enumerator_names, member_names

__all__ = ["Key", "Plan"]

Key: TypeAlias = tuple[str, Path]
"""A part: its module and its file."""


class Plan:
    """The names of a run: made once, used by every text that is written."""

    def __init__(self, model: Model, options: Options) -> None:
        self.model = model
        self.options = options
        elsewhere = dict(options.elsewhere)
        self.folders = {
            part.module: elsewhere.get(part.module)
            or ".".join(filter(None, [options.prefix, package(part.module)]))
            for part in model.parts
        }
        """The package of each module, as one imports it."""
        self.stems = _stems(model)
        self.enumerators = {
            each.symbol: enumerator_names(each) for each in model.enums.values()
        }
        """The Python names of each enum's enumerators."""
        self._homes = _homes(model, self.folders, self.stems)
        self.names: dict[Key, Names] = {}
        for part in model.parts:
            key = part.module, part.source.path
            self.names[key] = Names(part, self.stems[key], self._homes[key], self.find)

    def member_names(self, struct: Struct) -> dict[str, str]:
        """The Python names of a struct's members, in the part that declares it."""
        symbol = struct.symbol
        return member_names(struct, self.names[symbol.module, symbol.path])

    def find(self, symbol: Symbol) -> tuple[str, str]:
        """The part that declares an enum or struct, and its name there."""
        key = symbol.module, symbol.path
        return self._homes[key].path, self.names[key].own(symbol)


def _stems(model: Model) -> dict[Key, str]:
    """The module name of each part; two files of one stem put their folders in front."""
    groups: dict[tuple[str, str], list[Path]] = defaultdict(list)
    for part in model.parts:
        path = part.source.path
        groups[part.module, part_stem(path.stem)].append(path)
    stems = {}
    for (module, stem), paths in groups.items():
        depth = 0
        while len({_deeper(path, depth) for path in paths}) < len(paths):
            depth += 1
        for path in paths:
            stems[module, path] = _deeper(path, depth) if depth else stem
    return stems


def _deeper(path: Path, depth: int) -> str:
    return part_stem("_".join([*path.parts[-1 - depth : -1], path.stem]))


def _homes(
    model: Model, folders: dict[str, str], stems: dict[Key, str]
) -> dict[Key, Home]:
    """Where each part's module is, and with which others it imports in a circle."""
    paths = {key: f"{folders[key[0]]}.{stem}" for key, stem in stems.items()}
    targets = {
        (part.module, part.source.path): {
            (symbol.module, symbol.path) for symbol in _uses(part)
        }
        for part in model.parts
    }
    homes = {}
    for circle in circles(paths, lambda key: sorted(targets[key])):
        for key in circle:
            others = frozenset(paths[each] for each in circle if each != key)
            homes[key] = Home(paths[key], others)
    return homes


def _uses(part: Part) -> list[Symbol]:
    """The enums and structs that a part refers to."""
    types = [member.type for each in part.structs for member in each.members]
    for each in part.interfaces:
        types += signatures(each)
    types += [const.type for const in part.consts]
    return [symbol for each in types for symbol in named(each)]
