"""One communicator, several event loops; one communicator, two processes."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from Demo import GreeterBlocking, GreeterProxy, Greeting
from greeter import NAME, Greeter
from tars_runtime import testing
from tars_runtime.communicator import Communicator


@pytest.fixture
def endpoint() -> Iterator[str]:
    """A server in a thread of its own; gives ``Obj@endpoint``."""
    ready, told = threading.Event(), []
    stop: list[Any] = []

    async def serve() -> None:
        over = asyncio.Event()
        stop.extend((asyncio.get_running_loop(), over))
        async with testing.serving({NAME: Greeter()}) as (app, _):
            told.append(f"{NAME}@{app.endpoint(NAME)}")
            ready.set()
            await over.wait()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert ready.wait(10)
    yield told[0]
    stop[0].call_soon_threadsafe(stop[1].set)
    thread.join(10)


def test_two_event_loops_one_after_the_other(endpoint: str) -> None:
    client = Communicator()
    greeter = client.proxy(GreeterProxy, endpoint)

    async def ask() -> str:
        reply = await greeter.greet(Greeting(name="Ann"))
        await client.core(asyncio.get_running_loop()).close()
        return reply.text

    assert asyncio.run(ask()) == "hello Ann"
    assert asyncio.run(ask()) == "hello Ann"


def test_two_event_loops_at_once(endpoint: str) -> None:
    client = Communicator()
    greeter = client.proxy(GreeterProxy, endpoint)
    results: list[str] = []
    both = threading.Barrier(2)

    async def ask() -> None:
        for n in range(50):
            reply = await greeter.greet(Greeting(name=f"n{n}"))
            assert reply.text == f"hello n{n}"
            if n == 10:
                await asyncio.to_thread(both.wait, 10)
        await client.core(asyncio.get_running_loop()).close()
        results.append(reply.text)

    threads = [threading.Thread(target=asyncio.run, args=(ask(),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert results == ["hello n49"] * 2


def test_a_forked_child_makes_its_own_connections(endpoint: str) -> None:
    with Communicator() as client:
        greeter = client.proxy(GreeterBlocking, endpoint)
        assert greeter.greet(Greeting(name="parent")).text == "hello parent"
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                text = greeter.greet(Greeting(name="child"), timeout=5).text
                os.write(writing, text.encode())
            finally:
                os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as answer:
            assert answer.read() == "hello child"
        assert os.waitpid(child, 0)[1] == 0
        for _ in range(20):
            assert greeter.greet(Greeting(name="parent")).text == "hello parent"


def test_a_child_forked_from_async_code_may_run_its_own_loop(endpoint: str) -> None:
    client = Communicator()
    greeter = client.proxy(GreeterProxy, endpoint)

    async def ask(name: str) -> str:
        reply = await greeter.greet(Greeting(name=name), timeout=5)
        await client.core(asyncio.get_running_loop()).close()
        return reply.text

    assert asyncio.run(ask("parent")) == "hello parent"
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writing, asyncio.run(ask("child")).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        assert answer.read() == "hello child"
    os.waitpid(child, 0)
    assert asyncio.run(ask("parent")) == "hello parent"
