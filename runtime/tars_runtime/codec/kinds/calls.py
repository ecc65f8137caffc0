"""The bodies of a call: a method's arguments, and what it gives back."""

from __future__ import annotations

from functools import cached_property
from typing import Any, TypeVar, cast

from tars_runtime.codec import paths
from tars_runtime.codec.compiled.reading import Reading
from tars_runtime.codec.compiled.writing import Writing
from tars_runtime.codec.kinds.delimited import At
from tars_runtime.codec.kinds.slots import Slot
from tars_runtime.codec.kinds.structs import Struct
from tars_runtime.codec.members import Member, by_tag
from tars_runtime.codec.native.table import Row, Rows
from tars_runtime.codec.reader import Reader
from tars_runtime.codec.types import Type, Typed, type_of
from tars_runtime.codec.writer import Writer
from tars_runtime.errors import DecodeError, EncodeError

__all__ = ["RETURNED", "VOID", "Arguments", "arguments", "result"]

T = TypeVar("T")

RETURNED = "tars_ret"
"""What JSON mode and TUP call a method's result."""


class Arguments(Type[tuple[Any, ...]]):
    """The values of several members, side by side, in the order in which they were given."""

    label = "arguments"
    codes = ()
    bare = True

    def __init__(self, members: tuple[Member, ...]) -> None:
        super().__init__()
        self.members = members
        self.ordered = by_tag(members, "arguments")

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        """The members in the order of the wire."""
        return tuple(Slot(member, None) for member in self.ordered)

    @cached_property
    def places(self) -> tuple[int, ...]:
        """For each slot, its place in the tuple."""
        return tuple(self.members.index(member) for member in self.ordered)

    def read_message(self, reader: Reader) -> tuple[Any, ...]:
        out: list[Any] = [None] * len(self.members)
        for place, slot in zip(self.places, self.slots, strict=True):
            out[place] = slot.read(reader)
        while reader.strict and reader.pos < reader.end:
            reader.skip_member()
        return tuple(out)

    def write_message(self, writer: Writer, value: tuple[Any, ...]) -> None:
        self._check(value)
        for place, slot in zip(self.places, self.slots, strict=True):
            slot.write(writer, value[place], None)

    def _check(self, value: object) -> None:
        if not isinstance(value, (tuple, list)):
            raise self.misfit(value)
        if len(value) != len(self.members):
            raise EncodeError(
                f"expected {len(self.members)} arguments, got {len(value)}"
            )

    def to_plain(self, value: tuple[Any, ...], depth: int) -> dict[str, Any]:
        self._check(value)
        out: dict[str, Any] = {}
        for member, each in zip(self.members, value, strict=True):
            with paths.within(member.name):
                out[member.name] = member.type.to_plain(each, depth)
        return out

    def from_plain(self, plain: Any, depth: int) -> tuple[Any, ...]:
        if type(plain) is not dict:
            raise self.unlike(plain)
        out: list[Any] = [None] * len(self.members)
        for place, slot in zip(self.places, self.slots, strict=True):
            out[place] = slot.from_plain(plain, depth)
        return tuple(out)

    def children(self) -> tuple[Type[Any], ...]:
        return tuple(member.type for member in self.members)

    def row(self, rows: Rows) -> tuple[object, ...]:
        places = zip(self.places, self.slots, strict=True)
        return Row.ARGUMENTS, tuple(slot.row(rows, place) for place, slot in places)

    def form(self, rows: Rows) -> tuple[int, int, int]:
        return rows.body(self)

    def emit_parse(self, e: Reading) -> str:
        locals_ = [e.name("r") for _ in self.members]
        for place, slot in zip(self.places, self.slots, strict=True):
            slot.emit_read(e, locals_[place])
        return f"({''.join(f'{local}, ' for local in locals_)})"

    def emit_build(self, e: Writing, value: str) -> None:
        e.line(f"if {value}.__class__ is not tuple: raise Fault")
        locals_ = [e.name("t") for _ in self.members]
        if locals_:
            e.line(f"{', '.join(locals_)}, = {value}")
        else:
            e.line(f"if {value}: raise Fault")
        for place, slot in zip(self.places, self.slots, strict=True):
            slot.emit_write(e, locals_[place], True)


class Returned(At):
    """A method's result without ``out`` parameters: at tag 0, and ``tars_ret`` in JSON."""

    def to_plain(self, value: Any, depth: int) -> dict[str, Any]:
        return {RETURNED: self.of.to_plain(value, depth)}

    def from_plain(self, plain: Any, depth: int) -> Any:
        if type(plain) is not dict or RETURNED not in plain:
            raise DecodeError(f"expected an object with {RETURNED}")
        with paths.within(RETURNED):
            return self.of.from_plain(plain[RETURNED], depth)


class Replied(Type[Any]):
    """The members of a reply class; that at tag 0 is ``tars_ret`` in JSON."""

    codes = ()
    bare = True

    def __init__(self, of: Struct[Any]) -> None:
        super().__init__()
        self.label = of.label
        self.of = of
        self.returned = next((each.name for each in of.members if each.tag == 0), None)

    def read_message(self, reader: Reader) -> Any:
        return self.of.read_message(reader)

    def write_message(self, writer: Writer, value: Any) -> None:
        self.of.write_message(writer, value)

    def zero(self) -> Any:
        return self.of.zero()

    def children(self) -> tuple[Type[Any], ...]:
        return (self.of,)

    def form(self, rows: Rows) -> tuple[int, int, int]:
        return rows.body(self.of)

    def emit_parse(self, e: Reading) -> str:
        return self.of.emit_parse(e)

    def emit_build(self, e: Writing, value: str) -> None:
        self.of.emit_build(e, value)

    def to_plain(self, value: Any, depth: int) -> dict[str, Any]:
        plain = self.of.to_plain(value, depth)
        return {
            RETURNED if name == self.returned else name: of
            for name, of in plain.items()
        }

    def from_plain(self, plain: Any, depth: int) -> Any:
        if type(plain) is dict and RETURNED in plain and self.returned is not None:
            plain = {**plain, self.returned: plain[RETURNED]}
        return self.of.from_plain(plain, depth)


class Void(Type[None]):
    """Nothing: the result of a method that gives none. Whatever a peer sends in it is ignored."""

    label = "void"
    codes = ()
    bare = True

    def read_message(self, reader: Reader) -> None:
        reader.pos = reader.end

    def write_message(self, _writer: Writer, value: None) -> None:
        if value is not None:
            raise self.misfit(value)

    def zero(self) -> None:
        return None

    def to_plain(self, _value: None, _depth: int) -> dict[str, Any]:
        return {}

    def from_plain(self, _plain: Any, _depth: int) -> None:
        return None

    def form(self, rows: Rows) -> tuple[int, int, int]:
        return rows.void()

    def emit_parse(self, _e: Reading) -> str:
        return "None"

    def emit_build(self, e: Writing, value: str) -> None:
        e.line(f"if {value} is not None: raise Fault")


VOID = Void()


def arguments(*members: Member) -> Type[tuple[Any, ...]]:
    """A request body: parses to a tuple of the members' values, in the order given."""
    return Arguments(members)


def result(of: Typed[T]) -> Type[T]:
    """A reply body: the value at tag 0, the members of a reply class, or nothing for `VOID`.

    A reply class is one whose instances unpack like a tuple (``rpc.Reply``).
    """
    found = type_of(of)
    if isinstance(found, Struct) and hasattr(found.cls, "__iter__"):
        return Replied(found)
    return found if found is cast("Type[Any]", VOID) else Returned(0, found)
