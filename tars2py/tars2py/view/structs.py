"""Structs, enums and constants: what their classes look like."""

from __future__ import annotations

from tars2py.layout import quoted
from tars2py.model import (
    Array,
    Base,
    Const,
    Enum,
    Map,
    Member,
    Model,
    Named,
    Struct,
    Type,
    Vector,
    named,
)
from tars2py.naming import Scope
from tars2py.view.names import Names
from tars2py.view.records import (
    ConstView,
    EnumeratorView,
    EnumView,
    MemberView,
    StructView,
)
from tars2py.view.types import Types

__all__ = [
    "const_view",
    "enum_view",
    "enumerator_names",
    "field_view",
    "member_names",
    "schema_line",
    "struct_view",
]


def enumerator_names(enum: Enum) -> dict[str, str]:
    """The Python names of an enum's enumerators."""
    scope = Scope("enumerator")
    return {each.name: scope.add(each.name) for each in enum.enumerators}


def enum_view(enum: Enum, names: Names, python: dict[str, str]) -> EnumView:
    """An enum's class."""
    return EnumView(
        names.own(enum.symbol),
        enum.doc or f"Enum ``{enum.symbol.text}``.",
        tuple(
            EnumeratorView(python[each.name], each.number, each.doc)
            for each in enum.enumerators
        ),
    )


def const_view(const: Const, names: Names, types: Types) -> ConstView:
    """A constant."""
    return ConstView(names.own(const.symbol), types.value(const.value), const.doc)


def struct_view(
    struct: Struct,
    names: Names,
    types: Types,
    model: Model,
    check_default: bool,
) -> StructView:
    """A struct's class and schema; afterwards the names know that it is defined."""
    python = member_names(struct, names)
    members = tuple(
        field_view(each, python[each.name], types) for each in struct.members
    )
    hashed, ordered = _comparisons(struct, python, model)
    names.pending.discard(struct.symbol)
    return StructView(
        names.own(struct.symbol),
        struct.doc or f"Struct ``{struct.symbol.text}``.",
        members,
        hashed,
        ordered,
        "" if check_default else 'elide="none"',
    )


def member_names(struct: Struct, names: Names) -> dict[str, str]:
    """The Python names of a struct's members: not those of the types that it uses."""
    used = {names.of(symbol) for each in struct.members for symbol in named(each.type)}
    scope = Scope("member", [*used, names.own(struct.symbol)])
    return {each.name: scope.add(each.name) for each in struct.members}


def field_view(member: Member, python: str, types: Types) -> MemberView:
    """A dataclass field, and its line of the schema."""
    default, factory = types.default(member.type, member.default)
    return MemberView(
        python,
        types.annotation(member.type),
        default,
        factory,
        member.doc,
        schema_line(member, python, types),
    )


def schema_line(member: Member, python: str, types: Types) -> str:
    """The codec's word on a member, parameter or result: tag, name, type."""
    manner = "require" if member.required else "optional"
    items = [str(member.tag), quoted(member.name), types.schema(member.type)]
    if python != member.name:
        items.append(f"attr={quoted(python)}")
    return f"codec.{manner}({', '.join(items)})"


def _comparisons(
    struct: Struct, python: dict[str, str], model: Model
) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
    """What ``__hash__`` and ``__lt__`` look at.

    With a key: its members; a struct among them must have a key itself. A struct that is a map's
    key without one is hashed over all members.
    """
    types = {each.name: each.type for each in struct.members}
    if struct.key is None:
        if not struct.hashed:
            return None, None
        every = [_hashable(f"self.{python[name]}", types[name]) for name in types]
        return tuple(every), None
    chosen = dict.fromkeys(name for name, _ in struct.key.members if name in types)
    usable = [name for name in chosen if model.has_order(types[name])]
    return (
        tuple(_hashable(f"self.{python[name]}", types[name]) for name in usable),
        tuple(_comparable(f"{{}}.{python[name]}", types[name]) for name in usable),
    )


def _hashable(text: str, type: Type) -> str:
    """An expression that can be hashed, and is equal where the values are."""
    match type:
        case Vector(Base("byte")):
            return text
        case Vector(item) | Array(item) if _hashes(item):
            return f"tuple({text})"
        case Map(_, value) if _hashes(value):
            return f"frozenset({text}.items())"
        case Vector() | Array() | Map():
            return f"len({text})"
        case _:
            return text


def _hashes(item: Type) -> bool:
    return isinstance(item, Base) or (
        isinstance(item, Named) and item.symbol.kind == "enum"
    )


def _comparable(text: str, type: Type) -> str:
    return f"sorted({text}.items())" if isinstance(type, Map) else text
