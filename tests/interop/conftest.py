"""Fixtures of the interoperability tests, and the matrix that is printed at their end."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from tests.interop.peers import OBJECT, PEERS, Peer, Unavailable, free_port

_RESULTS: dict[tuple[str, str, str], dict[str, str]] = {}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Client to server, one line a pair: what passed, and what did not."""
    if not _RESULTS:
        return
    terminalreporter.section("interoperability matrix")
    for (client, server, way), checks in sorted(_RESULTS.items()):
        wrong = [name for name, said in checks.items() if said != "ok"]
        passed = f"{len(checks) - len(wrong)} of {len(checks)} ok"
        rest = f"; differ: {', '.join(wrong)}" if wrong else ""
        terminalreporter.write_line(
            f"{client:>6} -> {server:<6} {way:<8} {passed}{rest}"
        )


@pytest.fixture(scope="session")
def results() -> dict[tuple[str, str, str], dict[str, str]]:
    """(client, server, how it was found) to what each check said; printed at the end."""
    return _RESULTS


def available(language: str) -> Peer:
    """The peer, built; skips with the reason where it cannot be had."""
    peer = PEERS[language]
    try:
        peer.built()
    except Unavailable as reason:
        pytest.skip(str(reason))
    except subprocess.CalledProcessError as failure:
        pytest.fail(f"{failure.cmd} failed:\n{failure.stdout}\n{failure.stderr}")
    return peer


@pytest.fixture(scope="session")
def ours() -> Iterator[str]:
    """Our server, one for the session: its object with the endpoint."""
    port = free_port()
    with available("python").serving(port):
        yield f"{OBJECT}@tcp -h 127.0.0.1 -p {port} -t 60000"
