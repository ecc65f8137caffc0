"""The program ``tarsregistry`` as it is run, for tests: started, asked, ended."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

from tars_registry.app import main
from tars_registry.refusals import UNAVAILABLE
from tars_runtime.communicator import Communicator
from tars_runtime.errors import ServerError
from tars_runtime.interfaces.tars import (
    AdapterConf,
    QueryFProxy,
    onStartupReq,
    tarsregistryProxy,
)

from tests.registry.mortal import die_with_parent

__all__ = [
    "OBJECT",
    "PROGRAM",
    "Client",
    "Process",
    "Said",
    "environment",
    "run",
    "say",
    "startup",
]

PROGRAM = [
    sys.executable,
    "-c",
    "from tars_registry.app import main; raise SystemExit(main())",
]
ATTEMPTS = 10
OBJECT = "Demo.HelloServer.HelloObj"


class Process:
    """``tarsregistry serve`` on free ports; ``through`` is a command that runs it."""

    def __init__(
        self,
        folder: Path,
        *flags: str,
        through: Sequence[str] = (),
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.log = (folder / "log").open("a+")
        self.process = subprocess.Popen(
            [
                *through,
                *PROGRAM,
                "serve",
                "--port",
                "0",
                "--http-port",
                "0",
                "--db",
                str(folder / "r.db"),
                *flags,
            ],
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
            env=environment() | dict(variables or {}),
            preexec_fn=die_with_parent,
        )
        assert self.process.stdout is not None
        self.ready = self.process.stdout.readline()
        found = re.match(r"tarsregistry ready: [\d.]+:(\d+), .* http (\d+)", self.ready)
        if found is None:
            self.close()
            raise RuntimeError(f"{self.ready!r}: {(folder / 'log').read_text()}")
        self.port, self.http = int(found[1]), int(found[2])

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(
            f"http://127.0.0.1:{self.http}{path}", timeout=5
        ) as page:
            text = page.read().decode()
            kind = page.headers["Content-Type"]
        return json.loads(text) if kind == "application/json" else text

    def say(self, command: str, *arguments: str) -> Said:
        """Run a command that asks this registry."""
        return say(command, "--registry", f"127.0.0.1:{self.port}", *arguments)

    def kill(self) -> None:
        """End it as a power failure would."""
        self.process.kill()
        self.close()

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        code = self.process.wait(timeout=20)
        self.close()
        return code

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(timeout=20)
        if self.process.stdout is not None:
            self.process.stdout.close()
        self.log.close()


class Said(NamedTuple):
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str


def say(*arguments: str) -> Said:
    """Run a command in this process, which is quicker; what it raises is not caught."""
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
        try:
            code = main(arguments)
        except SystemExit as ended:
            code = int(ended.code or 0)
    return Said(code, out.getvalue(), err.getvalue())


def environment() -> dict[str, str]:
    kept = {"PATH", "HOME", "PYTHONPATH", "LANG"}
    return {name: value for name, value in os.environ.items() if name in kept}


def run(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, *arguments],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        env=environment(),
        **options,
    )


def startup(node: str = "127.0.0.1", **fields: Any) -> onStartupReq:
    endpoint = f"tcp -h {node} -p 10000 -t 60000"
    adapters = [AdapterConf(servant=OBJECT, endpoint=endpoint, protocol="tars")]
    return onStartupReq(
        nodeName=node,
        application="Demo",
        server="HelloServer",
        adapters=adapters,
        **fields,
    )


class Client:
    """Proxies of a registry."""

    def __init__(self, communicator: Communicator, port: int) -> None:
        at = f"@tcp -h 127.0.0.1 -p {port} -t 60000"
        self.registry = communicator.proxy(
            tarsregistryProxy, "tars.tarsregistry.Registry" + at
        )
        self.query = communicator.proxy(QueryFProxy, "tars.tarsregistry.QueryObj" + at)

    async def start(self, node: str = "127.0.0.1", **fields: Any) -> None:
        """Register, as a server does it: again when the answer is to try again."""
        for _ in range(ATTEMPTS):
            try:
                return await self.registry.onStartup(startup(node, **fields))
            except ServerError as error:
                if error.code != UNAVAILABLE:
                    raise
        raise RuntimeError(
            f"no commit within {ATTEMPTS} attempts: is the disk so slow?"
        )
