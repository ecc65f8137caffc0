"""Plain packets, read and written by the engine of the codec: C where that is native, or Python.

A packet is plain when it is an ordinary TARS call or its success, in the one canonical layout that
every runtime writes. `shapes`, `envelope` and `success` are the engine in Python. Tests hold
that both engines, and the schemas of `packets`, give the same values and the same bytes.
"""

from __future__ import annotations

from typing import Final, Protocol

from tars_runtime.codec.engines import ENGINE
from tars_runtime.protocol import envelope, shapes, success
from tars_runtime.protocol.packets import Request, Response

__all__ = [
    "PYTHON",
    "Engine",
    "native",
    "read_requests",
    "read_response",
    "write_request",
    "write_success",
]


class Engine(Protocol):
    """What reads and writes plain packets. Ids and times have 32 bits."""

    def read_requests(
        self, data: bytes, at: int, limit: int, requests: list[Request], /
    ) -> int:
        """Add the plain requests that begin at ``at``; gives where they end.

        That is before a frame that is not plain, not whole, or longer than ``limit``.
        """

    def read_response(self, packet: bytes, /) -> Response | None:
        """A plain answer; ``None`` for all others."""

    def write_request(
        self, request_id: int, names: bytes, body: bytes, timeout_ms: int, /
    ) -> bytes:
        """The frame of a plain request; ``names`` comes from `names_of`."""

    def write_success(self, request_id: int, body: bytes, /) -> bytes:
        """The frame of a plain answer."""


class _Python:
    """The engine in Python."""

    read_requests = staticmethod(shapes.read_requests)
    read_response = staticmethod(envelope.read_response)
    write_request = staticmethod(envelope.write_request)
    write_success = staticmethod(success.write_success)


PYTHON: Final[Engine] = _Python()


def native() -> Engine:
    """The engine in C; raises `ImportError` where that was not built."""
    from tars_runtime.codec.native.program import Envelope

    texts = envelope.NO_TEXTS
    return Envelope(
        Request(context=texts, status=texts), Response(context=texts, status=texts)
    )


_engine: Final = native() if ENGINE == "native" else PYTHON
read_requests = _engine.read_requests
read_response = _engine.read_response
write_request = _engine.write_request
write_success = _engine.write_success
