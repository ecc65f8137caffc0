"""A member in its place: in a struct or among arguments, with the default for its absence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field
from typing import Any

from tars_runtime.codec import paths
from tars_runtime.codec.compiled.reading import Reading
from tars_runtime.codec.compiled.writing import Writing
from tars_runtime.codec.kind import KEPT
from tars_runtime.codec.members import Member
from tars_runtime.codec.native.table import NO_CONSTANT, Rows
from tars_runtime.codec.options import DEFAULT, LIMITS
from tars_runtime.codec.reader import ABSENT, Reader
from tars_runtime.codec.writer import Writer
from tars_runtime.errors import DecodeError, EncodeError

__all__ = ["Slot"]


class Slot:
    """A member in its struct: with the default that stands for it when it is absent."""

    __slots__ = ("attr", "constant", "make", "member", "required", "tag", "type")

    def __init__(self, member: Member, field: Field[Any] | None) -> None:
        self.member = member
        self.tag = member.tag
        self.attr = member.attr
        self.type = member.type.resolved()
        self.required = member.required
        self.constant: Any = MISSING
        self.make: Callable[[], Any] = self.type.zero
        if field is not None and field.default is not MISSING:
            self.constant = field.default
            self.make = lambda: self.constant
        elif field is not None and field.default_factory is not MISSING:
            self.make = field.default_factory

    def elided(self) -> bytes | None:
        """The bytes that are not worth writing, because they equal the default's."""
        if self.required or not self.type.elides:
            return None
        writer = Writer(DEFAULT, LIMITS)
        try:
            self.type.write(writer, self.tag, self.make())
        except EncodeError:  # a default that the wire cannot carry is never met on it
            return None
        return writer.join()

    def read(self, reader: Reader) -> Any:
        """Read the member, or its default for its absence."""
        try:
            code = reader.find(self.tag)
            if code != ABSENT:
                return self.type.read(reader, code)
            if not self.required:
                return self.make()
            raise reader.fail(f"expected {self.type.label} at tag {self.tag}, got none")
        except DecodeError as wrong:
            paths.step_into(wrong, self.member.name)
            raise

    def write(self, writer: Writer, value: Any, elided: bytes | None) -> None:
        """Write the member, unless its bytes are ``elided``."""
        if value is None and self.constant is None and not self.required:
            return
        try:
            if elided is None or not writer.elide:
                self.type.write(writer, self.tag, value)
            else:
                self._write_unless(writer, value, elided)
        except EncodeError as wrong:
            paths.step_into(wrong, self.member.name)
            raise

    def _write_unless(self, writer: Writer, value: Any, elided: bytes) -> None:
        aside = writer.aside()
        aside.depth = max(aside.depth, 1)  # an empty container left out opens nothing
        self.type.write(aside, self.tag, value)
        encoded = aside.join()
        if encoded == elided:
            return
        if writer.depth > 0:
            writer.put(encoded)
        else:
            self.type.write(writer, self.tag, value)

    def from_plain(self, plain: dict[str, Any], depth: int) -> Any:
        """The member of a JSON object, or its default for none, or for null."""
        name = self.member.name
        found = plain.get(name)
        if found is None and not self.required:
            return self.make()
        with paths.within(name):
            if name not in plain:
                raise DecodeError(f"expected {self.type.label}, got none")
            return self.type.from_plain(found, paths.deeper(depth, DecodeError))

    def row(self, rows: Rows, where: object) -> tuple[object, ...]:
        """The member's part of a row; ``where`` is its attribute, or its place in a tuple."""
        constant = NO_CONSTANT if self.constant is MISSING else self.constant
        number = rows.number(self.type)
        elided = self.elided()
        return self.tag, where, number, self.required, constant, self.make, elided

    def emit_read(self, e: Reading, target: str) -> None:
        """Emit the reading of the member, or of its default, into an attribute or a local."""
        absent = "" if self.required else f"{target} = {self._default(e)}"
        slow = f"{target}, i, h = slow(b, i, {e.hold(self)}, {e.depth_here()})"
        e.member(self.type, self.tag, lambda value: f"{target} = {value}", absent, slow)

    def _default(self, e: Reading) -> str:
        if self.constant is not MISSING:
            return e.literal(self.constant)
        value = self.make()
        if type(value) in (list, dict) and not value:
            return repr(value)
        return f"{e.hold(self.make)}()"

    def emit_write(self, e: Writing, value: str, writes_all: bool) -> None:
        """Emit the member's writing, unless it equals its default."""
        default: object = KEPT
        if not (self.required or writes_all) and self.type.elides and e.elide:
            default = self.make()
        if self.constant is None and not self.required:
            with e.unless_none(value):
                self.type.emit_write(e, self.tag, value, KEPT)
        elif isinstance(default, (list, dict, bytes)) and default:
            slot, elided = e.hold(self), e.hold(self.elided())
            e.piece(f"aside({value}, {slot}, {e.depth_here()}, {elided})")
        else:
            self.type.emit_write(e, self.tag, value, default)
