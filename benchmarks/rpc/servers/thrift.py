"""thriftpy2's threaded server with its C protocol and framed transport: ``thrift.py PORT``."""

from __future__ import annotations

import io
import sys
from typing import Any

import thriftpy2
import thriftpy2.rpc
from thriftpy2.protocol import TCyBinaryProtocolFactory
from thriftpy2.transport import TCyFramedTransportFactory

IDL = "service Peer { string say(1: string text) }"


class Peer:
    """The service."""

    def say(self, text: str) -> str:
        return text


def main(port: int) -> None:
    module: Any = thriftpy2.load_fp(io.StringIO(IDL), "peer_thrift")
    make: Any = thriftpy2.rpc.make_server
    factory: Any = TCyBinaryProtocolFactory
    server = make(
        module.Peer,
        Peer(),
        "127.0.0.1",
        port,
        proto_factory=factory(),
        trans_factory=TCyFramedTransportFactory(),
        client_timeout=None,
    )
    server.trans.listen()
    server.trans.listen = lambda: None
    print("READY", flush=True)
    server.serve()


main(int(sys.argv[1]))
