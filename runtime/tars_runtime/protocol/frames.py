"""Frames: a length of four bytes that counts itself, then the packet.

The length is checked before a body is kept. An unfinished frame grows in one buffer, so that a
slow drip costs its bytes and no more, and is copied out once.
"""

from __future__ import annotations

from struct import Struct

from tars_runtime.errors import DecodeError

__all__ = ["LENGTH", "MAX_FRAME", "FrameReader"]

MAX_FRAME = 10 * 1024 * 1024
"""The limit of Go and Java; C++ allows ten times as much."""

LENGTH = Struct(">I")
_unpack = LENGTH.unpack_from
LEAST = 5
"""A packet has at least one byte: C++ and Java refuse an empty one, and so do we."""


class FrameReader:
    """Cuts a stream of bytes into packets; remembers what is unfinished."""

    __slots__ = ("_want", "error", "limit", "unfinished")

    def __init__(self, limit: int = MAX_FRAME) -> None:
        self.limit = limit
        self.error: DecodeError | None = None
        """Set when the stream broke the protocol; nothing is read any more."""
        self.unfinished = bytearray()
        """What is kept of a frame whose end has not come; always this one object."""
        self._want = 0

    def feed(self, data: bytes) -> list[bytes]:
        """The packets that ``data`` completes, without their lengths.

        A wrong length sets `error`; packets before it are still given.
        """
        size = len(data)
        if (
            not self.unfinished
            and LEAST + 4 <= size <= self.limit
            and _unpack(data)[0] == size
            and self.error is None
        ):
            return [data[4:]]  # one whole frame: what an unhurried peer sends
        data = self.join(data)
        packets: list[bytes] = []
        at, size, limit = 0, len(data), self.limit
        while size - at >= 4:
            (want,) = _unpack(data, at)
            end = at + want
            if end > size or not LEAST <= want <= limit:
                break
            packets.append(data[at + 4 : end])
            at = end
        self.end_of(data, at)  # keeps what is left, or says what is wrong with it
        return packets

    def join(self, data: bytes) -> bytes:
        """What was kept with ``data`` behind it; nothing while the end has not come."""
        if self.error is not None:
            return b""
        unfinished = self.unfinished
        if unfinished:
            unfinished += data
            if len(unfinished) < self._want:
                return b""
            data = bytes(unfinished)
            unfinished.clear()
        return data

    def end_of(self, data: bytes, at: int) -> int:
        """Where the frame that begins at ``at`` ends; 0 when that is not here, or wrong.

        The beginning of a frame is kept. A wrong length sets `error`.
        """
        left, want = len(data) - at, 4
        if left >= 4:
            want = int(_unpack(data, at)[0])
            if not LEAST <= want <= self.limit:
                self.error = _wrong(want, self.limit)
                return 0
            if want <= left:
                return at + want
        if left:
            self.unfinished += data[at:]
            self._want = want
        return 0


def _wrong(length: int, limit: int) -> DecodeError:
    return DecodeError(
        f"expected a frame of {LEAST} to {limit} bytes, got the length {length}: "
        "is the peer speaking TARS?"
    )
