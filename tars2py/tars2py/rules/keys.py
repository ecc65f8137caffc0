"""Keys: the members of ``key[...]`` exist, and what is a map's key can be hashed."""

from __future__ import annotations

from collections.abc import Iterator

from tars2py.errors import Diagnostics, Note, Place
from tars2py.model import Model, Part, Struct, Type, map_keys
from tars2py.source import Source, Span
from tars2py.suggest import suggest

__all__ = ["check_keys"]


def check_keys(model: Model, found: Diagnostics) -> None:
    """Every ``key[...]``, and every struct that is a map's key."""
    for struct in model.structs.values():
        if struct.key is not None:
            _check_members(struct, model, found)
    for part in model.parts:
        for of, source, span in _types(part):
            for symbol in map_keys(of):
                struct = model.structs[symbol.module, symbol.name]
                if struct.key is None and symbol.path != source.path:
                    members = ", ".join(each.name for each in struct.members)
                    found.error(
                        f"{symbol.text} of another file is a map's key here, but has "
                        "no order: expected "
                        f"'key[{symbol.name}, {members}];' behind it",
                        source,
                        span,
                        Note("the struct is here", Place(symbol.source, symbol.span)),
                    )


def _check_members(struct: Struct, model: Model, found: Diagnostics) -> None:
    assert struct.key is not None
    types = {each.name: each.type for each in struct.members}
    seen = set()
    for name, span in struct.key.members:
        source = struct.key.source
        if name not in types:
            found.error(
                f"expected a member of {struct.symbol.text}, got '{name}'"
                f"{suggest(name, types)}",
                source,
                span,
            )
        elif name in seen:
            found.warning(f"'{name}' is in this key already", source, span)
        elif not model.has_order(types[name]):
            found.warning(
                f"'{name}' is of a struct without key[...]: it orders nothing",
                source,
                span,
            )
        seen.add(name)


def _types(part: Part) -> Iterator[tuple[Type, Source, Span]]:
    """Every type that a part writes down, with its place."""
    for struct in part.structs:
        for member in struct.members:
            yield member.type, part.source, member.span
    for interface in part.interfaces:
        for method in interface.methods:
            for param in method.params:
                yield param.type, part.source, param.span
            if method.result is not None:
                yield method.result, part.source, method.span
