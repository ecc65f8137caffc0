"""The client in the processes of others: gunicorn's and uvicorn's workers, Celery's pool."""

from __future__ import annotations

import importlib.util
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent


def needs(name: str) -> pytest.MarkDecorator:
    missing = importlib.util.find_spec(name) is None
    return pytest.mark.skipif(missing, reason=f"{name} is not installed")


def environment(endpoint: str, **more: str) -> dict[str, str]:
    contracts = HERE.parents[1] / "docs" / "contracts"
    path = f"{contracts}{os.pathsep}{HERE}"
    return {**os.environ, "GREETER": endpoint, "PYTHONPATH": path, **more}


@contextmanager
def running(
    endpoint: str, *words: str, says: str, **more: str
) -> Iterator[re.Match[str]]:
    """``python -m words...`` until it says that it is ready; gives what it said."""
    with subprocess.Popen(
        [sys.executable, "-m", *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(endpoint, **more),
    ) as process:
        assert process.stderr is not None
        seen = ""
        try:
            for line in process.stderr:
                seen += line
                if found := re.search(says, line):
                    break
            else:
                raise AssertionError(f"expected {says!r}, got:\n{seen}")
            yield found
        finally:
            process.terminate()
            process.stderr.close()


def wait_for(port: int) -> None:
    """Some tell their port before a worker listens there."""
    limit = time.monotonic() + 20
    while time.monotonic() < limit:
        with (
            suppress(ConnectionRefusedError),
            socket.create_connection(("127.0.0.1", port)),
        ):
            return
        time.sleep(0.05)
    raise AssertionError(f"expected somebody to listen at {port}")


def ask(port: str) -> set[str]:
    """The processes that answered twenty requests, each on a connection of its own."""
    pids = set()
    wait_for(int(port))
    for number in range(20):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/n{number}") as answer:
            pid, _, text = answer.read().decode().partition(" ")
        assert text == f"hello n{number}"
        pids.add(pid)
    return pids


@needs("gunicorn")
@pytest.mark.parametrize("kind", ["sync", "gthread"])
def test_gunicorn_workers_that_were_forked_after_a_call(
    endpoint: str, kind: str
) -> None:
    words = ["gunicorn", "hosted:wsgi", "--preload", "-w", "2", "-k", kind]
    with running(
        endpoint,
        *words,
        "-b",
        "127.0.0.1:0",
        says=r"Listening at: http://127.0.0.1:(\d+)",
        CALL_BEFORE_FORK="y",
    ) as ready:
        assert 1 <= len(ask(ready[1])) <= 2


@needs("uvicorn")
@pytest.mark.parametrize("workers", ["1", "2"])
def test_uvicorn_workers(endpoint: str, workers: str) -> None:
    words = ["uvicorn", "hosted:asgi", "--port", "0", "--workers", workers]
    with running(endpoint, *words, says=r"running on http://127.0.0.1:(\d+)") as ready:
        assert 1 <= len(ask(ready[1])) <= int(workers)


ASK_CELERY = """
from hosted import greet
asked = [greet.delay(f"n{n}") for n in range(10)]
print(*(each.get(timeout=20) for each in asked), sep=",")
"""


@needs("celery")
def test_celery_prefork(endpoint: str, tmp_path: Path) -> None:
    queue, results = tmp_path / "queue", tmp_path / "results"
    queue.mkdir()
    results.mkdir()
    more = {"QUEUE": str(queue), "RESULTS": f"file://{results}"}
    words = [
        "celery",
        "-A",
        "hosted",
        "worker",
        "-P",
        "prefork",
        "-c",
        "2",
        "-l",
        "INFO",
    ]
    words += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    with running(endpoint, *words, says=r"ready\.", CALL_BEFORE_FORK="y", **more):
        told = subprocess.run(
            [sys.executable, "-c", ASK_CELERY],
            env=environment(endpoint, **more),
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
    texts = [each.partition(" ")[2] for each in told.stdout.strip().split(",")]
    assert texts == [f"hello n{n}" for n in range(10)]
