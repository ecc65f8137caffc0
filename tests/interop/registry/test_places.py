"""The endpoint that a hash code belongs to: by real calls of clients in four languages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from typing import NamedTuple
from zlib import crc32

import pytest

from tests.interop import matrix
from tests.interop.conftest import Findings, available
from tests.interop.peers import OBJECT, free_port
from tests.interop.registry.conftest import Registry

pytestmark = pytest.mark.interop

NODES = ("127.0.0.3", "127.0.0.10", "127.0.0.2", "127.0.0.1")
"""In the order of their registration; each server is called as its node."""
WEIGHTS = {"127.0.0.3": 100, "127.0.0.2": 60, "127.0.0.1": 40}
CODES = {
    "modulo": list(range(1, 49)),
    "consistent": [crc32(b"%d" % number) for number in range(48)],
}
"""Ids that follow each other would share one place on a ring."""


class Placing(NamedTuple):
    """Asks clients whom they call for which code."""

    locator: str
    port: int
    ours: dict[str, list[str]]

    def by(self, language: str, hashing: str) -> list[str]:
        return available(language).place(
            OBJECT, CODES[hashing], locator=self.locator, hash=hashing
        )


@pytest.fixture(scope="module")
def placing(registry: Registry) -> Iterator[Placing]:
    """Four servers on nodes of their own, and what our client makes of them."""
    port = free_port()
    with ExitStack() as stack:
        for node in NODES:
            stack.enter_context(available("python").serving(port, host=node, name=node))
            registry.startup(node, port)
            stack.callback(registry.prestop, node)
        placing = Placing(registry.locator, port, {})
        for hashing in CODES:
            placing.ours[hashing] = placing.by("python", hashing)
        yield placing


@pytest.mark.parametrize("hashing", CODES)
def test_our_client_uses_every_server(placing: Placing, hashing: str) -> None:
    assert set(placing.ours[hashing]) == set(NODES)


@pytest.mark.parametrize(
    ("hashing", "language"),
    [(each, name) for each in CODES for name in matrix.clients(f"{each}-hash")],
)
def test_a_code_has_the_same_place(
    placing: Placing, hashing: str, language: str, findings: Findings
) -> None:
    with findings.of(f"{hashing}-hash", language, "client"):
        assert placing.by(language, hashing) == placing.ours[hashing]


def weighted(placing: Placing) -> str:
    """The same servers by direct endpoints with static weights."""
    places = (
        f"tcp -h {node} -p {placing.port} -t 60000 -v 1 -w {weight}"
        for node, weight in WEIGHTS.items()
    )
    return f"{OBJECT}@{':'.join(places)}"


@pytest.mark.parametrize("language", matrix.clients("weights"))
def test_weights_are_kept(placing: Placing, language: str, findings: Findings) -> None:
    with findings.of("weights", language, "client"):
        placed = available(language).place(weighted(placing), range(40))
        assert Counter(placed) == {"127.0.0.3": 20, "127.0.0.2": 12, "127.0.0.1": 8}


@pytest.mark.parametrize("language", matrix.clients("weights", limited=True))
def test_weights_are_ignored(placing: Placing, language: str) -> None:
    placed = available(language).place(weighted(placing), range(39))
    assert Counter(placed) == dict.fromkeys(WEIGHTS, 13)


def test_rings_have_points_in_proportion_to_weights(placing: Placing) -> None:
    target, codes = weighted(placing), CODES["consistent"]
    placed = [
        available(language).place(target, codes, hash="consistent")
        for language in ("python", "go")
    ]
    assert placed[0] == placed[1]
    assert placed[0] != placing.ours["consistent"]


@pytest.mark.parametrize("language", matrix.clients("modulo-hash", limited=True))
def test_orders_of_their_own(placing: Placing, language: str) -> None:
    """The order that docs/interop.md tells, which is not that of addresses."""

    def checksum(node: str) -> int:
        return crc32(f"tcp -h {node} -p {placing.port} -t 60000".encode())

    order = {"go": sorted(NODES, key=checksum), "node": NODES}[language]
    expected = [order[code % len(order)] for code in CODES["modulo"]]
    assert placing.by(language, "modulo") == expected


@pytest.mark.parametrize("language", matrix.clients("consistent-hash", limited=True))
def test_rings_of_their_own(placing: Placing, language: str) -> None:
    placed = placing.by(language, "consistent")
    assert set(placed) <= set(NODES)
    assert placed != placing.ours["consistent"]
