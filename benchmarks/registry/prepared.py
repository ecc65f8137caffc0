"""A statement as Go's driver sends it: prepared, executed with values in binary form, closed.

``database/sql`` with ``go-sql-driver/mysql`` does so for every statement with arguments, unless
the address says ``interpolateParams=true``, and K8STARS's does not. PyMySQL has no prepared
statements, so the three commands of the protocol are made here from its packets.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any, Final

from pymysql.connections import Connection
from pymysql.constants import COMMAND, FIELD_TYPE

__all__ = ["Value", "execute"]

Value = str | int

_ONCE: Final = struct.pack("<BI", 0, 1)
"""No cursor, one execution."""


def execute(
    connection: Connection[Any], statement: str, values: Sequence[Value]
) -> None:
    """Run one statement with its values, and wait for its end."""
    driver: Any = connection  # there is no public way to send a command
    send = driver._execute_command
    send(COMMAND.COM_STMT_PREPARE, statement)
    number, parameters = struct.unpack_from(
        "<xI2xH", driver._read_packet().get_all_data()
    )
    for _ in range(parameters + 1):  # a description of each, and the end
        driver._read_packet()
    send(COMMAND.COM_STMT_EXECUTE, struct.pack("<I", number) + _ONCE + _bound(values))
    driver._read_query_result()
    send(COMMAND.COM_STMT_CLOSE, struct.pack("<I", number))  # has no answer


def _bound(values: Sequence[Value]) -> bytes:
    """No nulls, then the values' types, then the values."""
    nulls = bytes((len(values) + 7) // 8)
    types = b"".join(struct.pack("<H", _type(each)) for each in values)
    return nulls + b"\x01" + types + b"".join(map(_binary, values))


def _type(value: Value) -> int:
    return FIELD_TYPE.LONGLONG if isinstance(value, int) else FIELD_TYPE.VAR_STRING


def _binary(value: Value) -> bytes:
    if isinstance(value, int):
        return struct.pack("<q", value)
    data = value.encode()
    if len(data) < 251:
        return bytes([len(data)]) + data
    return b"\xfc" + struct.pack("<H", len(data)) + data
