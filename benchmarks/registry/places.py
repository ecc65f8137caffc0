"""Where the benchmarks run: databases with nodes in them, and registries as processes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import URL
from tars_registry.storage.engine import connect_writer
from tars_registry.storage.location import locate
from tars_registry.storage.migrate import migrate

from benchmarks import load
from benchmarks.registry.frames import APPLICATION, OBJECT, SERVER, node
from tests.registry.mariadb import MariaDB
from tests.registry.mortal import die_with_parent

__all__ = [
    "GENERATOR_CORE",
    "SERVE",
    "SERVER_CORE",
    "Registry",
    "fresh_database",
    "mariadb",
    "seed",
]

GENERATOR_CORE, SERVER_CORE = 0, 1
READY_SECONDS = 60

SERVE = (
    "-c",
    "from tars_registry.app import main; raise SystemExit(main())",
    "serve",
)
"""What Python is told to run a registry."""

_CHUNK = 2000


@dataclass(frozen=True)
class Registry:
    """A registry that answers."""

    port: int
    pid: int
    started: float
    """Seconds from its start to its ready line."""

    def load(self, frames: bytes, **options: float) -> load.Load:
        """Load it from the generator's core."""
        return load.run(self.port, frames=frames, core=GENERATOR_CORE, **options)  # type: ignore[arg-type]  # passed on

    @property
    def resident_mib(self) -> float:
        """Its resident memory."""
        text = Path(f"/proc/{self.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+) kB", text)
        assert found
        return int(found[1]) / 1024


@contextmanager
def serving(
    folder: Path,
    url: URL,
    *flags: str,
    program: Sequence[str] = SERVE,
) -> Iterator[Registry]:
    """A ``tarsregistry serve`` on a free port of its own core."""
    database = url.render_as_string(hide_password=False)
    words = [*program, "--port", "0", "--http-port", "off", "--data", str(folder)]
    words += ["--db", database, *flags]
    began = time.monotonic()
    with (folder / "registry.log").open("a") as log:
        process = subprocess.Popen(
            [*load.pinned(SERVER_CORE), sys.executable, *words],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=Path(__file__).parents[2],
            env=os.environ | {"TARS_REGISTRY_LOG_LEVEL": "WARNING"},
            preexec_fn=die_with_parent,
        )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        found = re.search(r":(\d+)", line)
        if found is None:
            raise RuntimeError((folder / "registry.log").read_text()[-2000:])
        yield Registry(int(found[1]), process.pid, time.monotonic() - began)
    finally:
        process.terminate()
        process.wait(timeout=60)
        process.stdout.close()


@contextmanager
def mariadb(folder: Path) -> Iterator[MariaDB]:
    """A private MariaDB server with durable commits, its usual settings.

    The Go original opens a connection for each call that it carries out.
    """
    server = MariaDB(folder, buffer_pool="512M", options=["--max-connections=500"])
    server.install()
    server.start()
    try:
        yield server
    finally:
        server.stop()


def fresh_database(server: MariaDB, name: str) -> URL:
    """An empty database with the tables of ``db_tars``."""
    server.execute(
        f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name} CHARSET utf8"
    )
    url = locate(server.dsn(name), "", {})
    engine = connect_writer(url)
    migrate(engine)
    engine.dispose()
    return url


def seed(url: URL, count: int, *, per_object: int = 100) -> None:
    """Put as many registered, active nodes into a database; ``per_object`` share an object."""
    engine = connect_writer(url)
    if url.get_backend_name() == "sqlite":
        migrate(engine)
    for first in range(0, count, _CHUNK):
        rows = [
            _row(each, per_object) for each in range(first, min(first + _CHUNK, count))
        ]
        with engine.begin() as connection:
            for statement in _STATEMENTS:
                connection.execute(sa.text(statement), rows)
    engine.dispose()


_STATEMENTS = (
    """INSERT INTO t_node_info (node_name, node_obj, endpoint_ip, setting_state, present_state,
    last_heartbeat) VALUES (:node, :node, :node, 'active', 'active', :then)""",
    """INSERT INTO t_server_conf (application, server_name, node_name, setting_state,
    present_state) VALUES (:app, :server, :node, 'active', 'active')""",
    """INSERT INTO t_adapter_conf (application, server_name, node_name, adapter_name, servant,
    endpoint) VALUES (:app, :server, :node, :adapter, :servant, :endpoint)""",
    """INSERT INTO tars2py_lease (app, server, node, beat)
    VALUES (:app, :server, :node, :beat)""",
)


def _row(number: int, per_object: int) -> dict[str, str | int]:
    servant = f"{OBJECT}{number // per_object}"
    return {
        "node": node(number),
        "app": APPLICATION,
        "server": SERVER,
        "adapter": servant + "Adapter",
        "servant": servant,
        "endpoint": f"tcp -h {node(number)} -p 10000 -t 60000",
        "beat": int(time.time()),
        "then": "2024-01-01 00:00:00",
    }
