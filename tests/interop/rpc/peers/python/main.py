"""Interface Peer of interop.tars on our own runtime: a server, and a client that checks one.

The same commands as the peers in other languages; docs/interop.md tells them.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time

from checks import make_checks
from Interop import PeerProxy
from server import OBJECT, serve
from tars_runtime import errors, rpc
from tars_runtime.communicator import Communicator


def client(given: argparse.Namespace, timeout: float) -> Communicator:
    names = {"ca": "ca.pem", "cert": "client.pem", "key": "client.key"}
    papers = {key: f"{given.tls}/{name}" for key, name in names.items()}
    return Communicator(
        locator=given.locator,
        call_timeout=timeout,
        refresh_interval=0.5,
        **(papers if given.tls else {}),
    )


async def call(given: argparse.Namespace) -> bool:
    """Make every check."""
    async with client(given, 5.0) as communicator:
        return await make_checks(communicator, given.object, given.checks)


async def who(peer: PeerProxy, options: rpc.CallOptions | None = None) -> None:
    try:
        print("who", await peer.who(options=options), flush=True)
    except errors.TarsError as failure:
        print("error", failure, flush=True)


async def watch(given: argparse.Namespace) -> bool:
    """Call who() all the time and say who answered: who left must not come up again."""
    end = time.monotonic() + given.seconds
    async with client(given, 3.0) as communicator:
        peer = communicator.proxy(PeerProxy, given.object)
        while time.monotonic() < end:
            await who(peer)
            await asyncio.sleep(0.02)
    return True


async def place(given: argparse.Namespace) -> bool:
    """Say who answers a call with each hash code."""
    async with client(given, 3.0) as communicator:
        peer = communicator.proxy(PeerProxy, given.object, set_name=given.set or None)
        for code in map(int, given.codes.split(",")):
            hashed = rpc.CallOptions(hash=code, balance=given.hash or "modulo")
            await who(peer, hashed if given.hash else None)
    return True


COMMANDS = {"call": call, "watch": watch, "place": place}


def main() -> bool:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=["serve", *COMMANDS])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--name", default="python")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--transport", choices=["tcp", "udp", "ssl"], default="tcp")
    parser.add_argument("--tls", default="")
    parser.add_argument("--verify", type=int, default=0)
    parser.add_argument("--object", default=OBJECT)
    parser.add_argument("--locator", default="")
    parser.add_argument("--set", default="")
    parser.add_argument("--checkset", type=int, default=0)
    parser.add_argument("--checks", default="")
    parser.add_argument("--hash", choices=["", "modulo", "consistent"], default="")
    parser.add_argument("--codes", default="")
    parser.add_argument("--seconds", type=float, default=10.0)
    given = parser.parse_args()
    if given.command == "serve":
        return serve(given)
    return asyncio.run(COMMANDS[given.command](given))


if __name__ == "__main__":
    sys.exit(not main())
