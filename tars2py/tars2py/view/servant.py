"""A servant to fill in: a class with each method of an interface, and nothing in them."""

from __future__ import annotations

from tars2py.model import Interface, Part
from tars2py.naming import Scope, snake
from tars2py.view.interfaces import interface_view
from tars2py.view.plan import Plan
from tars2py.view.records import MethodView, ServantView
from tars2py.view.types import Types
from tars2py.view.user import UserNames

__all__ = ["servant_views"]


def servant_views(plan: Plan, part: Part) -> list[ServantView]:
    """The servants of all interfaces of a part."""
    return [_view(plan, part, each) for each in part.interfaces]


def _view(plan: Plan, part: Part, interface: Interface) -> ServantView:
    class_name = Scope("global").add(interface.symbol.name)
    names = UserNames(plan, [class_name])
    base = names.imported(part.module, names.generated(interface).servant)
    methods = user_methods(plan, part, interface, names)
    return ServantView(
        f"{snake(interface.symbol.name).lower()}_servant.py",
        class_name,
        base,
        interface.symbol.text,
        part.source.path.name,
        interface.doc or f"Serves ``{interface.symbol.text}``.",
        tuple(names.imports()),
        methods,
    )


def user_methods(
    plan: Plan, part: Part, interface: Interface, names: UserNames
) -> tuple[MethodView, ...]:
    """The methods as the package names them, with the types as this text names them."""
    own = plan.names[part.module, part.source.path]
    types = Types(own, plan.model.enums, plan.enumerators)
    here = Types(names, plan.model.enums, plan.enumerators)
    replies = names.generated(interface).replies
    methods = []
    for index, view in enumerate(interface_view(interface, own, types).methods):
        method = interface.methods[index]
        taken = [each for each in method.params if not each.out]
        params = tuple(
            shown._replace(annotation=here.annotation(each.type))
            for shown, each in zip(view.params, taken, strict=True)
        )
        if replies[index]:
            returns = names.imported(part.module, replies[index])
        else:
            returns = here.annotation(method.result) if method.result else "None"
        methods.append(view._replace(params=params, returns=returns))
    return tuple(methods)
