"""All parts of a run: where each goes, what it imports from the others, what it declares."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from tars2py.graph import circles
from tars2py.model import Interface, Model, Part, Symbol, Type, named
from tars2py.naming import export_order, package, part_stem
from tars2py.view.imports import imports
from tars2py.view.interfaces import interface_view
from tars2py.view.names import Home, Names
from tars2py.view.order import in_order
from tars2py.view.records import Options, PartView
from tars2py.view.structs import (
    const_view,
    enum_view,
    enumerator_names,
    struct_view,
)
from tars2py.view.types import Types

__all__ = ["views"]


def views(model: Model, options: Options) -> list[PartView]:
    """The view of every part that is not compiled elsewhere."""
    elsewhere = dict(options.elsewhere)
    folders = {
        part.module: elsewhere.get(part.module)
        or ".".join(filter(None, [options.prefix, package(part.module)]))
        for part in model.parts
    }
    stems = _stems(model)
    homes = _homes(model, folders, stems)
    names: dict[tuple[str, Path], Names] = {}

    def find(symbol: Symbol) -> tuple[str, str]:
        key = symbol.module, symbol.path
        return homes[key].path, names[key].own(symbol)

    for part in model.parts:
        key = part.module, part.source.path
        names[key] = Names(part, stems[key], homes[key], find)
    enumerators = {each.symbol: enumerator_names(each) for each in model.enums.values()}
    return [
        _view(part, model, names[key], stems[key], enumerators, options)
        for part in model.parts
        if (key := (part.module, part.source.path)) and part.module not in elsewhere
    ]


def _view(
    part: Part,
    model: Model,
    names: Names,
    stem: str,
    enumerators: dict[Symbol, dict[str, str]],
    options: Options,
) -> PartView:
    types = Types(names, model.enums, enumerators)
    names.pending = {each.symbol for each in part.structs}
    view = PartView(
        part.module,
        package(part.module),
        stem,
        (
            f"{stem[1:]}.tars"
            if stem != part_stem(part.source.path.stem)
            else part.source.path.name
        ),
        (),
        tuple(sorted(names.exports(), key=export_order)),
        tuple(enum_view(each, names, enumerators[each.symbol]) for each in part.enums),
        tuple(const_view(each, names, types) for each in part.consts),
        tuple(
            struct_view(each, names, types, model.structs, options.check_default)
            for each in in_order(part.structs)
        ),
        tuple(interface_view(each, names, types) for each in part.interfaces),
    )
    return view._replace(imports=tuple(imports(view, names.imported)))


def _stems(model: Model) -> dict[tuple[str, Path], str]:
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
    model: Model, folders: dict[str, str], stems: dict[tuple[str, Path], str]
) -> dict[tuple[str, Path], Home]:
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
        types += _signature(each)
    types += [const.type for const in part.consts]
    return [symbol for each in types for symbol in named(each)]


def _signature(interface: Interface) -> list[Type]:
    types = [param.type for each in interface.methods for param in each.params]
    return types + [each.result for each in interface.methods if each.result]
