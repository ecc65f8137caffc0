"""A server as a process: signals, exit codes, what it prints when it cannot start."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from Demo import GreeterBlocking, GreeterOneWay, Greeting
from greeter import NAME
from tars_runtime.communicator import Communicator
from tars_runtime.errors import ConnectError

HERE = Path(__file__).resolve().parent
CONTRACTS = HERE.parents[1] / "docs" / "contracts"
SERVER = textwrap.dedent("""
    import resource
    import sys
    from greeter import NAME, Greeter
    from tars_runtime.application import Application

    class Loud(Greeter):
        async def rest(self) -> None:
            print("resting", flush=True)
            await super().rest()

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(256, hard), hard))
    LIMIT = (hard, hard)
    app = Application.from_config(sys.argv[1])
    app.add_servant(NAME, Loud())
    app.on_start(lambda: print("starting", flush=True))
    app.on_stop(lambda: resource.getrlimit(resource.RLIMIT_NOFILE) == LIMIT or print("limit"))

    @app.on_stop
    def stopped() -> None:
        print("stopped", flush=True)

    async def tell() -> None:
        await app.started()
        print("port", app.endpoint(NAME).port, flush=True)

    import asyncio
    app.on_start(lambda: setattr(app, "telling", asyncio.ensure_future(tell())))
    app.run()
    """)


def config(folder: Path, port: int = 0, extra: str = "") -> Path:
    path = folder / "server.conf"
    path.write_text(textwrap.dedent(f"""
        <tars>
          <application>
            <server>
              app=Demo
              server=HelloServer
              {extra}
              <GreeterObjAdapter>
                endpoint=tcp -h 127.0.0.1 -p {port} -t 60000
                servant={NAME}
              </GreeterObjAdapter>
            </server>
          </application>
        </tars>
        """))
    return path


def start(path: Path) -> subprocess.Popen[str]:
    env = {**os.environ, "PYTHONPATH": f"{CONTRACTS}{os.pathsep}{HERE}"}
    return subprocess.Popen(
        [sys.executable, "-c", SERVER, str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=env,
    )


@contextmanager
def serving(path: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    with start(path) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "starting\n"
            yield process, int(process.stdout.readline().split()[1])
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_in_order(tmp_path: Path, number: signal.Signals) -> None:
    with serving(config(tmp_path)) as (process, port), Communicator() as client:
        greeter = client.proxy(
            GreeterBlocking, f"{NAME}@tcp -h 127.0.0.1 -p {port} -t 60000"
        )
        assert greeter.greet(Greeting(name="Ann")).ret == 3
        process.send_signal(number)
        out, err = process.communicate(timeout=10)
        assert (process.returncode, out) == (0, "stopped\n")
        assert err.splitlines()[-1].endswith(f"stops: {number.name}")
        with pytest.raises(ConnectError):
            greeter.greet(Greeting())


def test_a_second_signal_ends_at_once(tmp_path: Path) -> None:
    path = config(tmp_path, extra="gracedowntimeout=60000")
    with serving(path) as (process, port), Communicator() as client:
        proxy = client.proxy(GreeterOneWay, f"{NAME}@tcp -h 127.0.0.1 -p {port}")
        client.blocking.run(proxy.rest())
        assert process.stdout is not None
        assert process.stdout.readline() == "resting\n"
        process.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.3)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 128 + signal.SIGTERM


def test_a_taken_port_is_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with start(config(tmp_path, port)) as process:
            out, err = process.communicate(timeout=10)
    assert process.returncode == 2
    assert err.startswith(f"Demo.HelloServer: expected to listen on 127.0.0.1:{port}")
    assert err.count("\n") == 1
    assert "stopped" in out


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ("logsize=big", r"server.conf:7: expected bytes, or a number with K"),
        ("local=tcp -h 0.0.0.0 -p 0", "expected the admin endpoint on loopback"),
    ],
)
def test_a_wrong_configuration_is_one_line(
    tmp_path: Path, extra: str, message: str
) -> None:
    path = config(tmp_path, extra=extra)
    with start(path) as process:
        _, err = process.communicate(timeout=10)
    assert process.returncode == (2 if "local" in extra else 1)
    assert message in err
