"""The two packets, and their schemas: one to read each, as lenient as every peer needs, and
those to write.

TarsProtocol `RequestF.tars` calls nearly every member *require*; real peers leave some out, so
that only version, request id and return code are required when reading. A success is written
as TarsCpp writes it; an error always carries tag 8, which the Java client needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from tars_runtime import codec

__all__ = ["Request", "Response"]

_TEXTS: Final = codec.map_of(codec.STRING, codec.STRING)


@dataclass(slots=True, kw_only=True)
class Request:
    """A `RequestPacket`; TUP (versions 2 and 3) answers in this layout, too."""

    version: int = 1
    packet_type: int = 0
    message_type: int = 0
    request_id: int = 0
    servant: str = ""
    function: str = ""
    body: bytes = b""
    timeout_ms: int = 0
    context: Mapping[str, str] = field(default_factory=dict[str, str])
    status: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(slots=True, kw_only=True)
class Response:
    """A `ResponsePacket`."""

    version: int = 1
    packet_type: int = 0
    request_id: int = 0
    message_type: int = 0
    ret: int = 0
    body: bytes = b""
    status: Mapping[str, str] = field(default_factory=dict[str, str])
    text: str = ""
    context: Mapping[str, str] = field(default_factory=dict[str, str])


READ_REQUEST: Final = codec.struct(
    Request,
    codec.require(1, "iVersion", codec.SHORT, attr="version"),
    codec.optional(2, "cPacketType", codec.BYTE, attr="packet_type"),
    codec.optional(3, "iMessageType", codec.INT, attr="message_type"),
    codec.require(4, "iRequestId", codec.INT, attr="request_id"),
    codec.optional(5, "sServantName", codec.STRING, attr="servant"),
    codec.optional(6, "sFuncName", codec.STRING, attr="function"),
    codec.optional(7, "sBuffer", codec.BYTES, attr="body"),
    codec.optional(8, "iTimeout", codec.INT, attr="timeout_ms"),
    codec.optional(9, "context", _TEXTS),
    codec.optional(10, "status", _TEXTS),
)

READ_RESPONSE: Final = codec.struct(
    Response,
    codec.require(1, "iVersion", codec.SHORT, attr="version"),
    codec.optional(2, "cPacketType", codec.BYTE, attr="packet_type"),
    codec.require(3, "iRequestId", codec.INT, attr="request_id"),
    codec.optional(4, "iMessageType", codec.INT, attr="message_type"),
    codec.require(5, "iRet", codec.INT, attr="ret"),
    codec.optional(6, "sBuffer", codec.BYTES, attr="body"),
    codec.optional(7, "status", _TEXTS),
    codec.optional(8, "sResultDesc", codec.STRING, attr="text"),
    codec.optional(9, "context", _TEXTS),
)

WRITE_REQUEST: Final = codec.struct(
    Request,
    codec.require(1, "iVersion", codec.SHORT, attr="version"),
    codec.require(2, "cPacketType", codec.BYTE, attr="packet_type"),
    codec.require(3, "iMessageType", codec.INT, attr="message_type"),
    codec.require(4, "iRequestId", codec.INT, attr="request_id"),
    codec.require(5, "sServantName", codec.STRING, attr="servant"),
    codec.require(6, "sFuncName", codec.STRING, attr="function"),
    codec.require(7, "sBuffer", codec.BYTES, attr="body"),
    codec.require(8, "iTimeout", codec.INT, attr="timeout_ms"),
    codec.require(9, "context", _TEXTS),
    codec.require(10, "status", _TEXTS),
)

_RESPONSE_HEAD: Final = (
    codec.require(1, "iVersion", codec.SHORT, attr="version"),
    codec.require(2, "cPacketType", codec.BYTE, attr="packet_type"),
    codec.require(3, "iRequestId", codec.INT, attr="request_id"),
    codec.require(4, "iMessageType", codec.INT, attr="message_type"),
    codec.require(5, "iRet", codec.INT, attr="ret"),
    codec.require(6, "sBuffer", codec.BYTES, attr="body"),
    codec.require(7, "status", _TEXTS),
)

WRITE_SUCCESS: Final = codec.struct(
    Response,
    *_RESPONSE_HEAD,
    codec.optional(8, "sResultDesc", codec.STRING, attr="text"),
    codec.optional(9, "context", _TEXTS),
)

WRITE_ERROR: Final = codec.struct(
    Response,
    *_RESPONSE_HEAD,
    codec.require(8, "sResultDesc", codec.STRING, attr="text"),
    codec.optional(9, "context", _TEXTS),
)
