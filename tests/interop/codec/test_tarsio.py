"""tarsio, another codec in Python: same bytes, same values, in one process."""

from __future__ import annotations

import random
from typing import Any

import pytest
from tars_runtime import codec

from tests.codec import schemas
from tests.interop.codec import rules
from tests.interop.codec.forms import form, settled
from tests.interop.codec.test_codecs import VALUES, without_zero_signs

tarsio = pytest.importorskip("tarsio", reason="pip install tarsio to compare with it")

pytestmark = [pytest.mark.interop, pytest.mark.timeout(600)]

_KINDS = {"bool": bool, "double": float, "string": str, "bytes": bytes}


def annotation(spec: schemas.Spec) -> Any:
    """The annotation that tarsio reads a spec from."""
    if spec[0] == "vector":
        return list[annotation(spec[1])]  # type: ignore[misc]  # made as it runs
    if spec[0] == "map":
        return dict[annotation(spec[1]), annotation(spec[2])]  # type: ignore[misc]  # made as it runs
    if spec[0] == "struct":
        return struct_of(spec)
    return _KINDS.get(spec[0], int)


def struct_of(spec: schemas.Spec) -> Any:
    """A tarsio struct, every member required."""
    space: dict[str, Any] = {"__annotations__": {}}
    for tag, _required, member in spec[1]:
        space["__annotations__"][f"m{tag}"] = annotation(member)
        space[f"m{tag}"] = tarsio.field(tag=tag)
    meta: Any = type(tarsio.Struct)
    return meta("Interop", (tarsio.Struct,), space)


def theirs_of(kind: Any, spec: schemas.Spec, value: Any) -> Any:
    """Our value as tarsio has it."""
    if spec[0] == "struct":
        kinds = kind.__annotations__
        rows = ((f"m{tag}", member) for tag, _, member in spec[1])
        return kind(
            **{
                name: theirs_of(kinds[name], member, getattr(value, name))
                for name, member in rows
            }
        )
    if spec[0] == "vector":
        return [theirs_of(kind.__args__[0], spec[1], item) for item in value]
    if spec[0] == "map":
        return {
            theirs_of(kind.__args__[0], spec[1], key): theirs_of(
                kind.__args__[1], spec[2], item
            )
            for key, item in value.items()
        }
    return int(value) if spec[0] == "enum" else value


def ours_form(spec: schemas.Spec, value: Any) -> Any:
    """The form of a value of tarsio's."""
    if spec[0] == "struct":
        return [ours_form(row[2], getattr(value, f"m{row[0]}")) for row in spec[1]]
    if spec[0] == "vector":
        return [ours_form(spec[1], item) for item in value]
    if spec[0] == "map":
        pairs = value.items()
        return [[ours_form(spec[1], k), ours_form(spec[2], v)] for k, v in pairs]
    return form(spec, None, value)


def test_values_cross_both_ways() -> None:
    rnd = random.Random(6)
    crossed = 0
    while crossed < VALUES:
        spec = schemas.random_struct(rnd)
        if not rules.allowed("tarsio", spec):
            continue
        of, kind = schemas.build(spec), struct_of(spec)
        for _ in range(100):
            value = schemas.value(rnd, spec, of)
            ours = of.encode(value, codec.Options(elide="none"))
            wanted = settled(spec, form(spec, of, value))
            read = settled(spec, ours_form(spec, kind.decode(ours)))
            assert read == wanted, (spec, ours.hex())
            back = of.decode(theirs_of(kind, spec, value).encode())
            got = settled(spec, form(spec, of, back))
            assert without_zero_signs(got) == without_zero_signs(wanted), spec
            crossed += 1
