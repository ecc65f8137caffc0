"""A part: what one generated file imports, exports and declares."""

from __future__ import annotations

from tars2py.model import Part
from tars2py.naming import export_order, package, part_stem
from tars2py.view.imports import part_imports
from tars2py.view.interfaces import interface_view
from tars2py.view.order import in_order
from tars2py.view.plan import Plan
from tars2py.view.records import PartView
from tars2py.view.structs import const_view, enum_view, struct_view
from tars2py.view.types import Types

__all__ = ["part_views"]


def part_views(plan: Plan) -> list[PartView]:
    """The view of every part that is not compiled elsewhere."""
    elsewhere = dict(plan.options.elsewhere)
    return [
        _view(part, plan) for part in plan.model.parts if part.module not in elsewhere
    ]


def _view(part: Part, plan: Plan) -> PartView:
    key = part.module, part.source.path
    names, stem, model = plan.names[key], plan.stems[key], plan.model
    types = Types(names, model.enums, plan.enumerators)
    names.pending = {each.symbol for each in part.structs}
    plain = stem == part_stem(part.source.path.stem)
    check_default = plan.options.check_default
    view = PartView(
        part.module,
        package(part.module),
        stem,
        part.source.path.name if plain else f"{stem[1:]}.tars",
        (),
        tuple(sorted(names.exports(), key=export_order)),
        tuple(
            enum_view(each, names, plan.enumerators[each.symbol]) for each in part.enums
        ),
        tuple(const_view(each, names, types) for each in part.consts),
        tuple(
            struct_view(each, names, types, model, check_default)
            for each in in_order(part.structs)
        ),
        tuple(interface_view(each, names, types) for each in part.interfaces),
    )
    return view._replace(imports=tuple(part_imports(view, names.imported)))
