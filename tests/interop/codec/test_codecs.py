"""Random values through other codecs and back: same bytes, same values, both ways.

25,000 values a peer and run; ``MORE=10`` in the environment for a longer one. What may differ
stands in `rules`.
"""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from tars_runtime import codec

from tests.codec import schemas
from tests.interop.codec import rules
from tests.interop.codec.forms import form, settled
from tests.interop.codec.peers import PEERS, Exchange
from tests.interop.peers import Unavailable

pytestmark = [pytest.mark.interop, pytest.mark.timeout(600)]

VALUES = 25_000 * int(os.environ.get("MORE", "1"))
BATCH = 100
EVERYTHING = codec.Options(elide="none")
CANONICAL = codec.Options(elide="none", canonical=True)


@pytest.fixture(scope="module", params=sorted(PEERS))
def exchange(request: pytest.FixtureRequest) -> Iterator[tuple[str, Exchange]]:
    name = request.param
    try:
        running = Exchange(PEERS[name])
    except Unavailable as reason:
        pytest.skip(str(reason))
    except subprocess.CalledProcessError as failure:
        pytest.fail(f"{failure.cmd} failed:\n{failure.stdout}\n{failure.stderr}")
    with running:
        yield name, running


def batches(peer: str, seed: int) -> Iterator[tuple[schemas.Spec, Any, list[Any]]]:
    """Schemas that the peer can carry, each with its type and a batch of values."""
    rnd = random.Random(seed)
    given = 0
    while given < VALUES:
        spec = schemas.random_spec(rnd)
        if not rules.allowed(peer, spec):
            continue
        of = schemas.build(spec)
        yield spec, of, [schemas.value(rnd, spec, of) for _ in range(BATCH)]
        given += BATCH


def without_zero_signs(data: Any) -> Any:
    """A form whose negative zeros have lost their sign."""
    if isinstance(data, list):
        return [without_zero_signs(each) for each in data]
    return "0" * 16 if data == "8000000000000000" else data


def test_values_cross_both_ways(exchange: tuple[str, Exchange]) -> None:
    peer, ask = exchange
    crossed = 0
    for spec, of, values in batches(peer, seed=4):
        at = codec.at(0, of)
        forms = [form(spec, of, value) for value in values]
        ours = [at.encode(value, EVERYTHING) for value in values]
        encoded, decoded = ask(spec, forms, ours)
        for value, wanted, data, theirs, read in zip(
            values, forms, ours, encoded, decoded, strict=True
        ):
            assert not theirs.startswith("!"), (spec, wanted, theirs)
            assert settled(spec, read) == settled(spec, wanted), (spec, data.hex())
            same_bytes(peer, spec, at, value, data, bytes.fromhex(theirs))
            crossed += 1
    assert crossed >= VALUES


def same_bytes(
    peer: str, spec: schemas.Spec, at: Any, value: Any, ours: bytes, theirs: bytes
) -> None:
    """The peer's bytes are ours, or differ by the rules that the schema brings in."""
    touched = {
        name
        for name, rule in rules.RULES.items()
        if peer in rule.peers and rule.touches(spec)
    }
    if not touched:
        assert theirs == ours, (spec, theirs.hex(), ours.hex())
        return
    back = at.decode(theirs)
    if touched == {"map order"}:
        assert at.encode(back, CANONICAL) == at.encode(value, CANONICAL), spec
        return
    got, wanted = (settled(spec, form(spec, at.of, each)) for each in (back, value))
    if "zero floats" in touched:
        got, wanted = without_zero_signs(got), without_zero_signs(wanted)
    assert got == wanted, (spec, theirs.hex())


def test_what_we_leave_out_go_fills_in_with_the_default(
    exchange: tuple[str, Exchange],
) -> None:
    """Elided members, unknown members, and a struct as the other side knows it."""
    peer, ask = exchange
    if peer != "go":
        pytest.skip("the peers in Node and Java read every member as required")
    rnd = random.Random(9)
    for _ in range(60):
        spec = schemas.random_struct(rnd)
        of = schemas.build(spec)
        values = [schemas.value(rnd, spec, of) for _ in range(20)]
        values += [of.zero()]
        forms = [form(spec, of, value) for value in values]
        _, decoded = ask(spec, [], [codec.at(0, of).encode(value) for value in values])
        assert [settled(spec, each) for each in decoded] == [
            settled(spec, each) for each in forms
        ]
