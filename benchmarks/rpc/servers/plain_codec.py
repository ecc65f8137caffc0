"""A codec for grpclib that leaves bytes as they are."""

from __future__ import annotations

from typing import Any

from grpclib.encoding.base import CodecBase

__all__ = ["PlainCodec"]


class PlainCodec(CodecBase):
    """Bytes in, bytes out: no message format is measured."""

    __content_subtype__ = "plain"

    def encode(self, message: Any, message_type: Any) -> bytes:
        del message_type
        return bytes(message)

    def decode(self, data: bytes, message_type: Any) -> bytes:
        del message_type
        return data
