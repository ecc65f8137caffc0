"""What every type of the schema is: a construct, with ``parse`` and ``build`` over one message.

A schema is a tree of `Type`. Each kind (`tars_runtime.codec.kinds`) says how its values are
read and written by the interpreted engine, which code the compiled engine emits for them, and
which row of the native engine's table describes them. How ``parse`` and ``build`` choose between
the engines is `tars_runtime.codec.engines`.
"""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any, BinaryIO, Generic, TypeVar

from tars_runtime.codec import engines
from tars_runtime.codec.options import DEFAULT, LIMITS, Limits, Options
from tars_runtime.codec.reader import ABSENT, Reader
from tars_runtime.codec.writer import Writer
from tars_runtime.errors import DecodeError, EncodeError, UsageError

if TYPE_CHECKING:
    from tars_runtime.codec._native import Program
    from tars_runtime.codec.compiled.assemble import Compiled
    from tars_runtime.codec.compiled.emitter import Emitter, Store
    from tars_runtime.codec.native.table import Rows

    class _Construct:
        """What is used of ``construct.Construct``, which has no types of its own."""

        name: str | None

        def parse_stream(self, stream: BinaryIO, **contextkw: object) -> Any: ...
        def build_stream(
            self, obj: Any, stream: BinaryIO, **contextkw: object
        ) -> None: ...
        def compile(self, filename: str | None = None) -> Any: ...
        def __rtruediv__(self, name: str) -> Any: ...
        def sizeof(self, **contextkw: object) -> int: ...

else:
    from construct import Construct as _Construct

__all__ = ["KEPT", "Type", "Typed", "type_of"]

T = TypeVar("T")

KEPT = object()
"""In place of a default: the value is written, whatever it is."""

_JSON_NAMES = {
    type(None): "null",
    bool: "true or false",
    int: "an integer",
    float: "a number",
    str: "text",
    list: "an array",
    dict: "an object",
}


class Type(_Construct, Generic[T]):
    """A type of the schema, and a ``construct.Construct``.

    ``parse`` takes bytes and gives a value, ``build`` the reverse, for a whole message: a struct's
    body, or any other value at tag 0. ``parse_stream``, ``build_stream`` and composition with other
    constructs work as construct's users expect; parsing then reads to the end of the stream
    for a struct's body, and just the value for anything else.
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

    uses = 0
    program: Program | None = None  # the native engine's
    promoted: bool | None = (
        None  # whether the functions are in place, once that was tried
    )

    def parse(self, data: bytes) -> T:
        """A value from a whole message of bytes. Raises `DecodeError`."""
        if engines.warm(self):
            return self.parse(data)  # now the instance has its own
        return self.decode(data)

    def build(self, obj: T) -> bytes:
        """A whole message from a value. Raises `EncodeError`."""
        if engines.warm(self):
            return self.build(obj)
        return self.encode(obj)

    # What a kind provides.

    def read(self, reader: Reader, code: int) -> T:
        """Read the payload of a value whose head, with wire type ``code``, is read."""
        raise NotImplementedError

    def write(self, writer: Writer, tag: int, value: T) -> None:
        """Write the value with its head."""
        raise NotImplementedError

    def zero(self) -> T:
        """The value of a member that has no default."""
        raise NotImplementedError

    def emit_read(self, e: Emitter, store: Store) -> None:
        """Emit the branches (``e.when``) that read a value and leave ``i`` behind it."""
        raise NotImplementedError

    def emit_write(self, e: Emitter, tag: int, value: str, elided: object) -> None:
        """Emit the pieces of the value in the local ``value``; none if it equals ``elided``.

        ``elided`` is `KEPT` where the value is always written.
        """
        raise NotImplementedError

    def resolved(self) -> Type[T]:
        """The type itself; a reference gives what it refers to."""
        return self

    def to_plain(self, value: T, depth: int) -> Any:
        """The value as JSON has it; ``depth`` more levels are allowed."""
        raise NotImplementedError

    def from_plain(self, plain: Any, depth: int) -> T:
        """A value from what JSON has; ``depth`` more levels are allowed."""
        raise NotImplementedError

    def key_of(self, text: str, depth: int) -> T:
        """A map's key from its text in JSON."""
        try:
            plain = json.loads(text)
        except ValueError:
            raise DecodeError(f"expected {self.label} as key, got text") from None
        return self.from_plain(plain, depth)

    def row(self, rows: Rows) -> tuple[object, ...]:
        """The native engine's row for the type (``native/table.h`` has the format)."""
        raise NotImplementedError

    # What a whole message is; a struct has its own.

    def read_message(self, reader: Reader) -> T:
        """Read a whole message: the value at tag 0."""
        return self.read_at(reader, 0)

    def write_message(self, writer: Writer, value: T) -> None:
        """Write a whole message: the value at tag 0."""
        self.write(writer, 0, value)

    def read_at(self, reader: Reader, tag: int) -> T:
        """Read the value at ``tag``, which must be there."""
        code = reader.find(tag)
        if code == ABSENT:
            raise reader.fail(f"expected {self.label} at tag {tag}, got none")
        return self.read(reader, code)

    def emit_parse(self, e: Emitter) -> str:
        """Emit the reading of a whole message: the expression of its value."""
        e.element(self, 0, lambda value: f"o = {value}")
        return "o"

    def emit_build(self, e: Emitter, value: str) -> None:
        """Emit the pieces of a whole message."""
        self.emit_write(e, 0, value, KEPT)

    def form(self, rows: Rows) -> tuple[int, int, int]:
        """The native engine's form of a whole message."""
        return rows.value(0, self)

    def qualified(self) -> str:
        """What TUP version 2 calls the type."""
        return self.label

    def children(self) -> tuple[Type[Any], ...]:
        """The types that this one is made of."""
        return ()

    def mismatch(self, reader: Reader, code: int) -> DecodeError:
        """The error for a wire type that the type does not take."""
        from tars_runtime.codec.wire import name_of

        return reader.fail(f"expected {self.label}, got {name_of(code)}")

    def unlike(self, plain: object) -> DecodeError:
        """The error for JSON that the type does not take."""
        return DecodeError(f"expected {self.label}, got {_JSON_NAMES[type(plain)]}")

    def misfit(self, value: object) -> EncodeError:
        """The error for a Python value that the type does not take."""
        return EncodeError(f"expected {self.label}, got {type(value).__name__}")

    # The reference engine.

    def decode(
        self, data: bytes, options: Options = DEFAULT, limits: Limits = LIMITS
    ) -> T:
        """Parse a message with the interpreted engine."""
        reader = Reader(_plain(data), options, limits)
        try:
            value = self.read_message(reader)
        except RecursionError:
            raise reader.fail("expected fewer nested values, got more") from None
        if reader.strict and reader.pos < reader.end:
            raise reader.fail(
                f"expected the end of the data, got {reader.end - reader.pos} more bytes",
                reader.pos,
            )
        return value

    def encode(
        self, value: T, options: Options = DEFAULT, limits: Limits = LIMITS
    ) -> bytes:
        """Build a message with the interpreted engine."""
        writer = Writer(options, limits)
        try:
            self.write_message(writer, value)
        except RecursionError:
            raise EncodeError("expected fewer nested values, got more") from None
        return writer.message()

    # What construct asks for.

    @property
    def __tars__(self) -> Type[T]:
        """A type stands for itself where a struct class may stand for its schema."""
        return self

    def _parse(self, stream: BinaryIO, _context: object, _path: str) -> T:
        if self.resolved().bare:
            return self.parse(stream.read())
        return self.parse_from(stream)

    def parse_from(self, stream: BinaryIO) -> T:
        """Read one value with its head; the stream then stands behind it."""
        start = stream.tell()
        reader = Reader(stream.read(), DEFAULT, LIMITS)
        value = self.read_message(reader)
        stream.seek(start + reader.pos)
        return value

    def _build(self, obj: T, stream: BinaryIO, _context: object, _path: str) -> T:
        stream.write(self.build(obj))
        return obj

    def _emitparse(self, code: Any) -> str:
        from tars_runtime.codec.compiled.assemble import emit_parse

        parse = emit_parse(self, code)
        if self.resolved().bare:
            return f"{parse}(io.read())"
        return f"{parse}.from_stream(io)"

    def _emitbuild(self, code: Any) -> str:
        from tars_runtime.codec.compiled.assemble import emit_build

        return f"(io.write({emit_build(self, code)}(obj)), obj)[1]"

    @cached_property
    def everything(self) -> Type[T]:
        """The type as it is compiled for ``elide="none"``."""
        from tars_runtime.codec.kinds.everything import Everything

        return Everything(self)

    def compile(self, filename: str | None = None) -> Compiled:
        """The compiled schema, whose ``parse`` and ``build`` are bare functions."""
        from tars_runtime.codec.compiled.assemble import Compiled

        return Compiled(super().compile(filename))

    def __repr__(self) -> str:
        return f"<codec.Type {self.label}>"


Typed = Type[T] | type[T]
"""Where a type is expected, a struct class may stand, too."""


def type_of(of: Typed[T]) -> Type[T]:
    """The schema type that ``of`` stands for.

    Raises `UsageError` for a class that no ``codec.struct`` has described.
    """
    found = getattr(of, "__tars__", None)
    if isinstance(found, Type):
        return found
    raise UsageError(
        f"expected a codec type or a struct class, got {of!r}"
        " - describe the class with codec.struct first"
    )


def _plain(data: object) -> bytes:
    if isinstance(data, bytes):
        return data
    if isinstance(data, (bytearray, memoryview)):
        return bytes(data)
    raise UsageError(f"expected bytes, got {type(data).__name__}")
