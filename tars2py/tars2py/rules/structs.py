"""Structs: tags and names once, nothing that contains itself by value."""

from __future__ import annotations

from tars2py.errors import Diagnostics, Note, Place
from tars2py.graph import circles
from tars2py.model import Member, Model, Named, Struct, Symbol
from tars2py.rules.twice import check_twice

__all__ = ["check_circles", "check_struct"]


def check_struct(struct: Struct, found: Diagnostics) -> None:
    """What one struct shows alone."""
    symbol = struct.symbol
    if not struct.members and not found.failed:
        found.warning(
            f"struct {symbol.name} is empty: TarsCpp and TarsJava refuse that",
            symbol.source,
            symbol.span,
        )
    in_file = sorted(struct.members, key=lambda each: each.span)
    names = [(each.name, each.span) for each in in_file]
    check_twice(names, f"struct {symbol.name}", "a member", symbol.source, found)
    first: dict[int, Member] = {}
    for each in in_file:
        if (there := first.setdefault(each.tag, each)) is not each:
            found.error(
                f"tag {each.tag} is that of '{there.name}' already: expected another",
                symbol.source,
                each.span,
                Note("the first one is here", Place(symbol.source, there.span)),
            )


def check_circles(model: Model, found: Diagnostics) -> None:
    """A struct that holds itself, directly or through others, would never end."""
    holds: dict[Symbol, list[tuple[Symbol, Member]]] = {
        each.symbol: [
            (member.type.symbol, member)
            for member in each.members
            if isinstance(member.type, Named) and member.type.symbol.kind == "struct"
        ]
        for each in model.structs.values()
    }

    def targets(symbol: Symbol) -> list[Symbol]:
        return [target for target, _ in holds.get(symbol, ())]

    for circle in circles(holds, targets):
        inside = set(circle)
        links = [
            (symbol, member)
            for symbol in circle
            for target, member in holds[symbol]
            if target in inside
        ]
        if links:
            _report(links, found)


def _report(links: list[tuple[Symbol, Member]], found: Diagnostics) -> None:
    (symbol, member), *others = links
    through = f" through {', '.join(each.text for each, _ in others)}" if others else ""
    found.error(
        f"struct {symbol.text} holds itself by value{through}, which would never end: "
        "write vector<...> for one of the members",
        symbol.source,
        member.span,
        *(
            Note(f"{each.text} holds the next one here", Place(each.source, it.span))
            for each, it in others[:9]
        ),
    )
