"""The model: what the files mean. Names are resolved, values computed, rules checked.

Types name what they refer to by a `Symbol`, so that the records stay trees although the
types of a language may refer to each other in circles.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, TypeAlias

from tars2py.source import Source, Span

__all__ = [
    "Array",
    "Base",
    "Const",
    "Enum",
    "EnumValue",
    "Enumerator",
    "Interface",
    "Key",
    "Map",
    "Member",
    "Method",
    "Model",
    "Named",
    "Param",
    "Part",
    "Struct",
    "Symbol",
    "Type",
    "Value",
    "Vector",
    "map_keys",
    "named",
    "signatures",
]


class Symbol(NamedTuple):
    """A name that a module declares: ``kind`` is enum, struct, const or interface."""

    kind: str
    module: str
    name: str
    source: Source
    span: Span

    @property
    def text(self) -> str:
        """The name with its module: ``Demo::Place``."""
        return f"{self.module}::{self.name}"

    @property
    def path(self) -> Path:
        """The file that declares it."""
        return self.source.path


class Base(NamedTuple):
    """``int``, ``unsigned int``, ``string``, ..."""

    word: str


class Vector(NamedTuple):
    """Any number of items."""

    item: Type


class Array(NamedTuple):
    """``T name[N]``: at most ``length`` items."""

    item: Type
    length: int


class Map(NamedTuple):
    """Keys and their values."""

    key: Type
    value: Type


class Named(NamedTuple):
    """An enum or a struct."""

    symbol: Symbol


Type: TypeAlias = Base | Vector | Array | Map | Named


class EnumValue(NamedTuple):
    """An enumerator, as a default or constant."""

    enum: Symbol
    name: str
    number: int


Value: TypeAlias = bool | int | float | str | EnumValue


class Enumerator(NamedTuple):
    """One name of an enum, and its number."""

    name: str
    number: int
    doc: str


class Enum(NamedTuple):
    """An enum; several names may have one number."""

    symbol: Symbol
    enumerators: tuple[Enumerator, ...]
    doc: str


class Const(NamedTuple):
    """A constant with its value, which fits its type."""

    symbol: Symbol
    type: Type
    value: Value
    doc: str


class Member(NamedTuple):
    """A member; ``default`` is None where the type's own default holds."""

    tag: int
    required: bool
    type: Type
    name: str
    default: Value | None
    doc: str
    span: Span


class Key(NamedTuple):
    """``key[...]``: the members that order a struct, each with its place in ``source``."""

    members: tuple[tuple[str, Span], ...]
    source: Source
    span: Span


class Struct(NamedTuple):
    """A struct, its members in the order of their tags."""

    symbol: Symbol
    members: tuple[Member, ...]
    key: Key | None
    hashed: bool
    """It is the key of a map in its own file, so that it must be hashable."""

    doc: str


class Param(NamedTuple):
    """A parameter; ``tag`` is its position, from 1, in and out together."""

    tag: int
    out: bool
    type: Type
    name: str
    span: Span


class Method(NamedTuple):
    """A method; ``result`` is None for ``void``."""

    name: str
    result: Type | None
    params: tuple[Param, ...]
    doc: str
    span: Span


class Interface(NamedTuple):
    """An interface and its methods, in the order of the file."""

    symbol: Symbol
    methods: tuple[Method, ...]
    doc: str


class Part(NamedTuple):
    """What one file declares into one module."""

    module: str
    source: Source
    enums: tuple[Enum, ...]
    consts: tuple[Const, ...]
    structs: tuple[Struct, ...]
    interfaces: tuple[Interface, ...]


class Model(NamedTuple):
    """Everything that a run means, part by part, included files first."""

    parts: tuple[Part, ...]
    enums: dict[tuple[str, str], Enum]
    """Every enum by module and name: a default may need one of another part."""

    structs: dict[tuple[str, str], Struct]
    """Every struct by module and name."""

    def has_order(self, type: Type) -> bool:
        """Can values of a type be put in order? A struct only by its ``key[...]``."""
        if isinstance(type, Named) and type.symbol.kind == "struct":
            return self.structs[type.symbol.module, type.symbol.name].key is not None
        return True


def map_keys(type: Type) -> list[Symbol]:
    """The structs that are keys of maps somewhere in a type."""
    match type:
        case Vector(item) | Array(item):
            return map_keys(item)
        case Map(Named(symbol), value) if symbol.kind == "struct":
            return [symbol, *map_keys(value)]
        case Map(_, value):
            return map_keys(value)
        case _:
            return []


def named(type: Type) -> list[Symbol]:
    """The enums and structs that a type refers to."""
    match type:
        case Named(symbol):
            return [symbol]
        case Vector(item) | Array(item):
            return named(item)
        case Map(key, value):
            return [*named(key), *named(value)]
        case _:
            return []


def signatures(interface: Interface) -> list[Type]:
    """The types of all parameters and results of an interface."""
    types = [param.type for each in interface.methods for param in each.params]
    return types + [each.result for each in interface.methods if each.result]
