"""Members: one line of a struct's schema, or one parameter of a method."""

from __future__ import annotations

from itertools import pairwise
from keyword import iskeyword
from typing import Any

from tars_runtime.codec.types import Type, Typed, type_of
from tars_runtime.errors import UsageError

__all__ = ["Member", "by_tag", "optional", "require"]


class Member:
    """A tag, the name in the IDL, a type, and whether it must be there."""

    __slots__ = ("attr", "name", "required", "tag", "type")

    def __init__(
        self, tag: int, name: str, of: Typed[Any], attr: str | None, required: bool
    ) -> None:
        self.tag = tag
        self.name = name
        self.type: Type[Any] = type_of(of)
        self.attr = name if attr is None else attr
        self.required = required
        if not 0 <= tag <= 255:
            raise UsageError(f"expected a tag from 0 to 255, got {tag} - at {name}")
        if not self.attr.isidentifier() or iskeyword(self.attr):
            raise UsageError(
                f"expected a Python name, got {self.attr!r} - at tag {tag}: give attr="
            )

    def __repr__(self) -> str:
        need = "require" if self.required else "optional"
        return f"<codec.Member {self.tag} {need} {self.type.label} {self.name}>"


def require(tag: int, name: str, of: Typed[Any], attr: str | None = None) -> Member:
    """A member that is always written and must be there to be read.

    ``name`` is the IDL's; ``attr`` is the Python attribute where that must differ.
    """
    return Member(tag, name, of, attr, True)


def optional(tag: int, name: str, of: Typed[Any], attr: str | None = None) -> Member:
    """A member that may be absent: the dataclass field's default then stands for it."""
    return Member(tag, name, of, attr, False)


def by_tag(members: tuple[Member, ...], what: str) -> list[Member]:
    """The members in the order of the wire. Raises `UsageError` for a tag given twice."""
    ordered = sorted(members, key=lambda member: member.tag)
    for one, next_ in pairwise(ordered):
        if one.tag == next_.tag:
            raise UsageError(
                f"expected different tags, got {one.tag} for {one.name} and {next_.name}"
                f" - at {what}"
            )
    return ordered
