"""A schema is a construct: it parses, builds, compiles and composes as construct's users expect."""

from __future__ import annotations

import io
from typing import Any

import construct
import pytest
from tars_runtime import codec

from tests.wire import vec

INNER = codec.schema(vec.Inner)
VALUE = vec.Inner(id=5, name="x")


def test_a_schema_is_a_construct() -> None:
    assert isinstance(INNER, construct.Construct)
    assert INNER.parse(INNER.build(VALUE)) == VALUE
    with pytest.raises(construct.SizeofError):
        INNER.sizeof()


def test_streams() -> None:
    stream = io.BytesIO()
    INNER.build_stream(VALUE, stream)
    assert stream.getvalue() == INNER.build(VALUE)
    stream.seek(0)
    assert INNER.parse_stream(stream) == VALUE


@pytest.mark.parametrize("compiled", [False, True])
def test_a_body_is_the_last_part_or_stands_in_a_prefix(compiled: bool) -> None:
    packet: Any = construct.Struct(
        "magic" / construct.Const(b"T"),
        "inner" / construct.Prefixed(construct.Int32ub, INNER),
        "last" / INNER,
    )
    made = packet.compile() if compiled else packet
    data = packet.build({"inner": VALUE, "last": vec.Inner(id=6)})
    assert data.hex() == "54" + "00000005" + "0005160178" + "0006"
    got = made.parse(data)
    assert (got.inner, got.last) == (VALUE, vec.Inner(id=6))
    assert made.build({"inner": VALUE, "last": vec.Inner(id=6)}) == data
    if (
        compiled
    ):  # construct itself links what it cannot compile; nothing of ours is among it
        linked = [
            *made.module.linkedparsers.values(),
            *made.module.linkedbuilders.values(),
        ]
        assert not any(isinstance(each.__self__, codec.Type) for each in linked)


@pytest.mark.parametrize("compiled", [False, True])
def test_delimited_values_stand_side_by_side(compiled: bool) -> None:
    several: Any = construct.Struct(
        "number" / codec.at(3, codec.INT),
        "inner" / codec.at(4, vec.Inner),
        "names" / codec.vector(codec.STRING),
        "end" / construct.Const(b"!"),
    )
    made = several.compile() if compiled else several
    data = several.build({"number": 7, "inner": VALUE, "names": ["a", "b"]})
    got = made.parse(data)
    assert (got.number, got.inner, got.names) == (7, VALUE, ["a", "b"])


def test_compiled_schemas_are_the_emitted_functions() -> None:
    compiled = INNER.compile()
    assert isinstance(compiled, construct.Compiled)
    assert compiled.parse is compiled.module.tars_parse
    assert compiled.build is compiled.module.tars_build
    assert compiled.parse_stream(io.BytesIO(INNER.build(VALUE))) == VALUE
    assert compiled.compile() is compiled
    assert "def parse_" in compiled.source
