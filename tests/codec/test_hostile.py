"""``hostile.json``: odd and hostile inputs, each decided, with the reason (docs/wire.md)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tars_runtime import codec

from tests.codec.engines import every, outcome
from tests.wire import vec

CASES = json.loads(
    (Path(__file__).parents[1] / "wire" / "hostile.json").read_text("utf-8")
)

REFUSED = codec.DecodeError

DECIDED: dict[str, tuple[Any, str]] = {
    "double from FLOAT": (1.5, "C++, Go and Java take it; nothing is lost"),
    "double from ZERO": (0.0, "Node writes 0.0 so"),
    "float from DOUBLE": (REFUSED, "narrower: every runtime refuses"),
    "float from INT8": (REFUSED, "no runtime mixes integers and floats"),
    "int from INT64 head": (REFUSED, "narrower, even if the value would fit"),
    "int from FLOAT head": (REFUSED, "no runtime mixes integers and floats"),
    "short from INT32 head": (REFUSED, "narrower, even if the value would fit"),
    "byte from INT16 head": (REFUSED, "narrower, even if the value would fit"),
    "long from INT8": (-1, "every writer takes the smallest form"),
    "non-minimal int: INT32 holding 5": (
        5,
        "a value is a value in any width that fits",
    ),
    "bool from INT8 2": (True, "any non-zero is true to C++, Go and Java"),
    "bool from INT16 1": (REFUSED, "narrower: every runtime refuses"),
    "string as STRING4 len 1": ("a", "every runtime takes it"),
    "string from SIMPLELIST": (REFUSED, "bytes are no string: every runtime refuses"),
    "vector<byte> from LIST of INT8": (b"\x01\x02", "C++, Go and Java take both forms"),
    "vector<byte> SIMPLELIST inner type INT32": (REFUSED, "the element type is INT8"),
    "vector<int> from SIMPLELIST": (
        REFUSED,
        "bytes are no ints: every runtime refuses",
    ),
    "vector<int> negative length": (
        REFUSED,
        "kills a TarsGo server; no writer means it",
    ),
    "vector<int> length 2^31-1, no data": (REFUSED, "more elements than bytes remain"),
    "vector<byte> length 2^31-1, no data": (REFUSED, "hangs @tars/stream; cut short"),
    "string truncated": (
        REFUSED,
        "@tars/stream makes characters up, TarsGo drops them",
    ),
    "map negative length": (REFUSED, "as for vectors"),
    "map value missing": (REFUSED, "cut short"),
    "map entry tags swapped (value first)": (REFUSED, "the key stands at tag 0"),
    "map duplicate key": ({"a": 2}, "the last wins, as in Go, Java and Node"),
    "wrong tag (1 instead of 0)": (REFUSED, "the value asked for is not there"),
    "unknown lower... field tag 0 after tag 1": (
        REFUSED,
        "tags ascend; 0 cannot follow",
    ),
    "duplicate tag 0": (5, "the first wins in every runtime"),
    "trailing garbage": (5, "what follows the value asked for is not looked at"),
    "empty input, required": (REFUSED, "the value asked for is not there"),
    "bad type 14": (REFUSED, "no such type"),
    "bad type 15": (REFUSED, "no such type"),
    "invalid utf-8 string": (REFUSED, "strict unless Options.text says otherwise"),
    "list length as INT16 non-minimal": ([5], "a count is an int in any width"),
    "struct without STRUCT_END": (REFUSED, "cut short"),
    "struct with unknown tag 200 map inside": (
        vec.Inner(id=5),
        "unknown members are passed over",
    ),
}


def test_every_case_is_decided() -> None:
    assert {case["name"] for case in CASES} == set(DECIDED)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_case(case: dict[str, Any]) -> None:
    wanted, _reason = DECIDED[case["name"]]
    of = codec.at(0, vec.type_named(case["idl_type"]))
    data = bytes.fromhex(case["hex"])
    for engine in every(of):
        if wanted is REFUSED:
            with pytest.raises(codec.DecodeError):
                engine.parse(data)
        else:
            value = engine.parse(data)
            assert value == wanted
            assert type(value) is type(wanted)


OPTIONAL = codec.schema(vec.Opt)
READINGS: list[tuple[str, codec.Type[Any], str, Any]] = [
    ("f00105", codec.at(1, codec.INT), "a two-byte head for a small tag", 5),
    ("10050006", codec.at(0, codec.INT), "tag 0 behind tag 1", REFUSED),
    ("00050006", codec.at(0, codec.INT), "a tag twice: the first", 5),
    ("0b1005", codec.at(1, codec.INT), "a struct's end ends the members", REFUSED),
    ("0a10050b2009", codec.at(2, codec.INT), "an unknown struct in front", 9),
    ("0800010c10012009", codec.at(2, codec.INT), "an unknown map in front", 9),
    ("1900020001 0002", codec.at(1, codec.BYTES), "bytes as a list", b"\1\2"),
    ("19027fffffff", codec.at(1, codec.vector(codec.INT)), "2^31-1 elements", REFUSED),
    ("1900ff", codec.at(1, codec.vector(codec.INT)), "a count of -1", REFUSED),
    ("07ffffffff", codec.STRING, "a string of 4 GiB", REFUSED),
    ("0e1005", codec.at(1, codec.INT), "an unknown type in front", REFUSED),
    ("0f", codec.at(1, codec.INT), "an unknown type", REFUSED),
    ("f0", codec.at(1, codec.INT), "half a head", REFUSED),
    ("06056162", codec.STRING, "a struct's end is no text", REFUSED),
    ("00", codec.BYTE, "a struct's end is no number", REFUSED),
    ("080280000000", codec.map_of(codec.INT, codec.INT), "a map of -2^31", REFUSED),
    (
        "08024000000000010c",
        codec.map_of(codec.INT, codec.INT),
        "a map of 2^30",
        REFUSED,
    ),
    ("010100", codec.UNSIGNED_BYTE, "256 as unsigned byte", REFUSED),
    ("00ff", codec.UNSIGNED_BYTE, "-1 as unsigned byte", REFUSED),
    ("030000000100000000", codec.UNSIGNED_INT, "2^32 as unsigned int", REFUSED),
    ("0a0a0a0b0b0b", codec.at(0, vec.Inner), "an unknown struct in a struct", REFUSED),
]


@pytest.mark.parametrize(
    ("text", "of", "what", "wanted"), READINGS, ids=[row[2] for row in READINGS]
)
def test_reading(text: str, of: codec.Type[Any], what: str, wanted: Any) -> None:
    data = bytes.fromhex(text)
    for engine in every(of):
        got = outcome(engine.parse, data)
        if wanted is REFUSED:
            assert got.startswith("DecodeError"), engine.name
        else:
            assert got == repr(wanted), engine.name


STRICTLY_REFUSED = [
    ("f00105", codec.at(1, codec.INT), "a two-byte head for a small tag"),
    ("00050006", codec.INT, "a tag twice"),
    ("0005ff", codec.INT, "bytes behind the value"),
    (
        "080002060161100106016110020b",
        codec.at(0, codec.map_of(codec.STRING, codec.INT)),
        "keys",
    ),
    ("0a1001000211020b", codec.at(0, vec.Inner), "tags that descend"),
    ("00011601610b", codec.schema(vec.Inner), "a struct's end behind a body"),
]


@pytest.mark.parametrize(
    ("text", "of", "what"), STRICTLY_REFUSED, ids=[row[2] for row in STRICTLY_REFUSED]
)
def test_strict_mode_refuses(text: str, of: codec.Type[Any], what: str) -> None:
    strict = codec.Options(strict=True)
    for _ in range(10):  # before and after the engine's functions are made
        with pytest.raises(codec.DecodeError):
            codec.decode(of, bytes.fromhex(text), options=strict)


def test_the_error_says_what_where_and_at_which_byte() -> None:
    data = codec.encode(vec.Outer(v=[vec.Inner(), vec.Inner(name="x")]))
    broken = data.replace(b"\x16\x01x", b"\x10\x05\x2c")
    for engine in every(codec.schema(vec.Outer)):
        with pytest.raises(codec.DecodeError) as caught:
            engine.parse(broken)
        assert caught.value.path == "v[1].name"
        assert caught.value.offset == broken.index(b"\x10\x05\x2c")
        assert str(caught.value) == "expected string, got INT8 - at v[1].name (byte 14)"
