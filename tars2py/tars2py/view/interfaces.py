"""Interfaces: replies, the table of methods, and what each method's ``def`` looks like."""

from __future__ import annotations

from tars2py.model import Interface, Member, Method, Symbol, named
from tars2py.naming import Scope
from tars2py.view.names import InterfaceNames, Names
from tars2py.view.records import InterfaceView, MethodView, ParamView, ReplyView
from tars2py.view.structs import field_view, schema_line
from tars2py.view.types import Types

__all__ = ["interface_view"]


def interface_view(interface: Interface, names: Names, types: Types) -> InterfaceView:
    """Everything that is generated for one interface."""
    own = names.interfaces[interface.symbol]
    used = {names.of(symbol) for each in interface.methods for symbol in _uses(each)}
    scope = Scope("method", [*used, *filter(None, own.replies)])
    methods, replies = [], []
    for index, each in enumerate(interface.methods):
        if own.replies[index]:
            replies.append(_reply(each, own.replies[index], names, types))
        methods.append(_method(each, scope.add(each.name), own, index, types))
    return InterfaceView(
        interface.symbol.name,
        interface.symbol.text,
        interface.doc,
        own.proxy,
        own.blocking,
        own.one_way,
        own.servant,
        tuple(replies),
        tuple(methods),
    )


def _reply(method: Method, name: str, names: Names, types: Types) -> ReplyView:
    scope = Scope("out", [*(names.of(symbol) for symbol in _uses(method)), name])
    members = []
    if method.result is not None:
        ret = Member(0, True, method.result, "ret", None, "", method.span)
        members.append(field_view(ret, "ret", types))
    for param in method.params:
        if param.out:
            out = Member(param.tag, True, param.type, param.name, None, "", param.span)
            members.append(field_view(out, scope.add(param.name), types))
    return ReplyView(name, method.name, method.result is not None, tuple(members))


def _method(
    method: Method, python: str, own: InterfaceNames, index: int, types: Types
) -> MethodView:
    scope = Scope("parameter", [own.rows[index]])
    params = []
    for each in method.params:
        if not each.out:
            name = scope.add(each.name)
            annotation = types.annotation(each.type)
            row = Member(each.tag, True, each.type, each.name, None, "", each.span)
            params.append(ParamView(name, annotation, schema_line(row, name, types)))
    if own.replies[index]:
        returns = gives = own.replies[index]
    elif method.result is None:
        returns, gives = "None", "codec.VOID"
    else:
        returns, gives = types.annotation(method.result), types.schema(method.result)
    row_name = own.rows[index]
    return MethodView(
        python, method.name, row_name, method.doc, tuple(params), returns, gives
    )


def _uses(method: Method) -> list[Symbol]:
    """The enums and structs in a method's signature."""
    types = [each.type for each in method.params]
    if method.result is not None:
        types.append(method.result)
    return [symbol for each in types for symbol in named(each)]
