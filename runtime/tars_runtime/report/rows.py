"""Who is who in a row of statistics: the caller's and the called server's names.

Within a set a name carries it: ``App.Server.nameareagroup``. Calls to the platform itself are
not counted, or reporting would report itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tars_runtime.interfaces.tars import StatMicMsgHead
from tars_runtime.net.endpoint import Endpoint
from tars_runtime.report.stat import LONGEST_ADDRESS, StatTable, clipped
from tars_runtime.rpc import Current

__all__ = ["client_rows", "http_rows", "is_platform", "server_rows"]

PLATFORM: Final = "tars."
FROM_SERVER: Final = "stat_from_server"
FROM_HTTP: Final = "http_client"


def is_platform(object_name: str) -> bool:
    """Whether an object is the platform's: registry, node, statistics, logs and the like."""
    return object_name.startswith(PLATFORM)


def client_rows(
    table: StatTable, module: str, set_name: str, version: str
) -> Callable[[str, str, Endpoint | None, int, float], None]:
    """An observer of a communicator's calls that counts them in ``table``."""
    caller = clipped(f"{_named(module, set_name)}@{version}")

    def observe(
        object_name: str,
        function: str,
        endpoint: Endpoint | None,
        code: int,
        seconds: float,
    ) -> None:
        if endpoint is None or is_platform(object_name):
            return
        key = (object_name, function, endpoint)
        if table.knows(key, code, seconds):
            return
        name, area, group = _set_parts(endpoint.set_name)
        head = StatMicMsgHead(
            masterName=caller,
            slaveName=clipped(_named(_server(object_name), endpoint.set_name)),
            interfaceName=clipped(function),
            slaveIp=clipped(endpoint.host, LONGEST_ADDRESS),
            slavePort=endpoint.port,
            slaveSetName=name,
            slaveSetArea=area,
            slaveSetID=group,
            tarsVersion=version,
        )
        table.add(key, head, code, seconds)

    return observe


def server_rows(
    table: StatTable, module: str, set_name: str, version: str
) -> Callable[[Current, int, float], None]:
    """An observer of a server's two-way requests that counts them in ``table``."""
    server = clipped(_named(module, set_name))
    name, area, group = _set_parts(set_name)

    def observe(current: Current, code: int, seconds: float) -> None:
        request = current.request
        if request.packet_type or request.servant == "AdminObj":
            return
        key = (current.peer[0], request.function)
        if table.knows(key, code, seconds):
            return
        head = StatMicMsgHead(
            masterName=FROM_SERVER,
            slaveName=server,
            interfaceName=clipped(current.function),
            masterIp=clipped(current.peer[0], LONGEST_ADDRESS),
            slaveSetName=name,
            slaveSetArea=area,
            slaveSetID=group,
            tarsVersion=version,
        )
        table.add(key, head, code, seconds)

    return observe


def http_rows(
    table: StatTable, module: str, set_name: str, version: str
) -> Callable[[str, str, int, float, str, tuple[str, int]], None]:
    """An observer of HTTP requests that counts them in ``table``, as the Go runtime does.

    A status of 400 or more is a failure.
    """
    server = clipped(_named(module, set_name))
    name, area, group = _set_parts(set_name)

    def observe(
        _: str,
        route: str,
        status: int,
        seconds: float,
        client: str,
        here: tuple[str, int],
    ) -> None:
        key = (client, route, here)
        code = status if status >= 400 else 0
        if table.knows(key, code, seconds):
            return
        head = StatMicMsgHead(
            masterName=FROM_HTTP,
            slaveName=server,
            interfaceName=clipped(route),
            masterIp=clipped(client, LONGEST_ADDRESS),
            slaveIp=clipped(here[0], LONGEST_ADDRESS),
            slavePort=here[1],
            slaveSetName=name,
            slaveSetArea=area,
            slaveSetID=group,
            tarsVersion=version,
        )
        table.add(key, head, code, seconds)

    return observe


def _server(object_name: str) -> str:
    return ".".join(object_name.split(".")[:2])


def _named(module: str, set_name: str) -> str:
    return f"{module}.{set_name.replace('.', '')}" if set_name else module


def _set_parts(set_name: str) -> tuple[str, str, str]:
    parts = set_name.split(".")
    return (parts[0], parts[1], parts[2]) if len(parts) == 3 else ("", "", "")
