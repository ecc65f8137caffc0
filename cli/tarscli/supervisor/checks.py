"""Whether the server serves: its ports take connections, answer a ping, and are its own.

Any answer to ``tars_ping`` counts, also an error: it shows that the server's loop runs. Ports
that do not speak TARS are only connected to; udp ports are looked up in the kernel's table.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace

from tars_runtime.errors import CallTimeout, CodecError, ConnectError
from tars_runtime.net.calls import Calls
from tars_runtime.net.client import connect
from tars_runtime.net.endpoint import Endpoint
from tars_runtime.protocol import Request

from tarscli.info import ServerInfo
from tarscli.supervisor.listeners import holds, sockets_on

__all__ = ["check_server"]

_CONNECT = 0.3
_ANSWER = 1.0
_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}


async def check_server(info: ServerInfo, pids: Iterable[int], ping: bool) -> str:
    """Why the server does not serve, or an empty text.

    ``pids`` are the server's processes; when empty, anybody's listener counts.
    """
    processes = list(pids)
    for name, adapter in info.servants:
        speaks = adapter.protocol == "tars"
        endpoint = Endpoint.parse(adapter.endpoint)
        reason = await _check(name, endpoint, processes, ping and speaks)
        if reason:
            return reason
    if not info.server.local:
        return ""
    return await _check("AdminObj", info.admin, processes, ping)


async def _check(name: str, endpoint: Endpoint, pids: list[int], ping: bool) -> str:
    where = f"{name} on {endpoint.transport} {endpoint.address}"
    inodes = sockets_on(endpoint.port, endpoint.transport)
    if endpoint.transport == "udp":
        if not inodes:
            return f"{where}: nothing is bound there"
    else:
        reason = await _reach(name, endpoint, ping and endpoint.transport == "tcp")
        if reason:
            return f"{where}: {reason}"
    if pids and inodes and holds(pids, inodes) is False:
        return f"{where}: another program listens there"
    return ""


async def _reach(name: str, endpoint: Endpoint, ping: bool) -> str:
    host = _ANY.get(endpoint.host, endpoint.host)
    target = replace(endpoint, host=host, transport="tcp")
    try:
        connection = await connect(target, timeout=_CONNECT)
    except ConnectError as error:
        return error.text
    try:
        return await _ping(connection, name) if ping else ""
    finally:
        connection.abort()
        await connection.closed()


async def _ping(connection: Calls, name: str) -> str:
    deadline = asyncio.get_running_loop().time() + _ANSWER
    request = Request(
        servant=name, function="tars_ping", timeout_ms=int(_ANSWER * 1000)
    )
    _, answer = connection.request(request, deadline)
    try:
        await answer
    except CallTimeout:
        return f"takes connections and does not answer within {_ANSWER:g} s"
    except ConnectError:
        return ""
    except CodecError as error:
        return f"answers what is no TARS packet: {error}"
    return ""
