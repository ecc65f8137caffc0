"""Where the time of a request goes, in one process: ``python -m benchmarks.rpc.steps``.

A server's connection is given reads without a socket, of 32 requests and of one. Each figure is
the least processor time of many short rounds, in nanoseconds a request, so that what else the
machine does hardly shows. A part is measured by itself; what the parts leave is calls between them.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextvars import copy_context
from struct import pack
from typing import Any

from tars_runtime import codec, rpc
from tars_runtime.application.dispatch import Dispatcher, Observer
from tars_runtime.application.job import new_job
from tars_runtime.application.routes import routes_of
from tars_runtime.application.runner import new_event_loop
from tars_runtime.codec.engines import ENGINE
from tars_runtime.config import AdapterConfig
from tars_runtime.net.eager import Starter
from tars_runtime.net.seldom import Seldom
from tars_runtime.net.server import ServerConnection
from tars_runtime.protocol import ServerWire
from tars_runtime.protocol.plain import write_success
from tars_runtime.report.property import Avg, Count, Distr, Max, Min, PropertyTable
from tars_runtime.report.rows import server_rows
from tars_runtime.report.stat import StatTable
from tars_runtime.rpc.current import CURRENT

from benchmarks.rpc.frames import TEXT, tars_request
from tests.interop.peers import OBJECT

ROUNDS, REQUESTS = 300, 640
"""Rounds of which the least counts, and requests of each."""

SAY = rpc.Method(
    "say", takes=(codec.require(1, "text", codec.STRING),), gives=codec.STRING
)


class Peer(rpc.Servant):
    """Gives the text back."""

    __tars__ = (SAY,)

    async def say(self, text: str) -> str:
        return text


class Nowhere:
    """A transport that takes everything, and an owner that admits everybody."""

    warn = Seldom(logging.getLogger("benchmarks"))

    def admit(self, _connection: object) -> bool:
        return True

    def forget(self, _connection: object) -> None:
        """Nobody was remembered."""

    def get_extra_info(self, _name: str) -> tuple[str, int]:
        return "127.0.0.1", 40000

    def is_closing(self) -> bool:
        return False

    def write(self, _data: bytes) -> None:
        """Sent."""


def least(run: Callable[[], object], requests: int = 1) -> float:
    """Nanoseconds of processor time that ``run`` takes for each of its requests, at best."""
    times = []
    calls = range(REQUESTS // requests)
    for _ in range(ROUNDS):
        begun = time.thread_time_ns()
        for _ in calls:
            run()
        times.append((time.thread_time_ns() - begun) / (len(calls) * requests))
    return min(times)


def own(run: Callable[[], object]) -> float:
    """The same without the call of ``run`` itself."""
    return least(run) - least(lambda: None)


def stream(requests: int) -> bytes:
    """What one read brings: requests that differ in their ids."""
    frame = bytearray(tars_request())
    place = frame.index(b"\x42") + 1
    data = b""
    for number in range(1, requests + 1):
        frame[place : place + 4] = pack(">i", number)
        data += frame
    return data


def observers() -> list[Observer]:
    """Statistics and the adapter's times, as a server has them that reports to a platform."""
    times = PropertyTable("Interop.PeerServer", "").property(
        "handled", Avg(), Min(), Max(), Count(), Distr((5, 10, 50, 100))
    )
    return [
        server_rows(StatTable(), "Interop.PeerServer", "", "1"),
        lambda *told: times.report(int(told[2] * 1000)),
        lambda *told: times.report(int(told[2] * 1000)),
    ]


def dispatcher(*watching: Observer) -> Dispatcher:
    """One that serves `Peer`."""
    made = Dispatcher(
        asyncio.get_running_loop(), AdapterConfig(), fatal=print, observers=watching
    )
    made.add(OBJECT, routes_of(OBJECT, Peer()))
    return made


def whole(requests: int, *watching: Observer) -> float:
    """From a read to its write."""
    nowhere: Any = Nowhere()
    loop = asyncio.get_running_loop()
    connection = ServerConnection(loop, dispatcher(*watching).handle, nowhere)
    connection.connection_made(nowhere)
    data = stream(requests)
    return least(lambda: connection.data_received(data), requests)


def parts() -> dict[str, float]:
    """What can be measured by itself."""
    serving, wire, data = dispatcher(), ServerWire(), stream(32)
    (request,) = wire.receive_data(stream(1))
    peer: Any = Nowhere()
    route = routes_of(OBJECT, Peer())["say"]
    job = new_job(request, peer, route, 0.0)  # type: ignore[arg-type]  # no Broken
    starter = Starter(asyncio.get_running_loop())
    body = SAY.result.build(TEXT)
    coroutine = own(lambda: route.run(TEXT).close())
    first = own(lambda: starter.start(route.run(TEXT), copy_context(), CURRENT, job))
    return {
        "finding and decoding a request": least(lambda: wire.receive_data(data), 32),
        "the call's record": own(lambda: new_job(request, peer, route, 0.0)),  # type: ignore[arg-type]  # likewise
        "decoding the arguments": own(lambda: route.parse(job.request.body)),
        "the servant's coroutine": coroutine,
        "its context and first step": first - coroutine,
        "encoding the result": own(lambda: route.build(TEXT)),
        "encoding the answer": own(lambda: write_success(1, body)),
        "all that a handler does": own(lambda: serving.handle(peer, request, 0.0)),  # type: ignore[arg-type]  # likewise
    }


async def measure() -> None:
    """Print everything; in a callback of the loop, as reads come."""
    done = asyncio.get_running_loop().create_future()

    def run() -> None:
        figures = {
            "a request of a read of 32": whole(32),
            "a request that comes alone": whole(1),
            "with statistics, of 32": whole(32, *observers()),
            **parts(),
        }
        print(f"codec: {ENGINE}")
        for name, value in figures.items():
            print(f"{name:32}{value:6.0f} ns")
        done.set_result(None)

    asyncio.get_running_loop().call_soon(run)
    await done


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(measure())
