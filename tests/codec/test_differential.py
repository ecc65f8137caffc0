"""The three engines give the same bytes, the same values and the same errors.

Schemas come from hypothesis, which shrinks them; values and mutations from a seeded generator,
which is fast. `MORE` (an environment variable) multiplies the work for a longer run.
"""

from __future__ import annotations

import os
import random
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tars_runtime import codec
from tars_runtime.codec.native.program import AVAILABLE

from tests.codec import schemas
from tests.codec.engines import every, outcome

MORE = int(os.environ.get("MORE", "1"))


@settings(
    max_examples=80 * MORE, deadline=None, suppress_health_check=list(HealthCheck)
)
@given(spec=schemas.specs, seed=st.integers(0, 2**32))
def test_same_bytes_values_and_errors(spec: schemas.Spec, seed: int) -> None:
    rnd = random.Random(seed)
    of = schemas.build(spec)
    engines = every(of)
    for _ in range(12):
        value = schemas.value(rnd, spec, of)
        data = of.encode(value)
        back = repr(of.decode(data))
        for engine in engines:
            assert engine.build(value) == data, engine.name
            assert repr(engine.parse(data)) == back, engine.name
        for _ in range(6):
            broken = schemas.mutated(rnd, data)
            results = {engine.name: outcome(engine.parse, broken) for engine in engines}
            assert len(set(results.values())) == 1, (broken.hex(), results)


@settings(
    max_examples=40 * MORE, deadline=None, suppress_health_check=list(HealthCheck)
)
@given(spec=schemas.specs, other=schemas.specs, seed=st.integers(0, 2**32))
def test_same_errors_for_values_of_another_schema(
    spec: schemas.Spec, other: schemas.Spec, seed: int
) -> None:
    rnd = random.Random(seed)
    of, stranger = schemas.build(spec), schemas.build(other)
    for _ in range(6):
        value = schemas.value(rnd, other, stranger)
        results = {each.name: outcome(each.build, value) for each in every(of)}
        assert len(set(results.values())) == 1, results


@settings(
    max_examples=40 * MORE, deadline=None, suppress_health_check=list(HealthCheck)
)
@given(spec=schemas.specs, seed=st.integers(0, 2**32))
def test_an_older_reader_skips_what_it_does_not_know(
    spec: schemas.Spec, seed: int
) -> None:
    """Members before, between and after the known ones, of every kind, are passed over."""
    rnd = random.Random(seed)
    newer = schemas.random_struct(rnd, 2)
    newer[1] = sorted([*newer[1], [100, True, spec]])
    older = ["struct", [row for row in newer[1] if rnd.random() < 0.5]]
    writes, reads = schemas.build(newer), schemas.build(older)
    data = writes.encode(schemas.value(rnd, newer, writes))
    results = {each.name: outcome(each.parse, data) for each in every(reads)}
    assert len(set(results.values())) == 1, results
    assert "Error" not in next(iter(results.values()))


@pytest.mark.parametrize(
    "options",
    [
        codec.Options(elide="none"),
        codec.Options(strict=True),
        codec.Options(canonical=True),
        codec.Options(text="surrogateescape"),
        codec.Options(text="gbk"),
    ],
    ids=str,
)
@pytest.mark.parametrize("engine", ["native", "compiled", "interpreted"])
def test_options_mean_the_same_to_every_engine(
    options: codec.Options, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tars_runtime.codec import engines

    if engine == "native" and not AVAILABLE:
        pytest.skip("the native engine is not built here")
    monkeypatch.setattr(engines, "ENGINE", engine)
    monkeypatch.setattr(engines, "WARM", 1)
    rnd = random.Random(11)
    for _ in range(25):
        spec = schemas.random_struct(rnd)
        of = schemas.build(spec)
        for _ in range(4):
            value = schemas.value(rnd, spec, of)
            wanted = outcome(partial(of.encode, options=options), value)
            assert outcome(partial(codec.encode, options=options), value) == wanted
            if wanted.startswith("EncodeError"):
                continue
            data = of.encode(value, options)
            for sent in (data, *(schemas.mutated(rnd, data) for _ in range(5))):
                wanted = outcome(partial(of.decode, options=options), sent)
                got = outcome(partial(codec.decode, of, options=options), sent)
                assert got == wanted, sent.hex()
