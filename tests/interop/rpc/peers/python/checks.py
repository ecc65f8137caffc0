"""The client role: every check of the interface, and who answers calls."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Literal

from Interop import (
    Everything,
    PeerBlocking,
    PeerOneWay,
    PeerOutsReply,
    PeerProxy,
    Point,
)
from tars_runtime import codec, errors, rpc
from tars_runtime.communicator import Communicator
from tars_runtime.protocol import Flag, Status
from values import SAMPLES, describe

PUSHES = 3


def expect(expected: object, got: object) -> None:
    if expected != got:
        raise AssertionError(f"expected {expected}, got {got}")


class Checks:
    """The client role: every check of the interface."""

    def __init__(self, communicator: Communicator, target: str) -> None:
        self.communicator = communicator
        self.peer = communicator.proxy(PeerProxy, target)
        self.one_way_peer = communicator.proxy(PeerOneWay, target)
        self.blocking_peer = communicator.proxy(PeerBlocking, target)

    async def ping(self) -> None:
        await self.call_by_name("tars_ping")

    async def call_by_name(self, function: str) -> None:
        method = rpc.Method[None](function, takes=(), gives=codec.VOID)
        await self.peer._call(method, timeout=None, context=None, options=None)

    async def void(self) -> None:
        await self.peer.nothing()

    async def understood(self, sample: Everything) -> None:
        """Sent twice: once to get it back, once to hear what the other side read."""
        expect(sample, await self.peer.echo(sample))
        expect(describe(sample), await self.peer.describe(sample))

    async def extremes(self) -> None:
        await self.understood(SAMPLES["extremes"])

    async def plenty(self) -> None:
        await self.understood(SAMPLES["plenty"])

    async def defaults(self) -> None:
        await self.understood(SAMPLES["defaults"])

    async def one_of_outs(self, a: int, b: int) -> None:
        text = str(a)
        raw = a.to_bytes(4, "big", signed=True)
        reply = await self.peer.outs(a, b)
        expect(
            PeerOutsReply(a + b, text, raw, {text: a}, Point(x=a, label=text)), reply
        )

    async def outs(self) -> None:
        await self.one_of_outs(-70000, 1 << 40)

    async def error(self) -> None:
        try:
            await self.peer.fail(77, "on purpose")
        except rpc.ServerError as failure:
            expect(77, failure.code)
            if "on purpose" not in str(failure):
                raise AssertionError(f"expected the text, got {failure}") from None
            return
        raise AssertionError("expected an error, got a result")

    async def unknown_function(self) -> None:
        try:
            await self.call_by_name("nowhere")
        except errors.CallError:
            return await self.peer.nothing()
        raise AssertionError("expected an error, got a result")

    async def one_way(self) -> None:
        topic = f"python-{time.monotonic_ns()}"
        for _ in range(5):
            await self.one_way_peer.note(topic)
        end = time.monotonic() + 2
        noted = 0
        while noted < 5 and time.monotonic() < end:
            noted = await self.peer.noted(topic)
        expect(5, noted)

    async def context(self) -> None:
        got = await self.peer.context("hello", context={"who": "python"})
        expect("python", got.get("who"))

    async def unicode_context(self) -> None:
        got = await self.peer.context("hello", context={"π": "四"})
        expect("四", got.get("π"))

    async def reply_context(self) -> None:
        reply = rpc.ReplyInfo()
        await self.peer.context("hello", options=rpc.CallOptions(reply=reply))
        expect("hello", reply.context.get("answer"))

    async def megabyte(self) -> None:
        data = bytes(i * 31 >> 3 & 255 for i in range(1 << 20))
        if await self.peer.reversed(data) != data[::-1]:
            raise AssertionError("other bytes came back")

    async def thousand(self) -> None:
        await asyncio.gather(*(self.one_of_outs(i, i) for i in range(1000)))

    async def time_out(self) -> None:
        begun = time.monotonic()
        try:
            await self.peer.nap(400, timeout=0.1)
        except errors.CallTimeout:
            expect(True, time.monotonic() - begun < 0.35)
            return await self.peer.nothing()
        raise AssertionError("expected a time-out, got a result")

    async def blocking(self) -> None:
        expect("hello", await asyncio.to_thread(self.blocking_peer.say, "hello"))

    async def deadline(self) -> None:
        left = await self.peer.patience(timeout=1.5)
        if not 1000 < left <= 1500:
            raise AssertionError(f"expected 1001 to 1500 ms, got {left}")

    async def dyeing(self) -> None:
        options = rpc.CallOptions(dyeing="order-17")
        flags, status = await self.peer.carried("hello", options=options)
        expect(Flag.DYED, flags & Flag.DYED)
        expect("order-17", status.get(Status.DYED_KEY))

    async def passed_on(self) -> None:
        """A call that a server makes for a dyed one is dyed, too."""
        options = rpc.CallOptions(dyeing="order-17")
        flags, status = await self.peer.relayed(options=options)
        expect(Flag.DYED, flags & Flag.DYED)
        expect("order-17", status.get(Status.DYED_KEY))

    async def trace(self) -> None:
        options = rpc.CallOptions(status={Status.TRACE_KEY: "0-a7|b3"})
        flags, status = await self.peer.carried("hello", options=options)
        expect(Flag.TRACE, flags & Flag.TRACE)
        expect("0-a7|b3", status.get(Status.TRACE_KEY))

    async def status(self) -> None:
        options = rpc.CallOptions(status={"note": "of python"})
        _, status = await self.peer.carried("hello", options=options)
        expect("of python", status.get("note"))

    async def reply_status(self) -> None:
        reply = rpc.ReplyInfo()
        await self.peer.carried("hello", options=rpc.CallOptions(reply=reply))
        expect("hello", reply.status.get("answer"))

    async def in_version(self, version: Literal[2, 3, 5]) -> None:
        """Results beside the result, and every type."""
        options = rpc.CallOptions(version=version)
        reply = await self.peer.outs(-70000, 1 << 40, options=options)
        text, raw = "-70000", bytes.fromhex("fffeee90")
        point = Point(x=-70000, label=text)
        expected = PeerOutsReply((1 << 40) - 70000, text, raw, {text: -70000}, point)
        expect(expected, reply)
        sample = SAMPLES["plenty"]
        expect(sample, await self.peer.echo(sample, options=options))

    async def tup_2(self) -> None:
        await self.in_version(2)

    async def tup_3(self) -> None:
        await self.in_version(3)

    async def tup_error(self) -> None:
        try:
            await self.peer.fail(77, "on purpose", options=rpc.CallOptions(version=3))
        except rpc.ServerError as failure:
            expect(77, failure.code)
            expect(True, "on purpose" in str(failure))
            return
        raise AssertionError("expected an error, got a result")

    async def json(self) -> None:
        await self.in_version(5)

    async def lasting(self) -> None:
        """Made only when asked for: its server is to stop meanwhile."""
        await self.ping()
        print("begun", flush=True)
        expect(1000, await self.peer.nap(1000))

    async def stray_push(self) -> None:
        """Messages that this client did not ask for: they do no harm."""
        await self.peer.push("nobody listens", PUSHES)
        expect("still here", await self.peer.say("still here"))

    async def push(self) -> None:
        pushes = self.communicator.pushes(self.peer)
        first = asyncio.ensure_future(anext(pushes))
        await asyncio.sleep(0)  # it listens from now on
        await self.peer.push("hello", PUSHES)
        async with asyncio.timeout(3):
            came = [await first] + [await anext(pushes) for _ in range(PUSHES - 1)]
        await pushes.aclose()
        said = codec.result(codec.STRING)
        expect(["hello"] * PUSHES, [said.parse(each.packet.body) for each in came])


CHECKS: tuple[Callable[[Checks], Awaitable[None]], ...] = (
    Checks.ping,
    Checks.void,
    Checks.extremes,
    Checks.plenty,
    Checks.defaults,
    Checks.outs,
    Checks.error,
    Checks.unknown_function,
    Checks.one_way,
    Checks.context,
    Checks.unicode_context,
    Checks.reply_context,
    Checks.megabyte,
    Checks.thousand,
    Checks.time_out,
    Checks.blocking,
    Checks.deadline,
    Checks.dyeing,
    Checks.passed_on,
    Checks.trace,
    Checks.status,
    Checks.reply_status,
    Checks.tup_2,
    Checks.tup_3,
    Checks.tup_error,
    Checks.json,
    Checks.lasting,
    Checks.stray_push,
    Checks.push,
)


async def make_checks(communicator: Communicator, target: str, wanted: str) -> bool:
    """Make the checks that ``wanted`` names, all when it is empty; one line each."""
    good, names = True, set(wanted.split(",")) - {""}
    checks = Checks(communicator, target)
    for check in CHECKS:
        name = check.__name__.replace("_", "-")
        if name not in names if names else check is Checks.lasting:
            continue
        try:
            await check(checks)
        except (AssertionError, TimeoutError, errors.TarsError) as failure:
            good = False
            why = " ".join(f"{type(failure).__name__} {failure}".split())
            print(name, "FAIL", why)
        else:
            print(name, "ok")
    return good
