"""What a kind of type says of its values: one module of `tars_runtime.codec.kinds` each.

A kind reads and writes them for the reference engine, emits the compiled engine's code, describes
itself in a row of the native engine's table, and shows its values as JSON. What a whole message
of it is, it says too, where that is not just the value at tag 0.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from tars_runtime.codec import wire
from tars_runtime.codec.reader import ABSENT, Reader
from tars_runtime.codec.writer import Writer
from tars_runtime.errors import DecodeError, EncodeError

if TYPE_CHECKING:
    from tars_runtime.codec.compiled.reading import Reading, Store
    from tars_runtime.codec.compiled.writing import Writing
    from tars_runtime.codec.native.table import Rows

__all__ = ["KEPT", "Kind"]

T = TypeVar("T")

KEPT = object()
"""In place of a default: the value is written, whatever it is."""

_JSON_NAMES: dict[type, str] = {
    type(None): "null",
    bool: "true or false",
    int: "an integer",
    float: "a number",
    str: "text",
    list: "an array",
    dict: "an object",
}


class Kind(Generic[T]):
    """The part of a type that each kind has its own of.

    What a kind overrides takes its parameters by position: some kinds have no use for one.
    """

    label: str
    """The type's name in the IDL, for messages."""

    codes: tuple[int, ...]
    """The wire types that a reader takes for it."""

    bare = False
    """A message of it has no head of its own: it ends where its bytes end."""

    elides = True
    """An optional member of this type is left out when it equals its default."""

    elide = True
    """Compiled code leaves out what equals its default."""

    def read(self, reader: Reader, code: int) -> T:
        """Read the payload of a value whose head, with wire type ``code``, is read."""
        raise NotImplementedError

    def write(self, writer: Writer, tag: int, value: T) -> None:
        """Write the value with its head."""
        raise NotImplementedError

    def zero(self) -> T:
        """The value of a member that has no default."""
        raise NotImplementedError

    def emit_read(self, e: Reading, store: Store) -> None:
        """Emit the branches (``e.when``) that read a value and leave ``i`` behind it."""
        raise NotImplementedError

    def emit_write(self, e: Writing, tag: int, value: str, elided: object, /) -> None:
        """Emit the pieces of the value in the local ``value``; none if it equals ``elided``.

        ``elided`` is `KEPT` where the value is always written.
        """
        raise NotImplementedError

    def resolved(self) -> Kind[T]:
        """The type itself; a reference gives what it refers to."""
        return self

    def to_plain(self, value: T, depth: int, /) -> Any:
        """The value as JSON has it; ``depth`` more levels are allowed."""
        raise NotImplementedError

    def from_plain(self, plain: Any, depth: int, /) -> T:
        """A value from what JSON has; ``depth`` more levels are allowed."""
        raise NotImplementedError

    def key_of(self, text: str, depth: int, /) -> T:
        """A map's key from its text in JSON."""
        try:
            plain = json.loads(text)
        except ValueError:
            raise DecodeError(f"expected {self.label} as key, got text") from None
        return self.from_plain(plain, depth)

    def row(self, rows: Rows, /) -> tuple[object, ...]:
        """The native engine's row for the type (``native/table.h`` has the format)."""
        raise NotImplementedError

    # What a whole message is; a struct has its own.

    def read_message(self, reader: Reader) -> T:
        """Read a whole message: the value at tag 0."""
        return self.read_at(reader, 0)

    def write_message(self, writer: Writer, value: T, /) -> None:
        """Write a whole message: the value at tag 0."""
        self.write(writer, 0, value)

    def read_at(self, reader: Reader, tag: int) -> T:
        """Read the value at ``tag``, which must be there."""
        code = reader.find(tag)
        if code == ABSENT:
            raise reader.fail(f"expected {self.label} at tag {tag}, got none")
        return self.read(reader, code)

    def emit_parse(self, e: Reading, /) -> str:
        """Emit the reading of a whole message: the expression of its value."""
        e.element(self, 0, lambda value: f"o = {value}")
        return "o"

    def emit_build(self, e: Writing, value: str) -> None:
        """Emit the pieces of a whole message."""
        self.emit_write(e, 0, value, KEPT)

    def form(self, rows: Rows) -> tuple[int, int, int]:
        """The native engine's form of a whole message."""
        return rows.value(0, self)

    def qualified(self) -> str:
        """What TUP version 2 calls the type."""
        return self.label

    def children(self) -> tuple[Kind[Any], ...]:
        """The types that this one is made of."""
        return ()

    def mismatch(self, reader: Reader, code: int) -> DecodeError:
        """The error for a wire type that the type does not take."""
        return reader.fail(f"expected {self.label}, got {wire.name_of(code)}")

    def unlike(self, plain: object) -> DecodeError:
        """The error for JSON that the type does not take."""
        return DecodeError(f"expected {self.label}, got {_JSON_NAMES[type(plain)]}")

    def misfit(self, value: object) -> EncodeError:
        """The error for a Python value that the type does not take."""
        return EncodeError(f"expected {self.label}, got {type(value).__name__}")
