"""``key[...]``: which struct it orders. It may stand before or behind it, and once."""

from __future__ import annotations

from tars2py import tree
from tars2py.errors import Note, Place
from tars2py.model import Key
from tars2py.resolve.scope import Scope

__all__ = ["resolve_key"]


def resolve_key(
    written: tree.Key, scope: Scope, keys: dict[tuple[str, str], Key]
) -> None:
    """Note a key under the struct that it is for."""
    symbol = scope.type(written.struct)
    if symbol is None:
        return
    if symbol.kind != "struct":
        scope.error(
            f"expected a struct, got the enum '{written.struct.text}'",
            written.struct.span,
        )
        return
    if first := keys.get((symbol.module, symbol.name)):
        scope.error(
            f"struct {symbol.text} has a key already: expected one key[...]",
            written.span,
            Note("the first one is here", Place(first.source, first.span)),
        )
        return
    members = tuple((each.text, each.span) for each in written.members)
    keys[symbol.module, symbol.name] = Key(members, scope.source, written.span)
