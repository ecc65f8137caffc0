"""The commonest shapes of the two packets, read and written without the schema.

A packet is mostly envelope: what changes from call to call is the id and the body. These
functions know the one canonical layout that every runtime writes for a plain TARS call, and say
``None`` to everything else, which then takes the way through the schemas of `packets`. Tests
hold that both ways give the same values and the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from struct import Struct, error
from types import MappingProxyType
from typing import Final

from tars_runtime.protocol.packets import Request, Response

__all__ = [
    "BODY",
    "NO_STATUS",
    "NO_TEXTS",
    "PLAIN_REQUEST",
    "PLAIN_RESPONSE",
    "SUCCESS",
    "TIMES",
    "int_at",
    "names_of",
    "plain_request",
    "read_request",
    "read_response",
    "read_time",
    "size_of",
    "write_request",
]

_BYTE = Struct(">b").unpack_from
_SHORT = Struct(">h").unpack_from
_INT = Struct(">i").unpack_from
_new = object.__new__

# An int at a tag: its head byte tells how it is read and how many bytes follow.
_WIDTHS: Final = {0x00: (_BYTE, 1), 0x01: (_SHORT, 2), 0x02: (_INT, 4)}
_ID_AT_4: Final = {0x40 | kind: row for kind, row in _WIDTHS.items()}
_ID_AT_3: Final = {0x30 | kind: row for kind, row in _WIDTHS.items()}
_TIME_AT_8: Final = {0x80 | kind: row for kind, row in _WIDTHS.items()}
_ZERO: Final = 0x0C

PLAIN_REQUEST: Final = b"\x10\x01\x2c\x3c"
"""How a plain request begins: version 1, two-way, no message type."""
PLAIN_RESPONSE: Final = b"\x10\x01\x2c"
"""How a plain answer begins: version 1, packet type 0."""
SUCCESS: Final = b"\x4c\x5c\x6d\x00"
"""Behind the id of a plain answer: no message type, code 0, then the body's bytes."""
NO_STATUS: Final = b"\x78\x0c"
"""How a plain answer ends."""
BODY: Final = b"\x7d\x00"
"""Behind the names of a request: the body's bytes."""
_PLAIN_PREFIX: Final = int.from_bytes(PLAIN_REQUEST)
_START_OF_REQUEST: Final = Struct(">IBi").unpack_from  # and the id, if it takes 32 bits
NO_TEXTS: Final[Mapping[str, str]] = MappingProxyType({})
"""Context and status of every plain packet. A request whose status is this very object is known to
be plain: of version 1, two-way, and without a message type."""
_NO_MAPS: Final = b"\x98\x0c\xa8\x0c"  # empty context, empty status
_BYTES: Final = SUCCESS + b"\x00"  # and of a length below 128

CACHED: Final = 4096
"""Entries that a cache of wire data may hold; what comes later is read each time anew."""
_names: dict[bytes, tuple[str, str]] = {}
TIMES: Final[dict[bytes, int]] = {}


def read_request(data: bytes) -> Request | None:
    """A plain request: version 1, two-way, without message type, context and status."""
    try:
        prefix, head, request_id = _START_OF_REQUEST(data)
        if prefix != _PLAIN_PREFIX:
            return None
        if head == 0x42:
            at = 9
        else:
            unpack, width = _ID_AT_4[head]
            (request_id,) = unpack(data, 5)
            at = 5 + width
        middle = at + 2 + data[at + 1]
        end = middle + 4 + data[middle + 1]
        key = data[at:end]
        names = _names.get(key) or _read_names(key, middle - at)
        size = data[end + 1]
        if data[end] == 0 and size < 128:
            start = end + 2
            stop = start + size
        else:
            start, stop = _bounds(data, end)
        tail = data[stop:]
        timeout = TIMES.get(tail)
        if timeout is None:
            timeout = read_time(tail)
    except (LookupError, error, UnicodeDecodeError):
        return None
    return plain_request(request_id, names, data[start:stop], timeout)


def plain_request(
    request_id: int, names: tuple[str, str], body: bytes, timeout_ms: int
) -> Request:
    """A request of version 1, two-way, without anything else."""
    packet: Request = _new(Request)
    packet.version = 1
    packet.packet_type = 0
    packet.message_type = 0
    packet.request_id = request_id
    packet.servant, packet.function = names
    packet.body = body
    packet.timeout_ms = timeout_ms
    packet.context = NO_TEXTS
    packet.status = NO_TEXTS
    return packet


def read_response(data: bytes) -> Response | None:
    """A plain answer: version 1, success, without status, text and context."""
    if data[:3] != PLAIN_RESPONSE:
        return None
    try:
        unpack, width = _ID_AT_3[data[3]]
        (request_id,) = unpack(data, 4)
        at = 9 + width
        size = data[at]
        if data[at - 5 : at] == _BYTES and size < 128:
            start = at + 1
            stop = start + size
        elif data[at - 5 : at - 1] == SUCCESS:
            start, stop = _bounds(data, at - 1)
        else:
            return None
    except (LookupError, error):
        return None
    if data[stop:] != NO_STATUS:
        return None
    packet: Response = _new(Response)
    packet.version = 1
    packet.packet_type = 0
    packet.request_id = request_id
    packet.message_type = 0
    packet.ret = 0
    packet.body = data[start:stop]
    packet.status = NO_TEXTS
    packet.text = ""
    packet.context = NO_TEXTS
    return packet


def write_request(request_id: int, names: bytes, body: bytes, timeout_ms: int) -> bytes:
    """The frame of a plain request; ``names`` comes from `names_of`."""
    number = int_at(0x40, request_id)
    size = size_of(len(body))
    time = int_at(0x80, timeout_ms)
    length = 14 + len(number) + len(names) + len(size) + len(body) + len(time)
    return b"%b\x10\x01\x2c\x3c%b%b\x7d\x00%b%b%b\x98\x0c\xa8\x0c" % (
        _length(length),
        number,
        names,
        size,
        body,
        time,
    )


def names_of(servant: str, function: str) -> bytes | None:
    """Tags 5 and 6 of a request; ``None`` when a name is too long for the plain shape."""
    object_bytes, function_bytes = servant.encode(), function.encode()
    if len(object_bytes) > 255 or len(function_bytes) > 255:
        return None
    return b"\x56%c%b\x66%c%b" % (
        len(object_bytes),
        object_bytes,
        len(function_bytes),
        function_bytes,
    )


def _bounds(data: bytes, at: int) -> tuple[int, int]:
    """Where the bytes of a body start and stop; their length is the int at ``at``."""
    head = data[at]
    if head == _ZERO:
        return at + 1, at + 1
    unpack, width = _WIDTHS[head]
    (size,) = unpack(data, at + 1)
    start: int = at + 1 + width
    stop: int = start + size
    if not start <= stop <= len(data):
        raise IndexError
    return start, stop


def _read_names(key: bytes, middle: int) -> tuple[str, str]:
    """The names in ``56 n servant 66 n function 7d 00``, remembered for the next request."""
    whole = len(key) == middle + 4 + key[middle + 1] and key[-2:] == BODY
    if key[0] != 0x56 or key[middle] != 0x66 or not whole:
        raise LookupError
    names = key[2:middle].decode(), key[middle + 2 : -2].decode()
    if len(_names) < CACHED:
        _names[key] = names
    return names


def read_time(tail: bytes) -> int:
    """The milliseconds of ``80 b``, ``81 h``, ``82 i`` or ``8c`` before empty maps, likewise.

    Raises `LookupError` for any other end of a request.
    """
    written, maps = tail[:-4], tail[-4:]
    if maps != _NO_MAPS:
        raise LookupError
    timeout = 0
    if written != b"\x8c":
        unpack, width = _TIME_AT_8[written[0]]
        if len(written) != width + 1:
            raise LookupError
        (timeout,) = unpack(written, 1)
    if len(TIMES) < CACHED:
        TIMES[tail] = timeout
    return timeout


_length = Struct(">I").pack
_byte = Struct(">Bb").pack
_short = Struct(">Bh").pack
_long = Struct(">Bi").pack


def int_at(head: int, value: int) -> bytes:
    """A 32-bit int at the tag of ``head``, as short as it goes."""
    if value == 0:
        return bytes((head | _ZERO,))
    if -128 <= value < 128:
        return _byte(head, value)
    if -32768 <= value < 32768:
        return _short(head | 1, value)
    return _long(head | 2, value)


_SIZES: Final = [int_at(0, size) for size in range(256)]


def size_of(size: int) -> bytes:
    """The length of bytes, as short as it goes."""
    return _SIZES[size] if size < 256 else int_at(0, size)
