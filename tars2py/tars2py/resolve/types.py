"""Types: what a written type means, how deep it may be, what may be a map's key."""

from __future__ import annotations

from tars2py import tree
from tars2py.model import Array, Base, Map, Named, Type, Vector
from tars2py.resolve.scope import Scope

__all__ = ["fixed", "resolve_type"]

DEEPEST = 60
"""Levels of containers; the codec takes 64 levels, and a message has some of its own."""

_UNSIGNED = frozenset({"unsigned byte", "unsigned short", "unsigned int"})


def resolve_type(written: tree.Type, scope: Scope) -> Type | None:
    """The meaning of a type; None after an error was reported."""
    if isinstance(written, tree.Vector | tree.Map) and written.depth > DEEPEST:
        scope.error(
            f"expected at most {DEEPEST} containers in each other, got {written.depth}",
            written.span,
        )
        return None
    return _meaning(written, scope)


def _meaning(written: tree.Type, scope: Scope) -> Type | None:
    match written:
        case tree.Base(word, span):
            if word.startswith("unsigned") and word not in _UNSIGNED:
                scope.error(
                    "expected byte, short or int behind 'unsigned', "
                    f"got '{word.removeprefix('unsigned ')}'",
                    span,
                )
                return None
            return Base(word)
        case tree.Vector(item):
            inner = _meaning(item, scope)
            return Vector(inner) if inner else None
        case tree.Map(key, value):
            of, to = _meaning(key, scope), _meaning(value, scope)
            if of:
                _check_key(of, key, scope)
            return Map(of, to) if of and to else None
        case tree.Ref():
            symbol = scope.type(written)
            return Named(symbol) if symbol else None


def _check_key(key: Type, written: tree.Type, scope: Scope) -> None:
    match key:
        case Vector() | Map():
            scope.error(
                "expected a map key that can be compared (a number, bool, string, enum "
                "or struct), got a container",
                written.span,
            )
        case Base("float" | "double" as word):
            scope.warning(f"a map key of type {word} compares bit by bit", written.span)
        case _:
            pass


def fixed(
    type: Type, length: tree.Literal, size: int | None, scope: Scope
) -> Type | None:
    """``T name[N]``: at most N items of T."""
    if size is None:
        return None
    if not 1 <= size <= 1048575:
        scope.error(
            f"expected a length of 1 to 1048575, got {length.text}", length.span
        )
        return None
    return Array(type, size)
