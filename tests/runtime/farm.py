"""A server of three workers, as a process, and what tests ask of it."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from Demo import GreeterBlocking, Greeting
from greeter import NAME
from tars_runtime.application import Application
from tars_runtime.communicator import Communicator
from tars_runtime.errors import TarsError
from tars_runtime.interfaces.tars import AdminFBlocking, ServerFServant, ServerInfo

HERE = Path(__file__).resolve().parent
CONTRACTS = HERE.parents[1] / "docs" / "contracts"
SERVER = textwrap.dedent("""
    import asyncio, logging, os, sys, time
    from greeter import NAME, Greeter
    from tars_runtime.application import Application

    log = logging.getLogger("server")

    class Who(Greeter):
        async def greet(self, greeting):
            if greeting.name == "die":
                os._exit(7)
            if greeting.name == "exit":
                raise SystemExit
            if greeting.name == "block":
                log.info("blocks")
                time.sleep(60)
            if greeting.name == "stop":
                app.shutdown("a caller wishes it")
            if greeting.name == "slow":
                log.info("slow begins")
                await asyncio.sleep(0.5)
            if greetings:
                greetings.inc()
            reply = await super().greet(greeting)
            reply.ret = os.getpid()
            return reply

    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        from prometheus_client import Counter
        greetings = Counter("greetings", "Greetings that were sent.")
    else:
        greetings = None

    app = Application.from_config(sys.argv[1])
    app.add_servant(NAME, Who())

    @app.admin_command("who")
    def who(words):
        return str(os.getpid())

    @app.admin_command("level")
    def level(words):
        return logging.getLevelName(logging.getLogger().level)

    @app.admin_command("same")
    async def same(words):
        return "all alike"

    @app.on_start
    def check() -> None:
        if "broken" in sys.argv:
            raise ValueError("cannot start")

    app.run()
    """)


def config(
    folder: Path, admin: int, extra: str = "", port: int = 0, transport: str = "tcp"
) -> Path:
    path = folder / "server.conf"
    path.write_text(textwrap.dedent(f"""
        <tars>
          <application>
            <server>
              app=Demo
              server=HelloServer
              processes=3
              logpath={folder}
              local=tcp -h 127.0.0.1 -p {admin} -t 60000
              {extra}
              <GreeterObjAdapter>
                endpoint={transport} -h 127.0.0.1 -p {port} -t 60000
                servant={NAME}
              </GreeterObjAdapter>
            </server>
          </application>
        </tars>
        """))
    return path


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def start(path: Path, *more: str) -> subprocess.Popen[str]:
    env = {**os.environ, "PYTHONPATH": f"{CONTRACTS}{os.pathsep}{HERE}"}
    return subprocess.Popen(
        [sys.executable, "-c", SERVER, str(path), *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=env,
    )


def until(what: str, probe: Callable[[], object], seconds: float = 15) -> None:
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        try:
            if probe():
                return
        except TarsError:
            pass
        time.sleep(0.02)
    raise AssertionError(f"expected {what} within {seconds} s")


def alive(pid: int) -> bool:
    """Whether a process runs; one that nobody reaps counts as gone."""
    try:
        return (
            Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        )
    except (FileNotFoundError, ProcessLookupError):  # the latter while it is read
        return False


class Server:
    """A running server, and clients that ask it."""

    def __init__(
        self,
        folder: Path,
        process: subprocess.Popen[str],
        admin: int,
        transport: str,
    ) -> None:
        self.process = process
        self.log = folder / "Demo" / "HelloServer" / "Demo.HelloServer.log"
        self.admin_object = f"AdminObj@tcp -h 127.0.0.1 -p {admin} -t 60000"
        self._port = 0
        self._transport = transport

    def admin(self, line: str) -> str:
        with Communicator() as client:
            return client.proxy(AdminFBlocking, self.admin_object).notify(line)

    @property
    def endpoint(self) -> str:
        if not self._port:
            found = re.search(
                rf"{NAME} at \('127.0.0.1', (\d+)\)|{NAME} at [\d.]+:(\d+)",
                self.log.read_text(),
            )
            assert found
            self._port = int(found[1] or found[2])
        return f"{NAME}@{self._transport} -h 127.0.0.1 -p {self._port} -t 60000"

    def greet(self, name: str = "Ann") -> int:
        """The worker's pid; each call on a connection of its own."""
        with Communicator() as client:
            greeter = client.proxy(GreeterBlocking, self.endpoint)
            return greeter.greet(Greeting(name=name), timeout=3.0).ret

    def has_begun(self) -> bool:
        """Whether the master replaces a worker that ends; before, it would end the server."""
        return "all 3 workers serve" in self.log.read_text()

    def children(self) -> set[int]:
        """The processes that the master has started."""
        pid = self.process.pid
        return set(
            map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        )

    def workers(self) -> set[int]:
        return {int(each) for each in re.findall(r"^\d+$", self.admin("who"), re.M)}


@contextmanager
def serving(folder: Path, extra: str = "", transport: str = "tcp") -> Iterator[Server]:
    admin = free_port()
    with start(config(folder, admin, extra, transport=transport)) as process:
        server = Server(folder, process, admin, transport)
        try:
            until("three workers", lambda: len(server.workers()) == 3)
            until("the master to hear so", server.has_begun)
            yield server
        finally:
            if process.poll() is None:
                process.terminate()
                try:
                    process.communicate(timeout=10)
                except subprocess.TimeoutExpired:
                    process.kill()


class NodeStub(ServerFServant):
    async def keepActiving(self, serverInfo: ServerInfo) -> int:
        return 0

    async def reportVersion(self, app: str, serverName: str, version: str) -> int:
        return 0

    async def getLatestKeepAliveTime(self) -> int:
        return 0


@contextmanager
def node(servant: ServerFServant) -> Iterator[str]:
    """A node's agent in a thread; gives its endpoint."""
    app = Application()
    name = "tars.tarsnode.ServerObj"
    app.add_adapter("node", "tcp -h 127.0.0.1 -p 0 -t 60000", servant=name)
    app.add_servant(name, servant)
    started = threading.Event()

    async def tell() -> None:
        await app.started()
        started.set()

    async def serve() -> None:
        await asyncio.gather(app.serve(grace=0.1), tell())

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert started.wait(10)
    try:
        yield str(app.endpoint(name))
    finally:
        app.shutdown()
        thread.join(10)
