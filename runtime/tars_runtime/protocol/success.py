"""The frame of a plain answer: a success of version 1 without status, text and context.

Answers of one size differ in the id and the body alone, so each size gets a `struct` of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct
from typing import Final, TypeAlias

from tars_runtime.protocol.envelope import (
    NO_STATUS,
    PLAIN_RESPONSE,
    SUCCESS,
    int_at,
    size_of,
)

__all__ = ["write_success"]

_ID: Final = 0x30  # an int at tag 3
LARGEST: Final = 1024
"""Bodies up to this size have layouts; of larger ones more is copied than said."""

_Layout: TypeAlias = tuple[Callable[..., bytes], bytes, bytes]
"""What packs the frame, and what is before the id, and before the body."""

_bytes: dict[int, _Layout] = {}
_shorts: dict[int, _Layout] = {}
_ints: dict[int, _Layout] = {}
"""Layouts by the size of the body; a table for each width of an id."""


def write_success(request_id: int, body: bytes) -> bytes:
    """The frame of a plain answer."""
    if request_id > 32767:
        layouts = _ints
    elif request_id > 127:
        layouts = _shorts
    elif request_id > 0:
        layouts = _bytes
    else:
        return _write(request_id, body)
    layout = layouts.get(len(body))
    if layout is None:
        if len(body) > LARGEST:
            return _write(request_id, body)
        layout = layouts[len(body)] = _layout_of(request_id, len(body))
    pack, start, middle = layout
    return pack(start, request_id, middle, body, NO_STATUS)


def _layout_of(request_id: int, size: int) -> _Layout:
    number = int_at(_ID, request_id)
    letter = {1: "b", 2: "h", 4: "i"}[len(number) - 1]
    middle = SUCCESS + size_of(size)
    layout = Struct(f">8s{letter}{len(middle)}s{size}s{len(NO_STATUS)}s")
    return layout.pack, _start(layout.size, number), middle


def _write(request_id: int, body: bytes) -> bytes:
    number = int_at(_ID, request_id)
    middle = SUCCESS + size_of(len(body))
    length = 7 + len(number) + len(middle) + len(body) + len(NO_STATUS)
    return b"".join((_start(length, number), number[1:], middle, body, NO_STATUS))


def _start(length: int, number: bytes) -> bytes:
    """The frame's length, and the packet up to the id's own bytes."""
    return length.to_bytes(4, "big") + PLAIN_RESPONSE + number[:1]
