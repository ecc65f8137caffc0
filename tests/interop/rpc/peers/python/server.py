"""The server role: one servant that answers interface Peer."""

from __future__ import annotations

import argparse
import asyncio
from collections import Counter

from Interop import (
    Everything,
    PeerCarriedReply,
    PeerOutsReply,
    PeerProxy,
    PeerRelayedReply,
    PeerServant,
    Point,
)
from tars_runtime import codec, rpc
from tars_runtime.application import Application
from tars_runtime.config import ServerConfig
from values import describe

OBJECT = "Interop.PeerServer.PeerObj"
PUSHED = codec.result(codec.STRING)
"""A message is a result of ``say``."""


class Peer(PeerServant):
    """Answers interface Peer."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.application: Application | None = None
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

    async def patience(self) -> int:
        return rpc.current().request.timeout_ms

    async def carried(self, answer: str) -> PeerCarriedReply:
        call = rpc.current()
        call.reply_status["answer"] = answer
        return PeerCarriedReply(call.request.message_type, dict(call.status))

    async def relayed(self) -> PeerRelayedReply:
        application = self.application
        assert application is not None
        target = f"{OBJECT}@{application.endpoint(OBJECT)}"
        peer = application.communicator.proxy(PeerProxy, target)
        return PeerRelayedReply(*await peer.carried("relayed"))

    async def push(self, text: str, times: int) -> None:
        caller = rpc.current().caller
        assert caller is not None
        for _ in range(times):
            caller.push(PUSHED.build(text), "say")


def serve(given: argparse.Namespace) -> bool:
    config = ServerConfig(
        app="Interop",
        server="PeerServer",
        processes=given.processes,
        set_name=given.set,
        check_set=bool(given.checkset),
    )
    app = Application(config)
    endpoint = f"{given.transport} -h {given.host} -p {given.port} -t 60000"
    papers = {"verify_client": bool(given.verify)}
    if given.tls:
        names = {"ca": "ca.pem", "cert": "server.pem", "key": "server.key"}
        papers |= {key: f"{given.tls}/{name}" for key, name in names.items()}
    app.add_adapter("PeerObjAdapter", endpoint, max_connections=200_000, **papers)
    peer = Peer(given.name)
    peer.application = app
    app.add_servant(OBJECT, peer, adapter="PeerObjAdapter")
    background = set[asyncio.Task[None]]()

    async def announce() -> None:
        await app.started()
        print("READY", flush=True)

    @app.on_start
    async def begin() -> None:
        background.add(asyncio.create_task(announce()))

    app.run()
    return True
