"""The peer: K8STARS's own registry, or where that cannot be had our baseline of it.

``K8STARS_REGISTRY`` names the program, or Go builds it from its module. The last line of the
module's history is pinned, so that runs compare the same.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL

from benchmarks import load
from benchmarks.registry.places import SERVER_CORE, Registry, serving
from tests.registry.mortal import die_with_parent

__all__ = ["Peer", "find", "free_port"]

BASELINE = ("-m", "benchmarks.registry.baseline")
VERSION = "v0.0.0-20220415021140-feeeb1dc5175"
MODULE = f"""\
module bench

go 1.20

require github.com/tarscloud/k8stars {VERSION}
"""
START_SECONDS = 20.0

CONFIGURATION = """\
<tars>
  <application>
    enableset=n
    setdivision=NULL
    <server>
      app=tars
      server=tarsregistry
      localip=127.0.0.1
      local=tcp -h 127.0.0.1 -p {admin} -t 3000
      basepath={folder}/
      datapath={folder}/
      logpath={folder}/
      logLevel=ERROR
      <tars.tarsregistry.RegistryAdapter>
        endpoint=tcp -h 127.0.0.1 -p {port} -t 60000
        maxconns=20000
        protocol=tars
        queuecap=20000
        queuetimeout=60000
        servant=tars.tarsregistry.Registry
        threads=10
      </tars.tarsregistry.RegistryAdapter>
    </server>
    <client>
      sync-invoke-timeout=3000
      modulename=tars.tarsregistry
    </client>
  </application>
</tars>
"""


@dataclass(frozen=True)
class Peer:
    """Which one it is, and how it is started."""

    title: str
    program: str = ""
    """The original; empty for the baseline."""

    def serving(self, folder: Path, url: URL) -> AbstractContextManager[Registry]:
        """The peer on a free port of the servers' core."""
        if self.program:
            return _original(self.program, folder, url)
        return serving(folder, url, program=BASELINE)


def find(folder: Path) -> Peer:
    """The original if it is there or can be built in ``folder``, else the baseline and why."""
    found = os.environ.get("K8STARS_REGISTRY")
    if found:
        return Peer("K8STARS's registry in Go", found)
    why = "no K8STARS_REGISTRY, and no go"
    if shutil.which("go"):
        target = folder / "k8stars-registry"
        why = _build(folder, target)
        if not why:
            return Peer(f"K8STARS's registry in Go, {VERSION}", str(target))
    return Peer(f"its statements on 16 connections, a baseline of ours ({why})")


def _build(folder: Path, target: Path) -> str:
    """Build it; returns why not."""
    source = folder / "k8stars"
    source.mkdir(exist_ok=True)
    (source / "go.mod").write_text(MODULE)
    package = "github.com/tarscloud/k8stars/tarsregistry"
    done = subprocess.run(
        ["go", "build", "-o", target, package],
        cwd=source,
        env={**os.environ, "GOFLAGS": "-mod=mod"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 0:
        return ""
    lines = done.stderr.strip().splitlines() or ["no message"]
    return f"go build: {lines[-1].strip()}"


@contextmanager
def _original(program: str, folder: Path, url: URL) -> Iterator[Registry]:
    port, admin = free_port(), free_port()
    configuration = folder / "k8stars.conf"
    configuration.write_text(
        CONFIGURATION.format(folder=folder, port=port, admin=admin)
    )
    began = time.monotonic()
    with (folder / "registry.log").open("a") as log:
        process = subprocess.Popen(
            [*load.pinned(SERVER_CORE), program, f"--config={configuration}"],
            stdout=log,
            stderr=log,
            cwd=folder,
            env=os.environ | {"DB_DSN": _dsn(url)},
            preexec_fn=die_with_parent,
        )
    try:
        _wait(port, began + START_SECONDS)
        yield Registry(port, process.pid, time.monotonic() - began)
    finally:
        process.kill()  # its orderly stop takes a minute
        process.wait(timeout=60)


def _dsn(url: URL) -> str:
    secret = f":{url.password}" if url.password else ""
    return f"{url.username}{secret}@tcp({url.host}:{url.port})/{url.database}"


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(port: int, deadline: float) -> None:
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
