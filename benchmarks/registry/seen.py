"""How soon a change is seen: in answers here, at another replica, by a client that is told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from tars_runtime import codec
from tars_runtime.communicator import Communicator
from tars_runtime.interfaces.tars import (
    AdapterConf,
    QueryFProxy,
    QueryFServant,
    onStartupReq,
    tarsregistryProxy,
)
from tars_runtime.protocol import ClientWire, Push
from tars_runtime.protocol.envelope import names_of, write_request

from benchmarks.registry.places import fresh_database, serving
from benchmarks.report import Line
from tests.registry.mariadb import MariaDB

__all__ = ["lines"]

ROUNDS = 9
PATIENCE = 10.0
QUERY, REGISTRY = "tars.tarsregistry.QueryObj", "tars.tarsregistry.Registry"


def lines(folder: Path, server: MariaDB) -> Iterator[Line]:
    """Three delays, each the median of several changes."""
    url = fresh_database(server, "bench_seen")
    with (
        serving(folder, url) as one,
        serving(folder, url, "--node", "127.0.0.2") as other,
    ):
        here, there, told = asyncio.run(_measure(one.port, other.port))
    for metric, values, goal in (
        ("registry.visible_ms", here, 50),
        ("registry.replica_visible_ms", there, 1500),
        ("registry.push_ms", told, 1000),
    ):
        yield Line(
            metric=metric,
            value=median(values) * 1000,
            goal=goal,
            better="lower",
            peer="from the start of the registration, MariaDB",
            rounds=ROUNDS,
        )


async def _measure(
    one: int, other: int
) -> tuple[list[float], list[float], list[float]]:
    here: list[float] = []
    there: list[float] = []
    told: list[float] = []
    async with Communicator() as communicator:
        registry = communicator.proxy(tarsregistryProxy, REGISTRY + _at(one))
        near = communicator.proxy(QueryFProxy, QUERY + _at(one))
        far = communicator.proxy(QueryFProxy, QUERY + _at(other))
        for number in range(ROUNDS):
            name = f"Seen.Server{number}.Obj"
            subscriber = await _subscribe(one, name)
            began = time.perf_counter()
            await registry.onStartup(_startup(number, name))
            here.append(await _until(near, name, began))
            told.append(await subscriber - began)  # awaited within this round
            there.append(await _until(far, name, began))
    return here, there, told


def _at(port: int) -> str:
    return f"@tcp -h 127.0.0.1 -p {port} -t 60000"


async def _until(query: QueryFProxy, name: str, began: float) -> float:
    while not await query.findObjectById(name):
        if time.perf_counter() - began > PATIENCE:
            raise TimeoutError("a change was not seen")
        await asyncio.sleep(0.005)
    return time.perf_counter() - began


async def _subscribe(port: int, name: str) -> asyncio.Task[float]:
    """A connection that asked to be told; the task gives the time when it was."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    names = names_of(QUERY, "registerQuery")
    assert names is not None
    method = next(
        each for each in QueryFServant.__tars__ if each.name == "registerQuery"
    )
    body = codec.arguments(*method.takes).build((name, "bench"))
    writer.write(write_request(7, names, body, 3000))
    wire = ClientWire()
    while not wire.receive_data(await reader.read(65536)):
        pass

    async def wait() -> float:
        while True:
            for event in wire.receive_data(await reader.read(65536)):
                if isinstance(event, Push):
                    writer.close()
                    return time.perf_counter()

    return asyncio.create_task(wait())


def _startup(number: int, name: str) -> onStartupReq:
    endpoint = f"tcp -h 127.0.0.1 -p {20000 + number}"
    return onStartupReq(
        nodeName="127.0.0.1",
        application="Seen",
        server=f"Server{number}",
        State="active",
        adapters=[AdapterConf(servant=name, endpoint=endpoint)],
    )
