"""Real peers through our registry: resolve, call, and forget what drains.

A K8STARS-shaped client on TarsGo registers, beats and drains; clients in four languages follow.
"""

from __future__ import annotations

import subprocess
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.interop.conftest import available
from tests.interop.peers import OBJECT, Peer, free_port, stop
from tests.interop.registry.conftest import Registry
from tests.interop.rpc.test_matrix import FOREIGN, judge

pytestmark = pytest.mark.interop

ONE, TWO = "127.0.0.1", "127.0.0.2"
PATIENCE = (
    45.0  # seconds; TarsJava first looks for news within half a minute, ours every 5 s
)
STEADY = 40  # answers in a row that make a change certain

Register = Callable[[str, int], None]
Results = dict[tuple[str, str, str], dict[str, str]]


@pytest.mark.parametrize("language", FOREIGN)
def test_client_finds_our_server(
    language: str, registry: Registry, registered: Register, results: Results
) -> None:
    port = free_port()
    with available("python").serving(port):
        registered(ONE, port)
        said = available(language).call(OBJECT, locator=registry.locator)
    results[language, "python", "by name"] = said
    judge(language, "python", said)


@pytest.mark.parametrize("language", FOREIGN)
def test_our_client_finds_server(
    language: str, registry: Registry, registered: Register, results: Results
) -> None:
    port = free_port()
    with available(language).serving(port):
        registered(ONE, port)
        said = available("python").call(OBJECT, locator=registry.locator)
    results["python", language, "by name"] = said
    judge("python", language, said)


class Watch:
    """Who answered a client that calls all the time."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.answers: deque[str] = deque(maxlen=STEADY)
        self._news = threading.Condition()
        self._process = process
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def close(self) -> None:
        """End the client and the reading of what it says."""
        self._process.kill()
        self._reader.join()
        stop(self._process)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith(("who ", "error ")):
                with self._news:
                    self.answers.append(line.strip())
                    self._news.notify()

    def until(self, *names: str) -> None:
        """Wait until the last answers came from these servers, from each of them, and no other."""
        wanted = {f"who {name}" for name in names}

        def steady() -> bool:
            return len(self.answers) == STEADY and set(self.answers) == wanted

        with self._news:
            assert self._news.wait_for(steady, PATIENCE), (wanted, list(self.answers))


@contextmanager
def watching(peer: Peer, locator: str) -> Iterator[Watch]:
    process = peer.start(
        ["watch", "--object", OBJECT, "--locator", locator, "--seconds", "90"]
    )
    watch = Watch(process)
    try:
        yield watch
    finally:
        watch.close()


@contextmanager
def two_servers(register: Register) -> Iterator[int]:
    """Servers "one" and "two", each on a node of its own, both on the port that is given."""
    ours, port = available("python"), free_port()
    with (
        ours.serving(port, host=ONE, name="one"),
        ours.serving(port, host=TWO, name="two"),
    ):
        register(ONE, port)
        register(TWO, port)
        yield port


@pytest.mark.parametrize("language", [*FOREIGN, "python"])
def test_a_drained_endpoint_disappears(
    language: str, registry: Registry, registered: Register
) -> None:
    with (
        two_servers(registered) as port,
        watching(available(language), registry.locator) as watch,
    ):
        watch.until("one", "two")
        registry.beat(ONE, "deactivating")
        watch.until("two")
        registered(ONE, port)
        watch.until("one", "two")


class Pod:
    """A TarsGo client that registers as K8STARS's tarscli does."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def tell(self, line: str) -> None:
        """Make one call to the registry; it must succeed."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(f"{line}\n")
        stdin.flush()
        for answer in stdout:
            if answer.startswith(("ok", "error")):
                assert answer.strip() == "ok", answer
                return
        raise AssertionError("the pod ended")


@contextmanager
def pod(registry: Registry, node: str, port: int) -> Iterator[Pod]:
    process = available("go").start(
        ["pod", "--object", registry.registrar, "--host", node, "--port", str(port)]
    )
    try:
        yield Pod(process)
    finally:
        stop(process)


def test_a_pod_of_k8stars_registers_beats_and_drains(registry: Registry) -> None:
    ours, port = available("python"), free_port()
    with (
        ours.serving(port, host=ONE, name="one"),
        ours.serving(port, host=TWO, name="two"),
        pod(registry, ONE, port) as first,
        pod(registry, TWO, port) as second,
        watching(available("go"), registry.locator) as watch,
    ):
        for each in (first, second):
            each.tell("startup activating")
            each.tell("beat activating")
        first.tell("beat active")
        watch.until("one")
        second.tell("beat active")
        second.tell("metrics 9325")
        watch.until("one", "two")
        first.tell("beat deactivating")
        watch.until("two")
        first.tell("prestop")
        second.tell("beat active")
        watch.until("two")
        second.tell("prestop")
