"""The interpreted engine's cursor: heads, counts and skips over bytes that nobody vouches for.

Every read is checked against the bytes that remain before anything is allocated, and every
descent against the depth limit: whatever the bytes are, the worst is a `DecodeError`.
"""

from __future__ import annotations

from struct import Struct

from tars_runtime.codec import wire
from tars_runtime.codec.options import Limits, Options
from tars_runtime.errors import DecodeError

__all__ = ["ABSENT", "Reader", "skip"]

ABSENT = -1
"""What `Reader.find` gives for a tag that is not there."""

_INTEGERS = {
    wire.INT8: Struct(">b"),
    wire.INT16: Struct(">h"),
    wire.INT32: Struct(">i"),
    wire.INT64: Struct(">q"),
}


class Reader:
    """A position in one message, and what may still be read of it."""

    __slots__ = (
        "charset",
        "data",
        "depth",
        "elements",
        "end",
        "last",
        "limits",
        "mark",
        "pos",
        "strict",
    )

    def __init__(self, data: bytes, options: Options, limits: Limits) -> None:
        self.data = data
        self.pos = 0
        self.end = len(data)
        self.mark = 0  # where the head of the value being read stands
        self.depth = limits.depth
        self.elements = limits.elements
        self.limits = limits
        self.charset = options.charset()
        self.strict = options.strict
        self.last = -1  # the tag before, in strict mode
        if self.end > limits.message:
            raise DecodeError(
                f"expected a message of at most {limits.message} bytes, got {self.end}"
                " - raise Limits.message if that is right"
            )

    def fail(self, reason: str, offset: int | None = None) -> DecodeError:
        """The error for what stands at ``offset`` (by default: the head just read)."""
        return DecodeError(reason, "", self.mark if offset is None else offset)

    def head(self) -> tuple[int, int]:
        """Read one head: its tag and type code."""
        self.mark = pos = self.pos
        if pos >= self.end:
            raise self.fail("expected a value, got the end of the data")
        byte = self.data[pos]
        if byte < 0xF0:
            self.pos = pos + 1
            return byte >> 4, byte & 15
        if pos + 1 >= self.end:
            raise self.fail("expected a tag, got the end of the data")
        tag = self.data[pos + 1]
        if self.strict and tag < 15:
            raise self.fail(f"expected a one-byte head for tag {tag}, got two bytes")
        self.pos = pos + 2
        return tag, byte & 15

    def find(self, tag: int) -> int:
        """Go to the value at ``tag``: its type code, or `ABSENT`.

        Skips values of lower tags; stays before a higher one, a struct's end, or the end.
        """
        while self.pos < self.end:
            before = self.pos
            found, code = self.head()
            if code == wire.END or found > tag:
                self.pos = self.mark = before
                return ABSENT
            self.ascend(found)
            if found == tag:
                return code
            self.spend(1)
            skip(self, code)
        self.mark = self.pos
        return ABSENT

    def ascend(self, tag: int) -> None:
        """In strict mode, hold tags to their order."""
        if self.strict and tag <= self.last:
            raise self.fail(f"expected a tag above {self.last}, got {tag}")
        self.last = tag

    def rest_of_struct(self) -> None:
        """Skip what no member asked for, and the struct's end."""
        while True:
            tag, code = self.head()
            if code == wire.END:
                return
            self.ascend(tag)
            self.spend(1)
            skip(self, code)

    def skip_member(self) -> None:
        """Skip one member of a message's body that no known member asked for."""
        tag, code = self.head()
        self.ascend(tag)
        self.spend(1)
        skip(self, code)

    def expect(self, tag: int, what: str) -> int:
        """Read the head of an element, which must be at ``tag``: its type code."""
        found, code = self.head()
        if found != tag or code == wire.END:
            got = wire.name_of(code) if found == tag else f"tag {found}"
            raise self.fail(f"expected {what} at tag {tag}, got {got}")
        return code

    def take(self, size: int) -> bytes:
        """The next ``size`` bytes."""
        start = self.pos
        if size > self.end - start:
            raise self.fail(f"expected {size} bytes, got {self.end - start}")
        self.pos = start + size
        return self.data[start : self.pos]

    def number(self, code: int) -> int:
        """The payload of an integer of type ``code``."""
        if code == wire.ZERO:
            return 0
        shape = _INTEGERS[code]
        value: int = shape.unpack(self.take(shape.size))[0]
        return value

    def size(self) -> int:
        """Read a count or length: an integer at tag 0, not negative."""
        code = self.expect(0, "a count")
        if code not in (wire.ZERO, wire.INT8, wire.INT16, wire.INT32):
            raise self.fail(f"expected an int as count, got {wire.name_of(code)}")
        size = self.number(code)
        if size < 0:
            raise self.fail(f"expected a count of 0 or more, got {size}")
        return size

    def count(self, each: int = 1) -> int:
        """Read the count of a vector (or, with 2 values each, of a map).

        Each value takes a byte at least, so a count above the bytes that remain is a lie.
        """
        size = self.size()
        if size * each > self.end - self.pos:
            raise self.fail(
                f"expected at most {(self.end - self.pos) // each} elements"
                f" in the bytes that remain, got a count of {size}"
            )
        self.spend(size * each)
        return size

    def spend(self, elements: int) -> None:
        """Count ``elements`` against the message's limit."""
        self.elements -= elements
        if self.elements < 0:
            raise self.fail(
                f"expected at most {self.limits.elements} elements in the message, got more"
                " - raise Limits.elements if that is right"
            )

    def length(self, size: int) -> int:
        """Check the length of a string or byte vector."""
        if size > self.limits.string:
            raise self.fail(
                f"expected at most {self.limits.string} bytes of string, got {size}"
                " - raise Limits.string if that is right"
            )
        return size

    def string_length(self, code: int) -> int:
        """The length in front of a STRING1 or STRING4; negative ones are too large."""
        prefix = self.take(1 if code == wire.STRING1 else 4)
        return self.length(int.from_bytes(prefix, "big"))

    def simple_length(self) -> int:
        """The element head and the length in front of a SIMPLE_LIST's bytes."""
        code = self.expect(0, "the element type of bytes")
        if code != wire.INT8:
            raise self.fail(
                f"expected INT8 as element type of bytes, got {wire.name_of(code)}"
            )
        return self.length(self.size())

    def enter(self) -> None:
        """Open a struct, vector or map."""
        self.depth -= 1
        if self.depth < 0:
            raise self.fail(
                f"expected at most {self.limits.depth} nested values, got more"
                " - raise Limits.depth if that is right"
            )

    def leave(self) -> None:
        """Close a struct, vector or map."""
        self.depth += 1


def skip(reader: Reader, code: int) -> None:
    """Pass over one value whose head is read."""
    width = wire.WIDTHS.get(code)
    if width is not None:
        reader.take(width)
    elif code in (wire.STRING1, wire.STRING4):
        reader.take(reader.string_length(code))
    elif code == wire.SIMPLE:
        reader.take(reader.simple_length())
    elif code in (wire.LIST, wire.MAP, wire.BEGIN):
        reader.enter()
        _skip_inside(reader, code)
        reader.leave()
    else:
        raise reader.fail(f"expected a value, got {wire.name_of(code)}")


def _skip_inside(reader: Reader, code: int) -> None:
    if code == wire.BEGIN:
        last, reader.last = reader.last, -1
        reader.rest_of_struct()
        reader.last = last
        return
    each = 2 if code == wire.MAP else 1
    for _ in range(reader.count(each) * each):
        skip(reader, reader.head()[1])
