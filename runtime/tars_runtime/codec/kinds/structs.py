"""Structs: members by ascending tag, between a begin and an end, or bare as a message's body.

A struct schema is the *body* when it is parsed and built by itself; as a member or an element
it stands between STRUCT_BEGIN and STRUCT_END.
"""

from __future__ import annotations

from dataclasses import is_dataclass
from functools import cached_property
from typing import Any, Literal, TypeVar

from tars_runtime.codec import paths, wire
from tars_runtime.codec.compiled.reading import Reading, Store
from tars_runtime.codec.compiled.writing import Writing
from tars_runtime.codec.kinds.slots import Slot
from tars_runtime.codec.members import Member, by_tag
from tars_runtime.codec.native.table import Row, Rows
from tars_runtime.codec.reader import Reader
from tars_runtime.codec.types import Type
from tars_runtime.codec.writer import Writer
from tars_runtime.errors import EncodeError, UsageError

__all__ = ["Struct", "schema", "struct"]

T = TypeVar("T")


class Struct(Type[T]):
    """The schema of ``cls``."""

    codes = (wire.BEGIN,)
    bare = True
    elides = False  # TarsCpp always writes struct members

    def __init__(
        self, cls: type[T], members: tuple[Member, ...], elide: str | None
    ) -> None:
        super().__init__()
        self.label = cls.__name__
        self.cls = cls
        self.members = by_tag(members, cls.__name__)
        self.writes_all = elide == "none"
        fields = cls.__dataclass_fields__  # type: ignore[attr-defined]  # struct() checks
        for member in self.members:
            if member.attr not in fields:
                raise UsageError(
                    f"expected a field {member.attr!r} in {cls.__name__}, got none"
                    f" - at tag {member.tag}"
                )

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        """The members with their defaults, in the order of the wire."""
        fields = self.cls.__dataclass_fields__  # type: ignore[attr-defined]  # a dataclass's
        return tuple(Slot(member, fields[member.attr]) for member in self.members)

    @cached_property
    def elided(self) -> tuple[bytes | None, ...]:
        """For each slot, the bytes that need not be written."""
        return tuple(slot.elided() for slot in self.slots)

    def read(self, reader: Reader, code: int) -> T:
        if code != wire.BEGIN:
            raise self.mismatch(reader, code)
        reader.enter()
        last, reader.last = reader.last, -1
        value = self.read_members(reader)
        reader.rest_of_struct()
        reader.last = last
        reader.leave()
        return value

    def read_message(self, reader: Reader) -> T:
        value = self.read_members(reader)
        while reader.strict and reader.pos < reader.end:
            reader.skip_member()
        return value

    def read_members(self, reader: Reader) -> T:
        """Read the members, up to the last known one."""
        value = object.__new__(self.cls)
        for slot in self.slots:
            setattr(value, slot.attr, slot.read(reader))
        return value

    def write(self, writer: Writer, tag: int, value: T) -> None:
        writer.enter()
        writer.head(tag, wire.BEGIN)
        self.write_message(writer, value)
        writer.head(0, wire.END)
        writer.leave()

    def write_message(self, writer: Writer, value: T) -> None:
        if not isinstance(value, self.cls):
            raise self.misfit(value)
        for slot, elided in zip(self.slots, self.elided, strict=True):
            try:
                member = getattr(value, slot.attr)
            except AttributeError:
                wrong = EncodeError(f"expected {slot.type.label}, got no attribute")
                paths.step_into(wrong, slot.member.name)
                raise wrong from None
            slot.write(writer, member, None if self.writes_all else elided)

    def emit_read(self, e: Reading, store: Store) -> None:
        with e.when(wire.BEGIN), e.open():
            e.advance(f"i + {e.k}")
            out = e.name("o")
            with e.inlined(len(self.members)) as here:
                if here:
                    self.emit_members(e, out)
                else:
                    e.line(
                        f"{out}, i, h = {self._reader(e)}(b, l, i, h, {e.depth_here()})"
                    )
            with e.block(f"if h == {wire.END}:"):
                e.advance("i + 1")
            with e.block("else:"):
                e.advance(f"rest(b, i, {e.depth_here()})")
            e.line(store(out))

    def emit_members(self, e: Reading, out: str) -> None:
        """Emit the reading of the members into a new object."""
        e.line(f"{out} = new({e.hold(self.cls)})")
        for slot in self.slots:
            slot.emit_read(e, f"{out}.{slot.attr}")

    def emit_parse(self, e: Reading) -> str:
        self.emit_members(e, "o")
        return "o"

    def emit_build(self, e: Writing, value: str) -> None:
        self.emit_pieces(e, value)

    def qualified(self) -> str:
        return f"{_tars_module(self.cls)}.{self.label}"

    def to_plain(self, value: T, depth: int) -> dict[str, Any]:
        if not isinstance(value, self.cls):
            raise self.misfit(value)
        out: dict[str, Any] = {}
        for slot in self.slots:
            with paths.within(slot.member.name):
                member = getattr(value, slot.attr)
                if member is not None or slot.constant is not None:
                    plain = slot.type.to_plain(member, paths.deeper(depth, EncodeError))
                    out[slot.member.name] = plain
        return out

    def from_plain(self, plain: Any, depth: int) -> T:
        if type(plain) is not dict:
            raise self.unlike(plain)
        value = object.__new__(self.cls)
        for slot in self.slots:
            setattr(value, slot.attr, slot.from_plain(plain, depth))
        return value

    def children(self) -> tuple[Type[Any], ...]:
        return tuple(member.type for member in self.members)

    def _reader(self, e: Reading) -> str:
        if self not in e.emitted:
            with e.function("b, l, i, h, d") as name:
                e.emitted[self] = name
                self.emit_members(e, "o")
                e.line("return o, i, h")
        return e.emitted[self]

    def emit_write(self, e: Writing, tag: int, value: str, _elided: object) -> None:
        with e.open():
            e.piece(repr(wire.head(tag, wire.BEGIN)))
            with e.inlined(len(self.members)) as here:
                if here:
                    self.emit_pieces(e, value)
                else:
                    e.piece(f"{self._writer(e)}({value}, {e.depth_here()})")
            e.piece(repr(wire.head(0, wire.END)))

    def emit_pieces(self, e: Writing, value: str) -> None:
        """Emit the pieces of the members."""
        e.line(f"if {value}.__class__ is not {e.hold(self.cls)}: raise Fault")
        for slot in self.slots:
            local = e.name("t")
            e.line(f"{local} = {value}.{slot.attr}")
            slot.emit_write(e, local, self.writes_all)

    def _writer(self, e: Writing) -> str:
        if self not in e.emitted:
            with e.function("o, d") as name:
                e.emitted[self] = name
                self.emit_pieces(e, "o")
                e.line(f"return {e.finish()}")
        return e.emitted[self]

    def row(self, rows: Rows) -> tuple[object, ...]:
        members = tuple(slot.row(rows, slot.attr) for slot in self.slots)
        return Row.STRUCT, self.cls, self.writes_all, members

    def form(self, rows: Rows) -> tuple[int, int, int]:
        return rows.body(self)

    def zero(self) -> T:
        return self.cls()

    @property
    def __tars__(self) -> Struct[T]:
        return self


def _tars_module(cls: type[Any]) -> str:
    """The TARS module of a generated class: the package that its private part stands in."""
    parts = cls.__module__.split(".")
    return parts[-2] if len(parts) > 1 and parts[-1].startswith("_") else parts[-1]


def struct(
    cls: type[T], *members: Member, elide: Literal["cpp", "none"] | None = None
) -> Struct[T]:
    """Describe a dataclass; from then on it stands for its schema.

    Defaults are the dataclass fields'. ``elide="none"`` writes members that equal their default,
    whatever the options say. Raises `UsageError` for tags, names or classes that do not fit.
    """
    if not (isinstance(cls, type) and is_dataclass(cls)):
        raise UsageError(f"expected a dataclass, got {cls!r}")
    made: Struct[T] = Struct(cls, members, elide)
    cls.__tars__ = made  # type: ignore[attr-defined]  # the one attribute of ours
    return made


def schema(cls: type[T]) -> Struct[T]:
    """The schema of a struct class, to parse, build and compose with other constructs."""
    found = getattr(cls, "__tars__", None)
    if isinstance(found, Struct):
        return found
    raise UsageError(f"expected a class that codec.struct has described, got {cls!r}")
