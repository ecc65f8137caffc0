"""All declarations of a run become the model: enums first, for defaults need their numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from tars2py import tree
from tars2py.errors import Diagnostics
from tars2py.includes import Program, Unit
from tars2py.model import (
    Enum,
    Interface,
    Key,
    Model,
    Part,
    Struct,
    map_keys,
    signatures,
)
from tars2py.resolve.declarations import (
    resolve_const,
    resolve_interface,
    resolve_struct,
)
from tars2py.resolve.enums import Enums, resolve_enum
from tars2py.resolve.keys import resolve_key
from tars2py.resolve.scope import Scope
from tars2py.resolve.symbols import Symbols

__all__ = ["resolve"]

T = TypeVar("T")


def resolve(program: Program, found: Diagnostics) -> Model:
    """The model of a run; what is wrong with it goes to ``found``."""
    symbols = Symbols(program, found)
    blocks = [
        (unit, Scope(symbols, unit, module, found)) for unit, module in _parts(program)
    ]
    known = Enums()
    enums = [
        [
            resolve_enum(each, scope, known)
            for each in _all(unit, scope.module, tree.Enum)
        ]
        for unit, scope in blocks
    ]
    keys: dict[tuple[str, str], Key] = {}
    for unit, scope in blocks:
        for key in _all(unit, scope.module, tree.Key):
            resolve_key(key, scope, keys)
    parts = tuple(
        _part(unit, scope, tuple(own), keys, known)
        for (unit, scope), own in zip(blocks, enums, strict=True)
    )
    structs = {
        (each.symbol.module, each.symbol.name): each
        for part in parts
        for each in part.structs
    }
    return Model(parts, known, structs)


def _part(
    unit: Unit,
    scope: Scope,
    enums: tuple[Enum, ...],
    keys: dict[tuple[str, str], Key],
    known: Enums,
) -> Part:
    module = scope.module
    consts = [
        resolve_const(each, scope, known) for each in _all(unit, module, tree.Const)
    ]
    structs = [
        resolve_struct(each, scope, keys, known)
        for each in _all(unit, module, tree.Struct)
    ]
    interfaces = [
        resolve_interface(each, scope) for each in _all(unit, module, tree.Interface)
    ]
    return Part(
        module,
        unit.file.source,
        enums,
        tuple(each for each in consts if each),
        _hashed(structs, interfaces),
        tuple(interfaces),
    )


def _hashed(structs: list[Struct], interfaces: list[Interface]) -> tuple[Struct, ...]:
    """Mark the structs that are keys of maps in the same part."""
    types = [member.type for each in structs for member in each.members]
    types += [of for interface in interfaces for of in signatures(interface)]
    keys = {symbol for each in types for symbol in map_keys(each)}
    return tuple(each._replace(hashed=each.symbol in keys) for each in structs)


def _parts(program: Program) -> Iterator[tuple[Unit, str]]:
    """Every file with every module that it declares into, each pair once."""
    for unit in program.units:
        for module in dict.fromkeys(each.name.text for each in unit.file.modules):
            yield unit, module


def _all(unit: Unit, module: str, kind: type[T]) -> list[T]:
    """The declarations of one kind that a file makes in a module, in all its blocks."""
    return [
        each
        for block in unit.file.modules
        if block.name.text == module
        for each in block.definitions
        if isinstance(each, kind)
    ]
