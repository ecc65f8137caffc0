"""Real peers: TarsGo, @tars/rpc and TarsJava as clients and as servers of ours, by direct endpoint.

What cannot hold stands in the matrix with the reason; a cell that differs in any other way fails,
and so does one that no longer differs.
"""

from __future__ import annotations

import pytest

from tests.interop.conftest import Findings, available
from tests.interop.peers import OBJECT, free_port

pytestmark = pytest.mark.interop

FOREIGN = ("go", "node", "java")


@pytest.mark.parametrize("language", [*FOREIGN, "python"])
def test_client_of_our_server(language: str, ours: str, findings: Findings) -> None:
    findings.judge(language, "client", available(language).call(ours))


@pytest.mark.parametrize("language", FOREIGN)
def test_server_of_our_client(language: str, findings: Findings) -> None:
    port = free_port()
    with available(language).serving(port):
        target = f"{OBJECT}@tcp -h 127.0.0.1 -p {port} -t 60000"
        said = available("python").call(target)
    findings.judge(language, "server", said)


def test_our_client_for_code_that_is_not_async(ours: str) -> None:
    assert available("python").call(ours, checks=("blocking",)) == {"blocking": "ok"}
