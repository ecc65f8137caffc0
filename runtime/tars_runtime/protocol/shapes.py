"""Plain requests of a shape that came before, all of one read together.

A client's requests differ in the id and in the arguments, seldom in how long everything is. So a
frame's length foretells where its parts are, and one `struct` takes a run of such frames apart.
The guess proves itself: a frame must begin as its shape does, and what stands between id and body
(names, and the body's size) and behind the body (time-out, empty maps) must be bytes that the
shape knows. Any other frame is left to the careful reader, and some of those are learnt.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from struct import Struct
from typing import Final, TypeAlias

from tars_runtime.protocol.envelope import (
    BODY,
    NO_TEXTS,
    PLAIN_REQUEST,
    TIMES,
    names_of,
    plain_request,
    read_request,
    read_time,
    size_of,
)
from tars_runtime.protocol.packets import Request

__all__ = ["Shape", "learn", "read_known", "read_requests", "read_run", "shape_of"]

_ID_FORMATS: Final = {0x40: "b", 0x41: "h", 0x42: "i"}
SHAPES: Final = 512
"""Lengths that may be known; one more, and all are forgotten."""
NAMES: Final = 16
"""Names that frames of one length may carry, likewise."""
SELDOM: Final = 8
"""One of so many unknown frames is learnt: lengths that never come again must cost little."""

_Frame: TypeAlias = tuple[bytes, int, bytes, bytes, bytes]
"""What is before the id, the id, names and the body's size, the body, what is behind it."""

_length = Struct(">I").unpack_from
_new = object.__new__


class Shape:
    """Frames of one length: how they are taken apart, and which names they may carry."""

    __slots__ = ("layout", "names", "start")

    def __init__(self, start: bytes, layout: Struct) -> None:
        self.start = start
        """Length, version, packet type, message type, and the head of the id."""
        self.layout = layout
        self.names: dict[bytes, tuple[str, str]] = {}

    def fits(self, other: Shape) -> bool:
        """Whether frames of the other are taken apart alike."""
        return self.start == other.start and self.layout.format == other.layout.format


_shapes: dict[int, Shape] = {}
_unknown = count()


def read_requests(data: bytes, at: int, limit: int, requests: list[Request]) -> int:
    """Add the plain requests that begin at ``at``; gives where they end."""
    left = len(data) - at
    shape = _shapes.get(left)
    if shape is not None and left <= limit:  # most reads are one frame
        start, request_id, key, body, tail = shape.layout.unpack_from(data, at)
        names, timeout = shape.names.get(key), TIMES.get(tail)
        if start == shape.start and names is not None and timeout is not None:
            requests.append(plain_request(request_id, names, body, timeout))
            return len(data)
    while (at := read_known(data, at, limit, requests)) < len(data) - 4:
        end = at + _length(data, at)[0]
        if end > len(data) or end - at > limit:
            break
        request = read_request(data[at + 4 : end])
        if request is None:
            break
        requests.append(request)
        learn(data[at:end], request)
        at = end
    return at


def read_known(data: bytes, at: int, limit: int, requests: list[Request]) -> int:
    """Add the requests of known shapes that begin at ``at``; gives where they end."""
    left = len(data) - at
    while left > 4:
        (length,) = _length(data, at)
        shape = _shapes.get(length)
        if shape is None or length > left or length > limit:
            break
        run = memoryview(data)[at : at + left - left % length]
        read = length * read_run(shape, shape.layout.iter_unpack(run), requests)
        if not read:
            break
        at += read
        left -= read
    return at


def read_run(shape: Shape, frames: Iterable[_Frame], requests: list[Request]) -> int:
    """Add frames as long as they are what the shape knows; gives how many."""
    before = len(requests)
    append, texts = requests.append, NO_TEXTS
    beginning, names_in, time_in = shape.start, shape.names.get, TIMES.get
    for start, request_id, key, body, tail in frames:
        names = names_in(key)
        timeout = time_in(tail)
        if start != beginning or names is None:
            break
        if timeout is None:
            try:
                timeout = read_time(tail)
            except LookupError:
                break
        request: Request = _new(Request)  # `plain_request` without a call for each
        request.version = 1
        request.packet_type = 0
        request.message_type = 0
        request.request_id = request_id
        request.servant, request.function = names
        request.body = body
        request.timeout_ms = timeout
        request.context = texts
        request.status = texts
        append(request)
    return len(requests) - before


def learn(frame: bytes, request: Request) -> None:
    """Now and then, remember the shape of a frame that was read another way."""
    if next(_unknown) % SELDOM:
        return
    fresh = shape_of(frame, request)
    if fresh is None:
        return
    known = _shapes.get(len(frame))
    if known is not None and known.fits(fresh) and len(known.names) < NAMES:
        known.names.update(fresh.names)
        return
    if len(_shapes) >= SHAPES:
        _shapes.clear()
    _shapes[len(frame)] = fresh


def shape_of(frame: bytes, request: Request) -> Shape | None:
    """The shape of a plain request's frame; ``None`` for all that is not plain."""
    if frame[4:8] != PLAIN_REQUEST:
        return None
    number = _ID_FORMATS.get(frame[8])
    named = names_of(request.servant, request.function)
    if number is None or named is None:
        return None
    key = named + BODY + size_of(len(request.body))
    names_at = 9 + Struct(number).size
    body_at = names_at + len(key)
    tail_at = body_at + len(request.body)
    try:
        read_time(frame[tail_at:])
    except LookupError:
        return None
    if frame[names_at:body_at] != key:
        return None
    parts = f">9s{number}{len(key)}s{tail_at - body_at}s{len(frame) - tail_at}s"
    shape = Shape(frame[:9], Struct(parts))
    shape.names[key] = (request.servant, request.function)
    return shape
