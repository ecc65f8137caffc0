"""The requests that the load generator sends, one frame for each node."""

from __future__ import annotations

from tars_runtime import codec
from tars_runtime.interfaces.tars import (
    AdapterConf,
    QueryFServant,
    keepAliveReq,
    onStartupReq,
    tarsregistryServant,
)
from tars_runtime.protocol.envelope import names_of, write_request

__all__ = [
    "APPLICATION",
    "OBJECT",
    "SERVER",
    "heartbeats",
    "node",
    "queries",
    "startups",
]

APPLICATION, SERVER = "Bench", "LoadServer"
OBJECT = f"{APPLICATION}.{SERVER}.LoadObj"

_WIDE_ID = 0x01010101  # an id of 32 bits, which the load generator overwrites
_SECOND = 1000


def node(number: int) -> str:
    """The address of a node."""
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def heartbeats(count: int, state: str = "active") -> bytes:
    """``keepAlive`` of as many nodes."""
    return b"".join(
        _request(
            "tars.tarsregistry.Registry",
            "keepAlive",
            keepAliveReq(
                nodeName=node(each),
                state=state,
                application=APPLICATION,
                server=SERVER,
            ),
        )
        for each in range(count)
    )


def startups(count: int, first: int = 0) -> bytes:
    """``onStartup`` of as many nodes, with one adapter each."""
    return b"".join(
        _request("tars.tarsregistry.Registry", "onStartup", _startup(node(each)))
        for each in range(first, first + count)
    )


def queries(name: str = OBJECT) -> bytes:
    """``findObjectByIdInSameGroup`` of an object."""
    return _request("tars.tarsregistry.QueryObj", "findObjectByIdInSameGroup", name)


def _startup(address: str) -> onStartupReq:
    adapter = AdapterConf(
        servant=OBJECT,
        endpoint=f"tcp -h {address} -p 10000 -t 60000",
        protocol="tars",
        maxConns=200000,
        threadNum=5,
        queueCap=10000,
        queueTimeout=60000,
    )
    return onStartupReq(
        nodeName=address,
        application=APPLICATION,
        server=SERVER,
        State="activating",
        adapters=[adapter],
        Version="1",
    )


def _request(servant: str, function: str, argument: object) -> bytes:
    kind = QueryFServant if servant.endswith("QueryObj") else tarsregistryServant
    method = next(each for each in kind.__tars__ if each.name == function)
    names = names_of(servant, function)
    assert names is not None
    body = codec.arguments(*method.takes).build((argument,))
    return write_request(_WIDE_ID, names, body, _SECOND)
