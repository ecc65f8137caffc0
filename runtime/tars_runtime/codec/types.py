"""What every type of the schema is: a construct, with ``parse`` and ``build`` over one message.

A schema is a tree of `Type`. What differs from kind to kind is `tars_runtime.codec.kind`; how
``parse`` and ``build`` choose between the engines is `tars_runtime.codec.engines`.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from tars_runtime.codec import engines
from tars_runtime.codec.kind import Kind
from tars_runtime.codec.options import DEFAULT, LIMITS, Limits, Options
from tars_runtime.codec.reader import Reader
from tars_runtime.codec.writer import Writer
from tars_runtime.errors import EncodeError, UsageError

if TYPE_CHECKING:
    from tars_runtime.codec._native import Program
    from tars_runtime.codec.compiled.assemble import Compiled

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

__all__ = ["Type", "Typed", "type_of"]

T = TypeVar("T")


class Type(_Construct, Kind[T]):
    """A type of the schema, and a ``construct.Construct``.

    ``parse`` takes bytes and gives a value, ``build`` the reverse, for a whole message: a struct's
    body, or any other value at tag 0. ``parse_stream``, ``build_stream`` and composition with other
    constructs work as construct's users expect; parsing then reads to the end of the stream
    for a struct's body, and just the value for anything else.
    """

    uses = 0
    program: Program | None = None  # the native engine's
    promoted: bool | None = None  # whether its functions are in place; None: not tried

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
    def delimited(self) -> Type[T]:
        """The type as a value at tag 0; a struct has its begin and end then."""
        from tars_runtime.codec.kinds.delimited import At

        return At(0, self) if self.resolved().bare else self

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
