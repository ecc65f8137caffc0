"""Real peers through our registry: resolve, call, and forget what drains.

A K8STARS-shaped client on TarsGo registers, beats and drains; clients in four languages follow.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.interop import matrix
from tests.interop.conftest import Findings, available
from tests.interop.peers import OBJECT, end, free_port, stop
from tests.interop.registry.conftest import Registry
from tests.interop.watching import watching

pytestmark = pytest.mark.interop

ONE, TWO = "127.0.0.1", "127.0.0.2"
SETS = {"interop.north.1": ONE, "interop.south.1": TWO}

Register = Callable[..., None]


@pytest.mark.parametrize(("language", "role"), matrix.cells("by-name"))
def test_found_by_name(
    language: str,
    role: str,
    registry: Registry,
    registered: Register,
    findings: Findings,
) -> None:
    client, server = (language, "python") if role == "client" else ("python", language)
    port = free_port()
    with findings.of("by-name", language, role), available(server).serving(port):
        registered(ONE, port)
        said = available(client).call(OBJECT, locator=registry.locator)
        findings.judge(language, role, said)


@pytest.mark.parametrize("language", matrix.clients("set"))
def test_a_set_is_called(
    language: str, registry: Registry, registered: Register, findings: Findings
) -> None:
    ours, port = available("python"), free_port()
    with (
        findings.of("set", language, "client"),
        ours.serving(port, host=ONE, name=ONE, options=("--set", "interop.north.1")),
        ours.serving(port, host=TWO, name=TWO, options=("--set", "interop.south.1")),
    ):
        for name, node in SETS.items():
            registered(node, port, set_name=name)
        for name, node in SETS.items():
            answered = available(language).place(
                OBJECT, range(1, 9), locator=registry.locator, set=name
            )
            assert answered == [node] * 8


@pytest.mark.parametrize("language", matrix.clients("drained"))
def test_a_drained_endpoint_disappears(
    language: str, registry: Registry, registered: Register, findings: Findings
) -> None:
    """It leaves, stops, starts again and comes back: all that without one failed call."""
    ours, port = available("python"), free_port()
    with (
        findings.of("drained", language, "client"),
        ours.serving(port, host=TWO, name="two"),
        ExitStack() as stack,
    ):
        with ours.serving(port, host=ONE, name="one") as one:
            registered(ONE, port)
            registered(TWO, port)
            client = watching(available(language), OBJECT, locator=registry.locator)
            watch = stack.enter_context(client)
            watch.until("one", "two")
            registry.beat(ONE, "deactivating")
            watch.until("two")
            end(one)
        if language == "go":
            with findings.of("reconnect", language, "client"):
                watch.until_remark(f"reconnect {ONE}:{port}")
        with ours.serving(port, host=ONE, name="one"):
            registered(ONE, port)
            watch.until("one", "two")
            assert watch.failures == []


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
        watching(available("go"), OBJECT, locator=registry.locator) as watch,
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
