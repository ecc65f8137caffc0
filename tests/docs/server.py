"""Runs a server of an example until the test is over."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["free_port", "running"]

_CONFIG = """\
<tars>
  <application>
    <server>
      app=Demo
      server=HelloServer
      logpath={folder}/log
      <Demo.HelloServer.HelloObjAdapter>
        servant=Demo.HelloServer.HelloObj
        endpoint=tcp -h 127.0.0.1 -p {port}
      </Demo.HelloServer.HelloObjAdapter>
    </server>
  </application>
</tars>
"""


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def running(script: Path, folder: Path, port: int) -> Iterator[None]:
    """``script`` with a configuration for ``port``; its package stands in ``folder``."""
    config = folder / "server.conf"
    config.write_text(_CONFIG.format(folder=folder, port=port))
    command = [sys.executable, str(script), f"--config={config}"]
    environment = {"PYTHONPATH": str(folder)}
    with subprocess.Popen(command, cwd=folder, env=environment) as process:
        try:
            until = time.monotonic() + 20
            while not _listens(port) and process.poll() is None:
                assert time.monotonic() < until, "the server does not listen"
                time.sleep(0.02)  # a process tells nobody that it listens
            yield
        finally:
            process.terminate()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
