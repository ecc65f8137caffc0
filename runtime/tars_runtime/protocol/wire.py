"""Each end of a connection as bytes in, events out; values in, bytes out.

`ClientWire` sends requests and reads answers, pushes and the wish to reconnect; `ServerWire`
reads requests and sends answers. Packets are themselves the events; what is wrong with the
stream is the event `Broken`, after which the connection is to be closed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias, final

from tars_runtime.errors import DecodeError
from tars_runtime.protocol import packets, plain
from tars_runtime.protocol.codes import RECONNECT, Status, Version
from tars_runtime.protocol.frames import LENGTH, MAX_FRAME, FrameReader
from tars_runtime.protocol.packets import Request, Response

__all__ = ["Broken", "ClientWire", "Push", "Reconnect", "ServerWire", "read_datagram"]

TUP: Final = frozenset((Version.TUP2, Version.TUP3))
NOTHING: Final[Mapping[str, str]] = {}
EMPTY_TUP_BODY: Final = b"\x08\x0c"
LAST_ID: Final = 2**31 - 1


@final
@dataclass(frozen=True, slots=True)
class Broken:
    """The peer broke the protocol: close the connection."""

    error: DecodeError


@dataclass(frozen=True, slots=True)
class Push:
    """A message that nobody asked for (request id 0)."""

    function: str
    packet: Response


@dataclass(frozen=True, slots=True)
class Reconnect:
    """The server wishes that new calls take another connection."""


ClientEvent: TypeAlias = Response | Push | Reconnect | Broken
ServerEvent: TypeAlias = Request | Broken


class ServerWire:
    """The server's end of one connection."""

    __slots__ = ("_reader",)

    def __init__(self, max_frame: int = MAX_FRAME) -> None:
        self._reader = FrameReader(max_frame)

    def receive_data(self, data: bytes) -> list[ServerEvent]:
        """The requests that ``data`` completes."""
        reader = self._reader
        if reader.unfinished or reader.error is not None:
            data = reader.join(data)
        requests: list[Request] = []
        at = plain.read_requests(data, 0, reader.limit, requests)
        if at < len(data):
            self._read_others(data, at, requests)
        if reader.error is not None:
            return [*requests, Broken(reader.error)]
        return requests  # type: ignore[return-value]  # nobody adds to it

    def _read_others(self, data: bytes, at: int, requests: list[Request]) -> None:
        """Read what begins at ``at`` by the schema, until it is plain again."""
        reader = self._reader
        while end := reader.end_of(data, at):
            try:
                requests.append(packets.READ_REQUEST.parse(data[at + 4 : end]))
            except DecodeError as error:
                reader.error = error
                return
            at = plain.read_requests(data, end, reader.limit, requests)

    @property
    def unfinished(self) -> bytearray:
        """What is kept of a request whose end has not come; always the same object."""
        return self._reader.unfinished


class ClientWire:
    """The client's end of one connection: gives out request ids, reads answers."""

    __slots__ = ("_last_id", "_reader")

    def __init__(self, max_frame: int = MAX_FRAME) -> None:
        self._reader = FrameReader(max_frame)
        self._last_id = 0

    def next_id(self) -> int:
        """A request id: 1 and up; 0 is for pushes."""
        self._last_id = self._last_id + 1 if self._last_id < LAST_ID else 1
        return self._last_id

    def receive_data(self, data: bytes) -> list[ClientEvent]:
        """The answers and messages that ``data`` completes."""
        reader = self._reader
        events: list[ClientEvent] = []
        for packet in reader.feed(data):
            response = plain.read_response(packet)
            if response is not None:
                events.append(response)
                continue
            try:
                events.append(_answer(packet))
            except DecodeError as error:
                reader.error = error
                break
        if reader.error is not None:
            events.append(Broken(reader.error))
        return events


def send_request(request: Request) -> bytes:
    """The frame of any request; raises `EncodeError`."""
    return _frame(packets.WRITE_REQUEST.build(request))


def send_reply(
    request: Request,
    body: bytes,
    *,
    status: Mapping[str, str] = NOTHING,
    context: Mapping[str, str] = NOTHING,
) -> bytes:
    """The frame of a success, in the layout of the request's version."""
    version = request.version
    if version == 1 and not (status or context or request.message_type):
        return plain.write_success(request.request_id, body)
    if version in TUP:
        return _tup_reply(request, body, status, context)
    return _frame(
        packets.WRITE_SUCCESS.build(
            Response(
                version=version,
                request_id=request.request_id,
                message_type=request.message_type,
                body=body,
                status=status,
                context=context,
            )
        )
    )


def send_error(
    request: Request,
    code: int,
    text: str,
    *,
    status: Mapping[str, str] = NOTHING,
    context: Mapping[str, str] = NOTHING,
) -> bytes:
    """The frame of a failure, in the layout of the request's version."""
    if request.version in TUP:
        told = {Status.RESULT_CODE: str(code), Status.RESULT_TEXT: text}
        return _tup_reply(request, EMPTY_TUP_BODY, {**status, **told}, context)
    return _frame(
        packets.WRITE_ERROR.build(
            Response(
                version=request.version,
                request_id=request.request_id,
                message_type=request.message_type,
                ret=code,
                text=text,
                status=status,
                context=context,
            )
        )
    )


def send_push(
    body: bytes,
    *,
    function: str = "",
    context: Mapping[str, str] = NOTHING,
    text: str = "",
) -> bytes:
    """The frame of a message that nobody asked for."""
    status = {Status.FUNCTION: function} if function else NOTHING
    response = Response(body=body, status=status, context=context, text=text)
    return _frame(packets.WRITE_SUCCESS.build(response))


def send_reconnect() -> bytes:
    """The frame with which a stopping server sends its clients elsewhere."""
    return send_push(b"", text=RECONNECT)


def read_datagram(data: bytes) -> bytes | None:
    """The packet in a datagram; ``None`` when the length does not fit (it is dropped)."""
    if len(data) < 5 or LENGTH.unpack_from(data)[0] != len(data):
        return None
    return data[4:]


def _tup_reply(
    request: Request, body: bytes, status: Mapping[str, str], context: Mapping[str, str]
) -> bytes:
    return send_request(
        Request(
            version=request.version,
            message_type=request.message_type,
            request_id=request.request_id,
            servant=request.servant,
            function=request.function,
            body=body,
            context=context,
            status=status,
        )
    )


def _answer(packet: bytes) -> ClientEvent:
    """An answer of any shape. The version, in both layouts the first member, tells which.

    C++ answers version 2, which it does not know, in the other layout.
    """
    if packet[:2] in (b"\x10\x02", b"\x10\x03"):
        try:
            named = packets.READ_REQUEST.parse(packet)
        except DecodeError:
            pass
        else:
            return _tup_answer(named)
    response = packets.READ_RESPONSE.parse(packet)
    if response.request_id != 0:
        return response
    if response.text == RECONNECT:
        return Reconnect()
    return Push(response.status.get(Status.FUNCTION, ""), response)


def _tup_answer(packet: Request) -> Response:
    code = packet.status.get(Status.RESULT_CODE, "0")
    try:
        ret = int(code)
    except ValueError:
        raise DecodeError(
            f"expected a number for {Status.RESULT_CODE}, got {code[:20]!r}", "status"
        ) from None
    return Response(
        version=packet.version,
        request_id=packet.request_id,
        message_type=packet.message_type,
        ret=ret,
        body=packet.body,
        status=packet.status,
        text=packet.status.get(Status.RESULT_TEXT, ""),
        context=packet.context,
    )


def _frame(packet: bytes) -> bytes:
    return LENGTH.pack(len(packet) + 4) + packet
