"""The one question that every server is asked: give these 16 bytes of text back."""

from __future__ import annotations

import json
import struct

from tars_runtime.protocol.envelope import names_of, write_request

from tests.interop.peers import OBJECT

__all__ = ["TEXT", "http_request", "tars_request", "thrift_request"]

TEXT = "sixteen letters!"
_WIDE_ID = 0x01010101  # an id of 32 bits, which the load generator overwrites


def tars_request() -> bytes:
    """``say(TEXT)`` of interface Peer, as every TARS client writes it."""
    names = names_of(OBJECT, "say")
    assert names is not None
    body = b"\x16" + bytes([len(TEXT)]) + TEXT.encode()
    return write_request(_WIDE_ID, names, body, 3000)


def thrift_request() -> bytes:
    """``string say(1: string text)``, binary protocol, framed transport."""
    name, text = b"say", TEXT.encode()
    message = struct.pack(">Ii", 0x80010001, len(name)) + name + struct.pack(">i", 0)
    message += struct.pack(">bhi", 11, 1, len(text)) + text + b"\x00"
    return struct.pack(">I", len(message)) + message


def http_request() -> bytes:
    """``{"text": TEXT}`` posted as JSON over HTTP/1.1."""
    body = json.dumps({"text": TEXT}).encode()
    head = (
        "POST /say HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
