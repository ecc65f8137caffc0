"""A registry of ours, as a process, and pods that register there."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tars_runtime.communicator import Communicator
from tars_runtime.interfaces.tars import (
    AdapterConf,
    keepAliveReq,
    onPrestopReq,
    onStartupReq,
    tarsregistryBlocking,
)

from tests.interop.peers import OBJECT, free_port

APPLICATION, SERVER, _ = OBJECT.split(".")


class Registry:
    """Where it listens, and how a server says that it is there, lives and leaves."""

    def __init__(self, port: int, communicator: Communicator) -> None:
        at = f"@tcp -h 127.0.0.1 -p {port} -t 60000"
        self.locator = f"tars.tarsregistry.QueryObj{at}"
        self.registrar = f"tars.tarsregistry.Registry{at}"
        self._proxy = communicator.proxy(tarsregistryBlocking, self.registrar)

    def startup(
        self, node: str, port: int, set_name: str = "", transport: str = "tcp"
    ) -> None:
        """Register the peer's object at this address, in a set or in none."""
        adapter = AdapterConf(
            servant=OBJECT,
            endpoint=f"{transport} -h {node} -p {port} -t 60000",
            protocol="tars",
        )
        self._proxy.onStartup(
            onStartupReq(
                nodeName=node,
                application=APPLICATION,
                server=SERVER,
                setID=set_name,
                adapters=[adapter],
            )
        )

    def beat(self, node: str, state: str) -> None:
        """Say which state the server on this node is in."""
        self._proxy.keepAlive(
            keepAliveReq(
                nodeName=node, state=state, application=APPLICATION, server=SERVER
            )
        )

    def prestop(self, node: str) -> None:
        """Take the server on this node out."""
        self._proxy.onPrestop(
            onPrestopReq(nodeName=node, application=APPLICATION, server=SERVER)
        )


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """A running registry with nothing in it."""
    folder: Path = tmp_path_factory.mktemp("registry")
    port = free_port()
    command = [str(Path(sys.executable).with_name("tarsregistry")), "serve"]
    options = ["--port", str(port), "--data", str(folder), "--http-port", "off"]
    log = folder / "log"
    with (
        log.open("w") as output,
        subprocess.Popen([*command, *options], stdout=output, stderr=output) as process,
    ):
        try:
            _await_port(port, process, log)
            with Communicator() as communicator:
                yield Registry(port, communicator)
        finally:
            process.terminate()


def _await_port(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    pytest.fail(f"the registry did not start: {log.read_text()}")


@pytest.fixture
def registered(registry: Registry) -> Iterator[Callable[..., None]]:
    """Registers servers, and takes them out again at the end."""
    nodes: list[str] = []

    def register(node: str, port: int, **options: str) -> None:
        registry.startup(node, port, **options)
        nodes.append(node)

    yield register
    for node in nodes:
        registry.prestop(node)
