"""What is fuzzed of plain packets: any bytes as a packet and as frames, to both engines.

A finding is an exception, engines that disagree with each other or with the schemas, or a packet
that does not survive being written again.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import TypeVar

from tars_runtime.codec.native.program import AVAILABLE
from tars_runtime.protocol import plain
from tars_runtime.protocol.envelope import names_of
from tars_runtime.protocol.frames import LENGTH
from tars_runtime.protocol.packets import READ_REQUEST, READ_RESPONSE, Request

__all__ = ["check", "seeds"]

T = TypeVar("T")
_ENGINES = [plain.PYTHON, plain.native()] if AVAILABLE else [plain.PYTHON]


def check(data: bytes) -> None:
    """One input."""
    frame = LENGTH.pack(len(data) + 4) + data
    for request in _requests(frame, len(frame)):
        assert request == READ_REQUEST.parse(data)
        _survives(request)
    _requests(data, len(data))
    _requests(data, 40)
    response = _same(lambda engine: engine.read_response(data))
    if response is not None:
        assert response == READ_RESPONSE.parse(data)
        answer = response.request_id, response.body
        frame = _same(lambda engine: engine.write_success(*answer))
        assert response == READ_RESPONSE.parse(frame[4:])


def _requests(data: bytes, limit: int) -> list[Request]:
    """The requests that the frames in ``data`` begin with."""

    def read(engine: plain.Engine) -> tuple[list[Request], int]:
        requests: list[Request] = []
        return requests, engine.read_requests(data, 0, limit, requests)

    requests, end = _same(read)
    assert 0 <= end <= len(data)
    return requests


def _survives(request: Request) -> None:
    names = names_of(request.servant, request.function)
    assert names is not None
    rest = names, request.body, request.timeout_ms
    frame = _same(lambda engine: engine.write_request(request.request_id, *rest))
    assert request == READ_REQUEST.parse(frame[4:])


def _same(call: Callable[[plain.Engine], T]) -> T:
    """What a call gives on every engine."""
    first, *others = (call(engine) for engine in _ENGINES)
    assert others in ([], [first]), (first, others)
    return first


def seeds() -> list[bytes]:
    """Packets of all widths, by themselves and as frames."""
    write_request, write_success = (
        plain.PYTHON.write_request,
        plain.PYTHON.write_success,
    )
    frames = [b"\0\0\0\5\x0e"]
    numbers, bodies = (0, 1, 200, 70000), (b"", b"body", bytes(200))
    pairs = ("App.Server.Obj", "call"), ("\u00e9", ""), ("o" * 255, "f" * 255)
    for number, body, pair in itertools.product(numbers, bodies, pairs):
        names = names_of(*pair) or b""
        frames.append(write_request(number, names, body, number))
        frames.append(write_success(number, body))
    return [each[4:] for each in frames] + [each + frames[1] for each in frames]
