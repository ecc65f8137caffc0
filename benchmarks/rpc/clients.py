"""Clients in Python, each calling its own framework's server: ``clients.py KIND PORT ...``.

``--inflight`` callers share ``--connections`` connections; each calls, waits, and calls again.
Prints one JSON object: calls a second, and the times of a call in microseconds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from benchmarks.rpc.frames import TEXT

Call = Callable[[], Awaitable[object]]
BYTES = TEXT.encode()


@asynccontextmanager
async def tars(port: int, connections: int) -> AsyncIterator[list[Call]]:
    """Our client."""
    from Interop import PeerProxy
    from tars_runtime.communicator import Communicator

    from tests.interop.peers import OBJECT

    target = f"{OBJECT}@tcp -h 127.0.0.1 -p {port} -t 60000"
    async with Communicator(connections=connections) as communicator:
        say = communicator.proxy(PeerProxy, target).say
        yield [lambda: say(TEXT)] * connections


@asynccontextmanager
async def grpc_aio(port: int, connections: int) -> AsyncIterator[list[Call]]:
    """grpc.aio, a channel of its own for each connection."""
    import grpc.aio  # type: ignore[import-untyped]  # has no types of its own

    def call_of(channel: Any) -> Call:
        say = channel.unary_unary("/Peer/say")
        return lambda: say(BYTES)

    async with AsyncExitStack() as stack:
        calls = []
        for _ in range(connections):
            channel = grpc.aio.insecure_channel(
                f"127.0.0.1:{port}", options=[("grpc.use_local_subchannel_pool", 1)]
            )
            calls.append(call_of(await stack.enter_async_context(channel)))
        yield calls


@asynccontextmanager
async def grpclib(port: int, connections: int) -> AsyncIterator[list[Call]]:
    """grpclib, a channel for each connection."""
    from grpclib.client import Channel, UnaryUnaryMethod

    from benchmarks.rpc.servers.plain_codec import PlainCodec

    def call_of(channel: Channel) -> Call:
        say: Any = UnaryUnaryMethod(channel, "/Peer/say", bytes, bytes)
        return lambda: say(BYTES)

    channels = [
        Channel("127.0.0.1", port, codec=PlainCodec()) for _ in range(connections)
    ]
    try:
        yield [call_of(channel) for channel in channels]
    finally:
        for channel in channels:
            channel.close()


KINDS = {"tars": tars, "grpc_aio": grpc_aio, "grpclib": grpclib}


async def measure(
    kind: str, port: int, connections: int, inflight: int, seconds: float
) -> tuple[int, float, list[float]]:
    """Calls, seconds, and the time of each call."""
    times: list[float] = []
    async with KINDS[kind](port, connections) as calls:
        for call in calls:
            await call()
        end = time.perf_counter() + seconds

        async def caller(call: Call) -> None:
            begun = time.perf_counter()
            while begun < end:
                await call()
                done = time.perf_counter()
                times.append(done - begun)
                begun = done

        begun = time.perf_counter()
        await asyncio.gather(*(caller(calls[i % len(calls)]) for i in range(inflight)))
        return len(times), time.perf_counter() - begun, times


def measure_blocking(port: int, seconds: float) -> tuple[int, float, list[float]]:
    """Our client for code that is not async: one call at a time."""
    from Interop import PeerBlocking
    from tars_runtime.communicator import Communicator

    from tests.interop.peers import OBJECT

    times: list[float] = []
    with Communicator() as communicator:
        target = f"{OBJECT}@tcp -h 127.0.0.1 -p {port} -t 60000"
        say = communicator.proxy(PeerBlocking, target).say
        say(TEXT)
        first = begun = time.perf_counter()
        while begun < first + seconds:
            say(TEXT)
            done = time.perf_counter()
            times.append(done - begun)
            begun = done
        return len(times), begun - first, times


def main() -> None:
    """Measure one client and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=[*KINDS, "tars_blocking"])
    parser.add_argument("port", type=int)
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--inflight", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=1.5)
    given = parser.parse_args()
    if given.kind == "tars_blocking":
        count, took, times = measure_blocking(given.port, given.seconds)
    else:
        from tars_runtime.application.runner import new_event_loop

        factory = None if given.kind == "grpc_aio" else new_event_loop
        with asyncio.Runner(loop_factory=factory) as runner:
            count, took, times = runner.run(
                measure(
                    given.kind,
                    given.port,
                    given.connections,
                    given.inflight,
                    given.seconds,
                )
            )
    times.sort()
    figures = {
        "qps": count / took,
        "p50_us": times[len(times) // 2] * 1e6,
        "p99_us": times[len(times) * 99 // 100] * 1e6,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
