"""The numbers and words of the protocol: return codes, versions, flags, status keys.

Codes are those of TarsProtocol `BaseF.tars`; flags and keys those of `RequestF.tars`.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag
from typing import Final

__all__ = [
    "MEANINGS",
    "Code",
    "Flag",
    "PacketType",
    "Status",
    "Version",
    "answered",
    "meaning",
]


class Code(IntEnum):
    """``iRet``: how a call went. Codes of applications are positive, or -98 to -14."""

    SUCCESS = 0
    SERVER_DECODE = -1
    SERVER_ENCODE = -2
    NO_FUNCTION = -3
    NO_SERVANT = -4
    RESET_GRID = -5
    QUEUE_TIMEOUT = -6
    TIMEOUT = -7
    CONNECT = -8
    OVERLOAD = -9
    NO_ENDPOINT = -10
    INVALID_SET = -11
    CLIENT_DECODE = -12
    SEND = -13
    UNKNOWN = -99


MEANINGS: Final[dict[Code, str]] = {
    Code.SUCCESS: "the call succeeded",
    Code.SERVER_DECODE: "the server could not read the arguments",
    Code.SERVER_ENCODE: "the server could not write the answer",
    Code.NO_FUNCTION: "the object has no such function",
    Code.NO_SERVANT: "no such object at this endpoint",
    Code.RESET_GRID: "grey-release states differ",
    Code.QUEUE_TIMEOUT: "the request waited too long in the server's queue",
    Code.TIMEOUT: "no answer within the deadline",
    Code.CONNECT: "no connection, or it broke",
    Code.OVERLOAD: "the server's queue is full",
    Code.NO_ENDPOINT: "the object has no active endpoint",
    Code.INVALID_SET: "callers of this set are not allowed",
    Code.CLIENT_DECODE: "the answer could not be read",
    Code.SEND: "too many calls in flight, or sending failed",
    Code.UNKNOWN: "the servant raised an exception",
}
"""Every code of the framework, in one sentence each; docs/runtime-errors.md shows this table."""


def meaning(code: int) -> str:
    """One sentence for ``code``."""
    try:
        return MEANINGS[Code(code)]
    except ValueError:
        return f"the servant answered with code {code}"


def answered(code: int) -> str:
    """One sentence for ``code`` in an answer without a text.

    Clients find no endpoint, servers never: TarsJava answers -10 whatever a servant throws.
    """
    if code == Code.NO_ENDPOINT:
        return "the server answered -10, as TarsJava does when a servant throws"
    return meaning(code)


class Version(IntEnum):
    """``iVersion``: how the body is written."""

    TARS = 1
    TUP2 = 2
    TUP3 = 3
    XML = 4
    JSON = 5


class PacketType(IntEnum):
    """``cPacketType``: whether an answer is wanted."""

    NORMAL = 0
    ONE_WAY = 1


class Flag(IntFlag):
    """``iMessageType``: what else a message is."""

    NULL = 0
    HASH = 0x01
    GRID = 0x02
    DYED = 0x04
    SAMPLE = 0x08
    ASYNC = 0x10
    LOADED = 0x20
    AUTH = 0x40
    SET = 0x80
    TRACE = 0x100


class Status:
    """Keys of the status map."""

    DYED_KEY: Final = "STATUS_DYED_KEY"
    GRID_KEY: Final = "STATUS_GRID_KEY"
    SET_NAME: Final = "STATUS_SETNAME_VALUE"
    TRACE_KEY: Final = "STATUS_TRACE_KEY"
    RESULT_CODE: Final = "STATUS_RESULT_CODE"
    RESULT_TEXT: Final = "STATUS_RESULT_DESC"
    FUNCTION: Final = "TARS_FUNC"


PING: Final = "tars_ping"
"""The function that every object answers by itself."""

RECONNECT: Final = "_reconnect_"
"""The text of a push that asks the client to use another connection."""
