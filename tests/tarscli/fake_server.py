"""A server for the supervisor's tests: opens what its config says and answers like a TARS server.

Run as ``fake_server.py --config=FILE``; variables choose how it misbehaves.

==================  ======================================================================
FAKE_MUTE=1         takes connections and never answers
FAKE_LATE=SECONDS   opens its ports that much later
FAKE_EXIT=CODE      ends at once with that code
FAKE_DEAF=1         ignores SIGTERM and ``shutdown``
FAKE_LINGER=SECONDS works on for so long after it was told to end
FAKE_EVIDENCE=TEXT  what it answers to ``tars.drainstatus``
FAKE_EVENTS=FILE    where it writes what happens to it, a line each
==================  ======================================================================
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from tars_runtime import codec
from tars_runtime.config import Config
from tars_runtime.net.endpoint import Endpoint
from tars_runtime.protocol import Request, ServerWire, send_error, send_reply

TEXT = codec.result(codec.STRING)
COMMAND = codec.arguments(codec.require(1, "command", codec.STRING))


def note(text: str) -> None:
    path = os.environ.get("FAKE_EVENTS")
    if path:
        with open(path, "a", encoding="utf-8") as file:
            file.write(text + "\n")


class Served(asyncio.Protocol):
    def __init__(self, stop: asyncio.Event) -> None:
        self.wire = ServerWire()
        self.stop = stop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        if os.environ.get("FAKE_MUTE"):
            return
        for event in self.wire.receive_data(data):
            if isinstance(event, Request):
                self.transport.write(self.answer(event))

    def answer(self, request: Request) -> bytes:
        if request.function == "tars_ping":
            return send_reply(request, b"")
        if request.function == "shutdown":
            note("shutdown")
            self.stop.set()
            return send_reply(request, b"")
        if request.function == "notify":
            (command,) = COMMAND.parse(request.body)
            note(f"notify {command}")
            return send_reply(request, TEXT.build(reply_to(str(command))))
        return send_error(request, -3, "no such function")


def reply_to(command: str) -> str:
    if command == "tars.drainstatus":
        return os.environ.get("FAKE_EVIDENCE", "tars.drainstatus not support now!")
    if command.startswith("tars.setloglevel"):
        return f"set log level [{command.split()[-1]}] ok"
    return f"{command} not support now!"


async def main(path: str) -> int:
    note(f"start {os.getpid()}")
    print("fake server speaks", flush=True)
    if os.environ.get("FAKE_EXIT"):
        return int(os.environ["FAKE_EXIT"])
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1):
        loop.add_signal_handler(number, on_signal, number, stop)
    await asyncio.sleep(float(os.environ.get("FAKE_LATE", "0")))
    servers = [
        await loop.create_server(lambda: Served(stop), each.host, each.port)
        for each in endpoints(Config.load(path))
        if each.transport != "udp"
    ]
    note("listening")
    await stop.wait()
    if os.environ.get("FAKE_DEAF"):
        await asyncio.sleep(3600)
    for server in servers:
        server.close()
    await asyncio.sleep(float(os.environ.get("FAKE_LINGER", "0")))
    note("end")
    return 0


def on_signal(number: int, stop: asyncio.Event) -> None:
    note(signal.Signals(number).name)
    if number == signal.SIGTERM:
        stop.set()


def endpoints(config: Config) -> list[Endpoint]:
    server = config.domain("/tars/application/server")
    texts = [each.get("endpoint") for each in server.domains.values()]
    return [Endpoint.parse(text) for text in (*texts, server.get("local")) if text]


if __name__ == "__main__":
    chosen = [each for each in sys.argv if each.startswith("--config=")]
    sys.exit(asyncio.run(main(str(Path(chosen[0].partition("=")[2])))))
