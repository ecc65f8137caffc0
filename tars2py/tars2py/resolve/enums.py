"""Enumerators: their numbers, and finding the one that a name means.

An enumerator without a value is one more than the one before it, the first is 0. A value may be
an enumerator that stands before it in the same enum, or any one of an enum before it.
"""

from __future__ import annotations

from tars2py import tree
from tars2py.errors import Note, Place
from tars2py.model import Enum, Enumerator, EnumValue, Symbol
from tars2py.resolve.literals import integer
from tars2py.resolve.scope import Scope

__all__ = ["Enums", "find", "resolve_enum"]

_LOWEST, _HIGHEST = -(2**31), 2**31 - 1


class Enums(dict[tuple[str, str], Enum]):
    """Every enum so far, by module and name; and which of them have a certain enumerator."""

    def __init__(self) -> None:
        super().__init__()
        self.having: dict[str, dict[Symbol, None]] = {}

    def note(self, enum: Enum) -> Enum:
        """Take an enum in, or its latest enumerator."""
        self[enum.symbol.module, enum.symbol.name] = enum
        for each in enum.enumerators[-1:]:
            self.having.setdefault(each.name, {})[enum.symbol] = None
        return enum

    def of(self, symbol: Symbol) -> Enum:
        """The enum that a symbol names."""
        return self[symbol.module, symbol.name]


def resolve_enum(written: tree.Enum, scope: Scope, known: Enums) -> Enum:
    """The enum with its numbers; one that cannot be known counts on from the one before."""
    symbol, doc = scope.own(written.name, "enum"), scope.said(written)
    items: list[Enumerator] = []
    seen: dict[str, tree.Name] = {}
    enum = known.note(Enum(symbol, (), doc))
    number = -1
    for each in written.enumerators:
        if first := seen.get(each.name.text):
            scope.error(
                f"enum {symbol.name} has '{each.name.text}' already: "
                "expected another name",
                each.name.span,
                Note("the first one is here", Place(scope.source, first.span)),
            )
            continue
        seen[each.name.text] = each.name
        number = _number(each, number + 1, scope, known)
        said = scope.comments.of(each.span)
        items.append(Enumerator(each.name.text, number, said))
        enum = known.note(Enum(symbol, tuple(items), doc))
    return enum


def _number(
    each: tree.Enumerator,
    following: int,
    scope: Scope,
    known: Enums,
) -> int:
    match each.value:
        case None:
            value, span = following, each.name.span
        case tree.Ref():
            found = find(each.value, None, scope, known)
            return found.number if found else following
        case _:
            literal = integer(each.value, scope.source, scope.found)
            if literal is None:
                return following
            value, span = literal, each.value.span
            if _HIGHEST < value <= 0xFFFFFFFF and each.value.text[:2] in ("0x", "0X"):
                value -= 2**32
                scope.warning(
                    f"{each.value.text} is beyond 31 bits: it becomes {value}", span
                )
    if not _LOWEST <= value <= _HIGHEST:
        scope.error(
            f"expected an enumerator of 32 bits (-2^31 to 2^31-1), got {value}", span
        )
        return 0
    return value


def find(
    ref: tree.Ref,
    enum: Symbol | None,
    scope: Scope,
    known: Enums,
) -> EnumValue | None:
    """The enumerator that a name means; None after an error was reported.

    For a member of type ``enum`` it is looked for there first; then in the enums of the
    module; then, with a warning, in those of the included files. A qualifier (``Module``, ``Enum``
    or ``Module::Enum``) must match.
    """
    *qualifier, name = (part.text for part in ref.parts)
    if enum and not qualifier and (value := _of(known.of(enum), name)):
        return value
    visible = [
        known.of(each) for each in known.having.get(name, ()) if scope.sees(each)
    ]
    fitting = [each for each in visible if _fits(each.symbol, qualifier)]
    own = [each for each in fitting if each.symbol == enum]
    near = [each for each in fitting if each.symbol.module == scope.module]
    for enums in (own, near, fitting):
        values = [value for each in enums if (value := _of(each, name))]
        if len(values) > 1 and enum is None and not _same(values):
            _ambiguous(ref, values, scope)
            return None
        if values:
            if enums is fitting and not qualifier and values[0].enum != enum:
                scope.warning(
                    f"'{name}' is an enumerator of {values[0].enum.text}: write "
                    f"'{values[0].enum.module}::{name}'",
                    ref.span,
                )
            return values[0]
    candidates = known.of(enum).enumerators if enum else ()
    where = f" of {enum.text}" if enum else ""
    scope.error(
        f"expected an enumerator{where}, got '{ref.text}', which is none"
        f"{scope.suggest(name, (each.name for each in candidates))}",
        ref.span,
        *((Note("the enum is here", Place(enum.source, enum.span)),) if enum else ()),
    )
    return None


def _fits(symbol: Symbol, qualifier: list[str]) -> bool:
    if len(qualifier) > 1:
        return qualifier == [symbol.module, symbol.name]
    return not qualifier or qualifier[0] in (symbol.module, symbol.name)


def _of(enum: Enum, name: str) -> EnumValue | None:
    for each in enum.enumerators:
        if each.name == name:
            return EnumValue(enum.symbol, name, each.number)
    return None


def _same(values: list[EnumValue]) -> bool:
    return all(each.enum == values[0].enum for each in values)


def _ambiguous(ref: tree.Ref, values: list[EnumValue], scope: Scope) -> None:
    scope.error(
        f"'{ref.text}' is an enumerator of several enums: "
        f"expected one of {', '.join(f'{each.enum.text}::{each.name}' for each in values)}",
        ref.span,
        *(
            Note("one is here", Place(each.enum.source, each.enum.span))
            for each in values
        ),
    )
