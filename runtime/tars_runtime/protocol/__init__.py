"""Packets without sockets: bytes in, events out; values in, bytes out.

Nothing here reads a clock, opens a socket or knows a servant: `tars_runtime.net` is the shell
around it.
"""

from tars_runtime.protocol.codes import (
    Code,
    Flag,
    PacketType,
    Status,
    Version,
    answered,
    meaning,
)
from tars_runtime.protocol.frames import MAX_FRAME, FrameReader
from tars_runtime.protocol.packets import Request, Response
from tars_runtime.protocol.wire import (
    Broken,
    ClientWire,
    Push,
    Reconnect,
    ServerWire,
    read_datagram,
    send_error,
    send_push,
    send_reconnect,
    send_reply,
    send_request,
)

__all__ = [
    "MAX_FRAME",
    "Broken",
    "ClientWire",
    "Code",
    "Flag",
    "FrameReader",
    "PacketType",
    "Push",
    "Reconnect",
    "Request",
    "Response",
    "ServerWire",
    "Status",
    "Version",
    "answered",
    "meaning",
    "read_datagram",
    "send_error",
    "send_push",
    "send_reconnect",
    "send_reply",
    "send_request",
]
