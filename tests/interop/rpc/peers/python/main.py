"""Interface Peer of interop.tars on our own runtime: a server, and a client that checks one.

The same three commands as the peers in other languages: ``serve``, ``call``, ``watch``.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping

from Interop import (
    Color,
    Everything,
    PeerBlocking,
    PeerOneWay,
    PeerOutsReply,
    PeerProxy,
    PeerServant,
    Point,
)
from tars_runtime import codec, errors, rpc
from tars_runtime.application import Application
from tars_runtime.communicator import Communicator
from tars_runtime.config import ServerConfig

OBJECT = "Interop.PeerServer.PeerObj"


def show(point: Point) -> str:
    return f"{point.x}/{point.label}"


def pairs(items: Mapping[int, str] | Mapping[str, str]) -> str:
    return ",".join(f"{key}:{text}" for key, text in sorted(items.items()))


def describe(v: Everything) -> str:
    """The one-line description that both ends of a call must agree on."""
    shown: dict[str, object] = {
        "flag": int(v.flag),
        "tiny": v.tiny,
        "small": v.small,
        "number": v.number,
        "big": v.big,
        "utiny": v.utiny,
        "usmall": v.usmall,
        "unumber": v.unumber,
        "single": round(v.single * 1000),
        "exact": round(v.exact * 1000),
        "text": v.text,
        "color": int(v.color),
        "raw": v.raw.hex(),
        "numbers": ",".join(map(str, v.numbers)),
        "words": ",".join(v.words),
        "counts": pairs({key: str(count) for key, count in v.counts.items()}),
        "names": pairs(v.names),
        "point": show(v.point),
        "points": ",".join(map(show, v.points)),
        "groups": pairs(
            {k: f"[{','.join(map(show, p))}]" for k, p in v.groups.items()}
        ),
        "note": v.note,
        "last": v.last,
    }
    return ";".join(f"{name}={value}" for name, value in shown.items())


class Peer(PeerServant):
    """The server role."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.notes = Counter[str]()

    async def echo(self, value: Everything) -> Everything:
        return value

    async def describe(self, value: Everything) -> str:
        return describe(value)

    async def outs(self, a: int, b: int) -> PeerOutsReply:
        text = str(a)
        raw = a.to_bytes(4, "big", signed=True)
        return PeerOutsReply(a + b, text, raw, {text: a}, Point(x=a, label=text))

    async def say(self, text: str) -> str:
        return text

    async def nothing(self) -> None:
        return None

    async def reversed(self, data: bytes) -> bytes:
        return data[::-1]

    async def fail(self, code: int, message: str) -> int:
        raise rpc.ServerError(code, message)

    async def context(self, answer: str) -> dict[str, str]:
        call = rpc.current()
        call.reply_context["answer"] = answer
        return dict(call.context)

    async def note(self, topic: str) -> None:
        self.notes[topic] += 1

    async def noted(self, topic: str) -> int:
        return self.notes[topic]

    async def nap(self, milliseconds: int) -> int:
        await asyncio.sleep(milliseconds / 1000)
        return milliseconds

    async def who(self) -> str:
        return self.name


SAMPLES = {
    "extremes": Everything(
        flag=True,
        tiny=-128,
        small=-32768,
        number=-(2**31),
        big=-(2**63),
        utiny=255,
        usmall=65535,
        unumber=2**32 - 1,
        single=-0.5,
        exact=1234567.125,
        text="x" * 300,
        color=Color.BLUE,
        raw=bytes([0, 255, 127, 128]),
        numbers=[0, 127, 128, 32767, 32768, 2**31 - 1, -(2**31)],
        words=[""],
        counts={"": -1},
        names={-1: ""},
        point=Point(x=-1, label=""),
        points=[Point(x=0, label="zero")],
        groups={"": []},
        note="",
        last=2**63 - 1,
    ),
    "plenty": Everything(
        tiny=1,
        small=300,
        number=70000,
        big=1 << 40,
        utiny=200,
        usmall=40000,
        unumber=3000000000,
        single=1.5,
        exact=-2.25,
        text="čtyři 四 🙂",
        color=Color.GREEN,
        raw=b"\x07" * 300,
        numbers=[1, 2, 3],
        words=["a", "čé", "四"],
        counts={"one": 1, "two": 2},
        names={1: "one", 70000: "many"},
        point=Point(x=3, label="here"),
        points=[Point(x=1, label="a"), Point(x=2, label="b")],
        groups={"g": [Point(x=1, label="x"), Point(x=2, label="y")], "h": []},
        note="a note",
        last=5,
    ),
    "defaults": Everything(),
}


def expect(expected: object, got: object) -> None:
    if expected != got:
        raise AssertionError(f"expected {expected}, got {got}")


class Checks:
    """The client role: every check of the interface."""

    def __init__(self, communicator: Communicator, target: str) -> None:
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
)


async def call(target: str, locator: str) -> bool:
    good = True
    async with Communicator(locator=locator, call_timeout=5.0) as communicator:
        checks = Checks(communicator, target)
        for check in CHECKS:
            name = check.__name__.replace("_", "-")
            try:
                await check(checks)
            except (AssertionError, errors.TarsError) as failure:
                good = False
                print(
                    name,
                    "FAIL",
                    " ".join(f"{type(failure).__name__} {failure}".split()),
                )
            else:
                print(name, "ok")
    return good


async def watch(target: str, locator: str, seconds: float) -> bool:
    """Call who() all the time and say who answered: who left must not come up again."""
    end = time.monotonic() + seconds
    async with Communicator(locator=locator, refresh_interval=0.5) as communicator:
        peer = communicator.proxy(PeerProxy, target)
        while time.monotonic() < end:
            try:
                print("who", await peer.who(), flush=True)
            except errors.TarsError as failure:
                print("error", failure, flush=True)
            await asyncio.sleep(0.02)
    return True


def serve(host: str, port: int, name: str, processes: int) -> bool:
    config = ServerConfig(app="Interop", server="PeerServer", processes=processes)
    app = Application(config)
    endpoint = f"tcp -h {host} -p {port} -t 60000"
    app.add_adapter("PeerObjAdapter", endpoint, max_connections=200_000)
    app.add_servant(OBJECT, Peer(name), adapter="PeerObjAdapter")
    background = set[asyncio.Task[None]]()

    async def announce() -> None:
        await app.started()
        print("READY", flush=True)

    @app.on_start
    async def begin() -> None:
        background.add(asyncio.create_task(announce()))

    app.run()
    return True


def main() -> bool:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=["serve", "call", "watch"])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--name", default="python")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--object", default=OBJECT)
    parser.add_argument("--locator", default="")
    parser.add_argument("--seconds", type=float, default=10.0)
    given = parser.parse_args()
    if given.command == "serve":
        return serve(given.host, given.port, given.name, given.processes)
    if given.command == "call":
        return asyncio.run(call(given.object, given.locator))
    return asyncio.run(watch(given.object, given.locator, given.seconds))


if __name__ == "__main__":
    sys.exit(not main())
