"""A private MariaDB server: a folder of its own, a free port, gone with the tests."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import pymysql
import pytest

from tests.registry.mortal import die_with_parent

__all__ = ["MariaDB"]

START_SECONDS = 60.0


class MariaDB:
    """One server; `start` and `stop` may be called again."""

    def __init__(
        self, folder: Path, *, buffer_pool: str = "64M", options: Sequence[str] = ()
    ) -> None:
        self.folder = folder
        self.options = options
        self.port = _free_port()
        self._buffer_pool = buffer_pool
        self._process: subprocess.Popen[bytes] | None = None

    @staticmethod
    def programs() -> tuple[str, str]:
        """The installer and the server; skips the test when they are not installed."""
        path = os.environ.get("PATH", "") + os.pathsep + "/usr/sbin"
        found = [
            shutil.which(name, path=path) for name in ("mariadb-install-db", "mariadbd")
        ]
        if found[0] is None or found[1] is None:
            pytest.skip("MariaDB is not installed: apt install mariadb-server")
        return found[0], found[1]

    def install(self) -> None:
        """Make the data folder."""
        installer, _ = self.programs()
        self._run(
            [
                installer,
                "--no-defaults",
                f"--datadir={self.folder / 'data'}",
                f"--tmpdir={self.folder}",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
                *self._options(),
            ]
        )

    def start(self) -> None:
        """Start the server and wait until it answers."""
        _, server = self.programs()
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    server,
                    "--no-defaults",
                    f"--datadir={self.folder / 'data'}",
                    f"--tmpdir={self.folder}",
                    f"--socket={self.folder / 's'}",
                    f"--pid-file={self.folder / 'pid'}",
                    f"--port={self.port}",
                    "--bind-address=127.0.0.1",
                    f"--innodb-buffer-pool-size={self._buffer_pool}",
                    "--max-connections=100",
                    *self._options(),
                ],
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent,
            )
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self.execute("SELECT 1")
            except pymysql.err.OperationalError:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    text = (self.folder / "log").read_text(errors="replace")
                    raise RuntimeError(f"MariaDB did not start:\n{text}") from None
                time.sleep(0.1)
            else:
                return

    def stop(self, *, kill: bool = False) -> None:
        """Stop the server, or kill it as a power failure would."""
        if self._process is not None:
            if kill:
                self._process.kill()
            else:
                self._process.terminate()
            self._process.wait(timeout=60)
            self._process = None

    def execute(
        self, *statements: str, database: str | None = None
    ) -> list[Sequence[object]]:
        """Run statements as root; returns the rows of the last."""
        with (
            pymysql.connect(
                host="127.0.0.1",
                port=self.port,
                user="root",
                database=database,
                autocommit=True,
                connect_timeout=5,
            ) as connection,
            connection.cursor() as cursor,
        ):
            for statement in statements:
                cursor.execute(statement)
            return list(cursor.fetchall())

    @property
    def is_running(self) -> bool:
        """Whether it was started, and not stopped since."""
        return self._process is not None

    @property
    def pid(self) -> int:
        """The server's process."""
        assert self._process is not None
        return self._process.pid

    def dsn(self, database: str) -> str:
        """The database's address in the form of Go's driver."""
        return f"root@tcp(127.0.0.1:{self.port})/{database}"

    def _options(self) -> list[str]:
        return [*self.options, *(["--user=root"] if os.geteuid() == 0 else [])]

    def _run(self, command: list[str]) -> None:
        done = subprocess.run(command, capture_output=True, check=False, text=True)
        if done.returncode:
            raise RuntimeError(f"{command[0]} failed: {done.stdout}{done.stderr}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
