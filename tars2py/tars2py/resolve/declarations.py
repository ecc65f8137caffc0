"""Constants, structs and interfaces become their records of the model, one by one."""

from __future__ import annotations

from collections.abc import Mapping

from tars2py import tree
from tars2py.model import (
    Base,
    Const,
    Interface,
    Key,
    Member,
    Method,
    Named,
    Param,
    Struct,
    Type,
)
from tars2py.resolve.enums import Enums
from tars2py.resolve.literals import integer
from tars2py.resolve.scope import Scope
from tars2py.resolve.types import fixed, resolve_type
from tars2py.resolve.values import resolve_value

__all__ = ["resolve_const", "resolve_interface", "resolve_struct"]


def resolve_const(written: tree.Const, scope: Scope, known: Enums) -> Const | None:
    """A constant with its value; None after an error was reported."""
    of = resolve_type(written.type, scope)
    if of is None:
        return None
    if not isinstance(of, Base) and not _is_enum(of):
        scope.error(
            "expected a number, bool, string or enum as the type of a constant, got "
            f"{'a struct' if isinstance(of, Named) else 'a container'}",
            written.type.span,
        )
        return None
    value = resolve_value(written.value, of, scope, known)
    if value is None:
        return None
    symbol = scope.own(written.name, "const")
    return Const(symbol, of, value, scope.comments.of(written.span))


def resolve_struct(
    written: tree.Struct,
    scope: Scope,
    keys: Mapping[tuple[str, str], Key],
    known: Enums,
) -> Struct:
    """A struct; members that cannot be known are reported and left out."""
    symbol = scope.own(written.name, "struct")
    members = [resolve_member(each, scope, known) for each in written.members]
    return Struct(
        symbol,
        tuple(sorted((each for each in members if each), key=lambda each: each.tag)),
        keys.get((symbol.module, symbol.name)),
        False,
        scope.said(written),
    )


def resolve_member(written: tree.Member, scope: Scope, known: Enums) -> Member | None:
    """One member of a struct."""
    tag = integer(written.tag, scope.source, scope.found, tag=True)
    if tag is not None and not 0 <= tag <= 255:
        scope.error(
            f"expected a tag of 0 to 255, got {written.tag.text}", written.tag.span
        )
    of = resolve_type(written.type, scope)
    if of and written.length:
        size = integer(written.length, scope.source, scope.found)
        of = fixed(of, written.length, size, scope)
    if tag is None or of is None:
        return None
    default = None
    if written.default is not None:
        default = resolve_value(written.default, of, scope, known)
    return Member(
        tag,
        written.required,
        of,
        written.name.text,
        default,
        scope.comments.of(written.span),
        written.name.span,
    )


def resolve_interface(written: tree.Interface, scope: Scope) -> Interface:
    """An interface with its methods."""
    methods = []
    for each in written.methods:
        result = None
        if each.result is not None:
            result = resolve_type(each.result, scope)
        params = [
            Param(
                position,
                param.mode == "out",
                of,
                param.name.text,
                param.name.span,
            )
            for position, param in enumerate(each.params, 1)
            if (of := resolve_type(param.type, scope))
        ]
        said = scope.comments.of(each.span)
        methods.append(
            Method(each.name.text, result, tuple(params), said, each.name.span)
        )
    symbol = scope.own(written.name, "interface")
    return Interface(symbol, tuple(methods), scope.said(written))


def _is_enum(type: Type) -> bool:
    return isinstance(type, Named) and type.symbol.kind == "enum"
