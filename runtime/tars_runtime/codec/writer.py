"""The interpreted engine's output: pieces of bytes, and the limits of one message."""

from __future__ import annotations

from tars_runtime.codec import wire
from tars_runtime.codec.options import Limits, Options
from tars_runtime.errors import EncodeError

__all__ = ["Writer"]


class Writer:
    """The pieces of one message, in order."""

    __slots__ = ("canonical", "charset", "depth", "elide", "limits", "options", "parts")

    def __init__(self, options: Options, limits: Limits) -> None:
        self.parts: list[bytes] = []
        self.depth = limits.depth
        self.limits = limits
        self.options = options
        self.canonical = options.canonical
        self.elide = options.elide == "cpp"
        self.charset = options.charset()

    def put(self, *pieces: bytes) -> None:
        """Append pieces."""
        self.parts.extend(pieces)

    def head(self, tag: int, code: int) -> None:
        """Append a head."""
        self.parts.append(wire.head(tag, code))

    def size(self, number: int) -> None:
        """Append a count or length: an integer at tag 0."""
        if number > 0x7FFFFFFF:
            raise EncodeError(f"expected a count below 2**31, got {number}")
        self.parts.append(wire.integer(0, number))

    def length(self, number: int) -> int:
        """Check the length of a string or byte vector."""
        if number > self.limits.string:
            raise EncodeError(
                f"expected at most {self.limits.string} bytes of string, got {number}"
            )
        return number

    def aside(self) -> Writer:
        """A writer for a part whose bytes are looked at before they are kept."""
        other = Writer(self.options, self.limits)
        other.depth = self.depth
        return other

    def enter(self) -> None:
        """Open a struct, vector or map."""
        self.depth -= 1
        if self.depth < 0:
            raise EncodeError(
                f"expected at most {self.limits.depth} nested values, got more"
                " - a value may hold itself"
            )

    def leave(self) -> None:
        """Close a struct, vector or map."""
        self.depth += 1

    def join(self) -> bytes:
        """All pieces as one."""
        return b"".join(self.parts)

    def message(self) -> bytes:
        """All pieces, as the whole message."""
        data = self.join()
        if len(data) > self.limits.message:
            raise EncodeError(
                f"expected a message of at most {self.limits.message} bytes, got {len(data)}"
            )
        return data
