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
        if self.error is not None:
            return []
        unfinished = self.unfinished
        if unfinished:
            unfinished += data
            if len(unfinished) < self._want:
                return []
            data = bytes(unfinished)
            unfinished.clear()
        return self._cut(data)

    def _cut(self, data: bytes) -> list[bytes]:
        packets: list[bytes] = []
        at, size, want = 0, len(data), 4
        limit = self.limit
        while size - at >= 4:
            (want,) = _unpack(data, at)
            if not LEAST <= want <= limit:
                self.error = _wrong(want, limit)
                return packets
            end = at + want
            if end > size:
                break
            packets.append(data[at + 4 : end])
            at, want = end, 4
        if at < size:
            self.unfinished += data[at:]
            self._want = want
        return packets


def _wrong(length: int, limit: int) -> DecodeError:
    return DecodeError(
        f"expected a frame of {LEAST} to {limit} bytes, got the length {length}: "
        "is the peer speaking TARS?"
    )
