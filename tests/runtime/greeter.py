"""The servant that the runtime's tests serve, and what they call it by."""

from __future__ import annotations

import asyncio
import threading

from Demo import GreeterGreetReply, GreeterServant, Greeting, Mood
from tars_runtime import rpc

NAME = "Demo.HelloServer.GreeterObj"


class Greeter(GreeterServant):
    """Coroutines and a plain ``def``; waits when told to."""

    def __init__(self) -> None:
        self.resting = asyncio.Event()
        self.wake = asyncio.Event()
        self.rested = 0
        self.cancelled = 0
        self.threads: set[str] = set()
        self.seen: list[rpc.Current] = []

    async def greet(self, greeting: Greeting) -> GreeterGreetReply:
        call = rpc.current()
        self.seen.append(call)
        if "echo" in call.context:
            call.reply_context["echo"] = call.context["echo"]
        match greeting.name:
            case "code":
                raise rpc.ServerError(77, "not today")
            case "broken":
                raise KeyError("a secret of the server")
            case "unwritable":
                return GreeterGreetReply(ret=2**40)
            case "exit":
                raise SystemExit(3)
        return GreeterGreetReply(
            ret=len(greeting.name), text=f"hello {greeting.name}", seen=greeting.places
        )

    def count(self, mood: Mood | int) -> dict[int, int]:
        self.threads.add(threading.current_thread().name)
        if mood == 99:
            raise rpc.ServerError(-98, "no such mood")
        return {int(mood): 2**40}

    async def rest(self) -> None:
        self.resting.set()
        try:
            await self.wake.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        self.rested += 1
