"""One communicator, several event loops; one communicator, two processes."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import threading

from Demo import GreeterBlocking, GreeterProxy, Greeting
from tars_runtime.communicator import Communicator


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


def _greet_from_pool(name: str) -> tuple[int, str]:
    assert POOLED is not None
    return os.getpid(), POOLED.greet(Greeting(name=name), timeout=10).text


POOLED: GreeterBlocking | None = None
"""What a forked worker inherits, as it does in Celery's prefork pool."""


def test_a_forked_pool_works_with_what_it_inherits(endpoint: str) -> None:
    global POOLED
    with Communicator() as client:
        POOLED = client.proxy(GreeterBlocking, endpoint)
        POOLED.greet(Greeting(name="parent"))
        with multiprocessing.get_context("fork").Pool(3, maxtasksperchild=5) as pool:
            answers = pool.map(_greet_from_pool, [f"n{n}" for n in range(60)], 1)
        assert [text for _, text in answers] == [f"hello n{n}" for n in range(60)]
        pids = {pid for pid, _ in answers}
        assert len(pids) > 3, "workers were replaced, each made connections of its own"
        assert os.getpid() not in pids
        assert POOLED.greet(Greeting(name="parent")).text == "hello parent"


def test_a_child_of_a_child_works_too(endpoint: str) -> None:
    with Communicator() as client:
        greeter = client.proxy(GreeterBlocking, endpoint)

        def ask(depth: int) -> int:
            """Call, fork, let the child do the same; the exit code says how it went."""
            if greeter.greet(Greeting(name="Ann"), timeout=10).text != "hello Ann":
                return 1
            if depth == 0:
                return 0
            child = os.fork()
            if child == 0:
                code = 1
                try:
                    code = ask(depth - 1)
                finally:
                    os._exit(code)
            return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

        assert ask(2) == 0
