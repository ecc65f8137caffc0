"""Real peers: TarsGo, @tars/rpc and TarsJava as clients and as servers of ours, by direct endpoint.

What differs for reasons of theirs stands in a table with the reason; a cell that differs in any
other way fails, and so does one that no longer differs.
"""

from __future__ import annotations

import pytest

from tests.interop.conftest import available
from tests.interop.peers import OBJECT, free_port

pytestmark = pytest.mark.interop

FOREIGN = ("go", "node", "java")

# (client, server) -> check -> why it cannot pass; docs/interop.md says the same in prose.
DIFFERENCES = {
    ("java", "python"): {
        "defaults": "TarsJava reads an optional member that was left out as zero or null",
    },
    ("python", "java"): {
        "defaults": "TarsJava reads an optional member that was left out as zero or null",
        "error": "TarsJava answers -10 without a text, whatever a servant throws",
        "unicode-context": "TarsJava's server reads context as something else than UTF-8",
        "reply-context": "TarsJava's server sends no context back",
    },
}

CHECKS = {
    "ping",
    "void",
    "extremes",
    "plenty",
    "defaults",
    "outs",
    "error",
    "unknown-function",
    "one-way",
    "context",
    "unicode-context",
    "megabyte",
    "thousand",
    "time-out",
}


def judge(client: str, server: str, said: dict[str, str]) -> None:
    """Every check ran, and exactly the known differences differ."""
    assert set(said) >= CHECKS, f"expected every check, got {said}"
    wrong = {name: text for name, text in said.items() if text != "ok"}
    assert set(wrong) == set(DIFFERENCES.get((client, server), {})), wrong


@pytest.mark.parametrize("language", FOREIGN)
def test_client_of_our_server(
    language: str, ours: str, results: dict[tuple[str, str, str], dict[str, str]]
) -> None:
    said = available(language).call(ours)
    results[language, "python", "direct"] = said
    judge(language, "python", said)


@pytest.mark.parametrize("language", FOREIGN)
def test_server_of_our_client(
    language: str, results: dict[tuple[str, str, str], dict[str, str]]
) -> None:
    port = free_port()
    with available(language).serving(port):
        target = f"{OBJECT}@tcp -h 127.0.0.1 -p {port} -t 60000"
        said = available("python").call(target)
    results["python", language, "direct"] = said
    judge("python", language, said)


def test_ourselves(
    ours: str, results: dict[tuple[str, str, str], dict[str, str]]
) -> None:
    said = available("python").call(ours)
    results["python", "python", "direct"] = said
    judge("python", "python", said)
