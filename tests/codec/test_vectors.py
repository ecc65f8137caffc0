"""Every golden vector, both ways: the value from its bytes, the bytes from its value.

All were written by TarsCpp, but ten by ``@tars/stream`` and TarsTup's Python. Maps are written
in the order that the bytes had, so that map order needs no exception; TarsCpp's elision profile
is ours.
"""

from __future__ import annotations

from typing import Any

import pytest
from tars_runtime import codec

from tests.wire import vec


def plain(value: Any) -> Any:
    """A decoded value as the file writes it: structs by member name, maps as pairs."""
    if isinstance(value, bytes):
        return {"$hex": value.hex()}
    if isinstance(value, dict):
        return [[plain(key), plain(of)] for key, of in value.items()]
    if isinstance(value, list):
        return [plain(each) for each in value]
    if hasattr(value, "__tars__"):
        members = codec.schema(type(value)).members
        return {each.name: plain(getattr(value, each.attr)) for each in members}
    if isinstance(value, float) and (value != value or value in (1e999, -1e999)):
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
    return value


def split(record: dict[str, Any]) -> tuple[codec.Type[Any], bytes]:
    """The type that the record's bytes are parsed with, and those bytes."""
    of = vec.type_named(record["idl_type"])
    data = bytes.fromhex(record["hex"])
    if record["form"] == "field":
        return codec.at(record["tag"], of), data
    if record["form"] == "frame":
        assert int.from_bytes(data[:4], "big") == len(data)
        return of, data[4:]
    return of, data


@pytest.mark.parametrize("name", vec.RECORDS)
def test_decodes_to_its_value_and_encodes_to_its_bytes(name: str) -> None:
    record = vec.RECORDS[name]
    of, data = split(record)
    value = of.parse(data)
    wanted = record["value"]
    if record["form"] == "frame":
        wanted = {name: of for name, of in wanted.items() if name != "attrs"}
    assert plain(value) == wanted
    assert of.build(value) == data
