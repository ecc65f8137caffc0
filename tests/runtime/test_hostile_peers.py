"""Peers that drip, read nothing, or make a servant exit: what they cost, and what goes on."""

from __future__ import annotations

import asyncio
import gc
import struct
import tracemalloc

from Demo import Greeting
from greeter import NAME, Greeter
from pair import until
from tars_runtime.application.state import State
from tars_runtime.protocol import Request, send_reconnect, send_request
from victim import MEBIBYTE, Victim, answers, request, under_attack


async def test_s24_slow_drips_are_held_cheaply(victim: Victim) -> None:
    writers = []
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for _ in range(20):
        _, writer = await asyncio.open_connection("127.0.0.1", victim.port)
        writer.write(struct.pack(">I", 10 * MEBIBYTE))
        writers.append(writer)
    for _ in range(200):
        for writer in writers:
            writer.write(b"x")
        await asyncio.sleep(0)
    await victim.still_answers()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held - before < 4 * MEBIBYTE
    for writer in writers:
        writer.close()


async def drip(victim: Victim) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A third of a mebibyte of a request of five."""
    reader, writer = await asyncio.open_connection("127.0.0.1", victim.port)
    writer.write(struct.pack(">I", 5 * MEBIBYTE) + bytes(MEBIBYTE // 3))
    return reader, writer


async def test_s24_all_drips_together_have_a_limit() -> None:
    async with under_attack(unfinished=1 * MEBIBYTE) as victim:
        room = victim.app.adapters[0].listener.room  # type: ignore[union-attr]  # TCP's
        held = [await drip(victim) for _ in range(2)]
        await until(lambda: room.held > MEBIBYTE // 2)
        reader, writer = await drip(victim)
        async with asyncio.timeout(5):
            assert await reader.read() == b"", "the one that was too many"
        assert len(victim.app.adapters[0].listener.connections) == 2
        assert MEBIBYTE // 2 < room.held < MEBIBYTE
        await victim.still_answers()
        for _, each in [*held, (reader, writer)]:
            each.close()
        await until(lambda: room.held == 0)


async def test_s24_each_request_has_a_time_to_arrive_in() -> None:
    async with under_attack(request_timeout=0.2) as victim:
        reader, writer = await drip(victim)
        async with asyncio.timeout(5):
            assert await reader.read() == b""
        await victim.still_answers()
        writer.close()


async def test_a_peer_that_reads_nothing_is_not_served_for_ever(victim: Victim) -> None:
    """It asks for 1 MB answers and takes none: reading stops, memory stays bounded."""
    big = send_request(
        Request(
            request_id=1,
            servant=NAME,
            function="greet",
            body=Greeter.__tars__[0].arguments.build((Greeting(name="x" * MEBIBYTE),)),
        )
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", victim.port, limit=1024)
    writer.transport.pause_reading()  # type: ignore[attr-defined]  # a socket's transport
    sent = 0
    try:
        async with asyncio.timeout(0.7):
            while sent < 64:
                writer.write(big)
                await writer.drain()
                sent += 1
    except TimeoutError:
        pass
    (connection,) = victim.app.adapters[0].listener.connections
    assert connection.backlog < 8 * MEBIBYTE
    await victim.still_answers()
    assert sent < 64, "the server stopped reading"
    writer.transport.abort()
    del reader


async def test_an_exit_in_a_servant_stops_in_order_not_at_once(victim: Victim) -> None:
    body = Greeter.__tars__[0].arguments.build((Greeting(name="exit"),))
    data = await victim.attack(request(body))
    (answer,) = answers(data.partition(send_reconnect())[0])
    assert (answer.ret, answer.text) == (-99, "SystemExit")
    await until(lambda: victim.app.state is State.STOPPED)
