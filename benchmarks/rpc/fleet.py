"""The servers that are compared: all alive at once, each kept on its core, loaded in turn."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import load
from benchmarks.rpc.frames import http_request, tars_request, thrift_request
from tests.interop.peers import PEERS, Unavailable, free_port, stop

__all__ = ["GENERATOR_CORE", "KINDS", "SERVER_CORE", "Fleet", "Running"]

GENERATOR_CORE, SERVER_CORE = 0, 1

_SERVERS = Path(__file__).parent / "servers"
_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Kind:
    """A server that can be measured."""

    title: str
    frames: Callable[[], bytes] = tars_request
    protocol: str = "tars"
    language: str = ""
    script: str = ""
    modules: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    options: tuple[str, ...] = ()
    pinned: bool = True


KINDS = {
    "ours": Kind(
        "tars_runtime, pure Python, uvloop",
        language="python",
        modules=("uvloop",),
        environment={"TARS_CODEC": "compiled"},
    ),
    "ours_native": Kind(
        "tars_runtime, native codec, uvloop",
        language="python",
        modules=("uvloop",),
        environment={"TARS_CODEC": "native"},
    ),
    "ours_asyncio": Kind(
        "tars_runtime, pure Python, asyncio",
        language="python",
        environment={"TARS_CODEC": "compiled", "TARS_LOOP": "asyncio"},
    ),
    "pair": Kind(
        "tars_runtime, pure Python, uvloop, any core",
        language="python",
        modules=("uvloop",),
        environment={"TARS_CODEC": "compiled"},
        pinned=False,
    ),
    "two_processes": Kind(
        "tars_runtime with processes=2, any core",
        language="python",
        modules=("uvloop",),
        environment={"TARS_CODEC": "compiled"},
        options=("--processes", "2"),
        pinned=False,
    ),
    "limit": Kind(
        "framing only, canned answers, uvloop", script="limit.py", modules=("uvloop",)
    ),
    "tarsgo": Kind(
        "TarsGo 1.4.5, GOMAXPROCS=1", language="go", environment={"GOMAXPROCS": "1"}
    ),
    "tarsgo_2": Kind(
        "TarsGo 1.4.5, GOMAXPROCS=2, both cores",
        language="go",
        environment={"GOMAXPROCS": "2"},
        pinned=False,
    ),
    "tars_node": Kind("@tars/rpc 2.0.15", language="node"),
    "thriftpy2": Kind(
        "thriftpy2 TThreadedServer, C protocol",
        frames=thrift_request,
        protocol="framed",
        script="thrift.py",
        modules=("thriftpy2",),
    ),
    "uvicorn_json": Kind(
        "uvicorn (uvloop, httptools), JSON",
        frames=http_request,
        protocol="http",
        script="uvicorn_json.py",
        modules=("uvicorn", "httptools", "uvloop"),
    ),
    "grpc_aio": Kind("grpc.aio", script="grpc_aio.py", modules=("grpc",), pinned=False),
    "grpclib": Kind(
        "grpclib, uvloop",
        script="grpclib_.py",
        modules=("grpclib", "uvloop"),
        pinned=False,
    ),
}


@dataclass(frozen=True)
class Running:
    """A server that answers."""

    kind: Kind
    port: int
    pid: int

    def load(self, connections: int, inflight: int, seconds: float) -> load.Load:
        """Load it from the generator's core."""
        return load.run(
            self.port,
            frames=self.kind.frames(),
            protocol=self.kind.protocol,
            connections=connections,
            inflight=inflight,
            seconds=seconds,
            warmup=0.3,
            core=GENERATOR_CORE,
        )


class Fleet:
    """Servers by name; one that cannot be had is a reason instead."""

    def __init__(self) -> None:
        self.running: dict[str, Running] = {}
        self.missing: dict[str, str] = {}
        self._stack = ExitStack()

    def launch(self, name: str, kind: Kind | None = None) -> None:
        """Start a server of ``KINDS``; what stops it from running is kept in ``missing``."""
        kind = kind or KINDS[name]
        port = free_port()
        try:
            process = self._stack.enter_context(_serving(kind, port))
        except (Unavailable, subprocess.CalledProcessError, AssertionError) as reason:
            self.missing[name] = str(reason).strip().splitlines()[-1]
        else:
            self.running[name] = Running(kind, port, process.pid)

    def __enter__(self) -> Fleet:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


@contextmanager
def _serving(kind: Kind, port: int) -> Iterator[subprocess.Popen[str]]:
    for module in kind.modules:
        if importlib.util.find_spec(module) is None:
            raise Unavailable(f"expected the module {module}, got none: pip install it")
    prefix = tuple(load.pinned(SERVER_CORE if kind.pinned else None))
    if kind.language:
        with PEERS[kind.language].serving(
            port, options=kind.options, prefix=prefix, environment=kind.environment
        ) as process:
            yield process
        return
    with _script(kind, port, prefix) as process:
        yield process


@contextmanager
def _script(
    kind: Kind, port: int, prefix: tuple[str, ...]
) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*prefix, sys.executable, str(_SERVERS / kind.script), str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # thriftpy2 prints a traceback for each closed connection
        text=True,
        env={**os.environ, "PYTHONPATH": str(_ROOT), **kind.environment},
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        if process.stdout.readline().strip() != "READY":
            raise AssertionError(f"{kind.title} did not start")
        yield process
    finally:
        stop(process)
