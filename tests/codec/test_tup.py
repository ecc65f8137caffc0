"""TUP bodies, versions 2 and 3: the golden packets, and both names of a result."""

from __future__ import annotations

from typing import Any

import pytest
from tars_runtime import codec
from tars_runtime.codec import tup

from tests.codec.test_vectors import plain
from tests.wire import vec

FRAMES = [
    name
    for name, record in vec.RECORDS.items()
    if record["form"] == "frame" and record["value"].get("attrs")
]
SPELT_BY_NODE = "frame/v2/request/list(node class name)"
"""``List<int32>`` with a capital, by @tars/stream; the reader ignores the name."""


def packet(name: str) -> tuple[int, bytes, list[dict[str, Any]]]:
    """A golden packet's version, body and named values."""
    record = vec.RECORDS[name]
    data = bytes.fromhex(record["hex"])
    request = codec.decode(vec.RequestPacket, data[4:])
    return request.iVersion, request.sBuffer, record["value"]["attrs"]


@pytest.mark.parametrize("name", FRAMES)
def test_golden_packets(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        vec.Inner, "__module__", "Vec._vec"
    )  # as the compiler places it
    version, body, attributes = packet(name)
    values = tup.unpack(body, version=version)
    assert list(values) == [each["name"] for each in attributes]
    named = []
    for each in attributes:
        of = vec.type_named(each["idl_type"])
        value = tup.get(values, each["name"], of)
        assert plain(value) == each["value"]
        named.append((each["name"], of, value))
    if name != SPELT_BY_NODE:
        assert tup.pack(named, version=version).hex() == body.hex()


def test_names_of_types() -> None:
    assert tup.name_of(codec.map_of(codec.STRING, codec.vector(codec.LONG))) == (
        "map<string,list<int64>>"
    )
    assert tup.name_of(codec.BYTES) == "list<char>"
    assert tup.name_of(codec.enum(vec.Color)) == "int32"


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("names", [("",), ("tars_ret",), ("", "tars_ret")])
def test_a_result_is_found_under_either_name(
    version: int, names: tuple[str, ...]
) -> None:
    body = tup.pack([(name, codec.INT, 42) for name in names], version=version)
    assert tup.get_result(tup.unpack(body, version=version), codec.INT) == 42


def test_an_error_may_have_an_empty_body() -> None:
    assert tup.unpack(b"") == {}
    with pytest.raises(codec.DecodeError, match="expected a value, got none - at x"):
        tup.get({}, "x", codec.INT)


def test_wrong_values_and_versions() -> None:
    with pytest.raises(codec.EncodeError, match="expected int, got str - at a"):
        tup.pack([("a", codec.INT, "x")])
    for call in (lambda: tup.pack([], version=4), lambda: tup.unpack(b"x", version=4)):
        with pytest.raises(ValueError, match="expected TUP version 2 or 3, got 4"):
            call()
