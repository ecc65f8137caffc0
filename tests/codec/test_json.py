"""JSON for any struct, and the bodies of JSON mode (version 5)."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from tars_runtime import codec

from tests.wire import vec

FULL = vec.Outer(
    a=vec.Inner(id=1, name="中文"),
    v=[vec.Inner(id=2)],
    m={7: vec.Inner(id=3)},
    vv=[[1], []],
    mm={"x": {"y": "z"}},
)


def test_structs_are_objects_by_member_name() -> None:
    text = codec.to_json(FULL)
    assert json.loads(text) == {
        "a": {"id": 1, "name": "中文"},
        "b": {"id": 0, "name": ""},
        "v": [{"id": 2, "name": ""}],
        "m": {"7": {"id": 3, "name": ""}},
        "vv": [[1], []],
        "mm": {"x": {"y": "z"}},
    }
    assert "中文" in text
    assert codec.from_json(vec.Outer, text) == FULL
    assert codec.from_json(vec.Outer, text.encode()) == FULL


def test_text_that_is_not_unicode_can_be_sent_or_is_refused() -> None:
    with pytest.raises(codec.EncodeError, match=r"got U\+D800 - at name"):
        codec.to_json(vec.Inner(name="\ud800"))
    loose = codec.map_of(codec.string("surrogateescape"), codec.INT)
    text = codec.to_json({"caf\udce9": 1}, loose)
    assert text.encode() == rb'{"caf\udce9": 1}'
    assert codec.from_json(loose, text) == {"caf\udce9": 1}


def test_scalars() -> None:
    value = vec.Prims(
        b=True, by=-1, l=(1 << 63) - 1, d=0.1, s="\0", ui=4000000000, c=vec.Color.BLUE
    )
    plain = json.loads(codec.to_json(value))
    assert plain["b"] is True
    assert plain["l"] == 9223372036854775807
    assert plain["c"] == 6
    back = codec.from_json(vec.Prims, json.dumps(plain))
    assert back == value
    assert back.c is vec.Color.BLUE


def test_bytes_are_signed_numbers_and_may_come_as_base64() -> None:
    assert codec.to_json(b"\x01\xff\x80", codec.BYTES) == "[1, -1, -128]"
    for text in ("[1, -1, -128]", "[1, 255, 128]", '"Af+A"'):
        assert codec.from_json(codec.BYTES, text) == b"\x01\xff\x80"
    for text in ("[1, 256]", "[-129]", '"A"', "[true, null]", "5", '["1"]'):
        with pytest.raises(codec.DecodeError):
            codec.from_json(codec.BYTES, text)


def test_nan_is_null_and_infinity_is_refused() -> None:
    assert codec.to_json(math.nan, codec.DOUBLE) == "null"
    assert math.isnan(codec.from_json(codec.DOUBLE, "null"))
    with pytest.raises(codec.EncodeError, match="infinity"):
        codec.to_json(math.inf, codec.DOUBLE)
    for text in ("Infinity", "NaN", "-Infinity"):
        with pytest.raises(codec.DecodeError, match="expected JSON"):
            codec.from_json(codec.DOUBLE, text)


def test_null_is_an_empty_container_as_go_writes_it() -> None:
    text = '{"a": {"id": 1}, "v": null, "m": null, "vv": null, "b": null, "new": 1}'
    value = codec.from_json(vec.Outer, text)
    assert value == vec.Outer(a=vec.Inner(id=1))


def test_keys_are_text() -> None:
    of = codec.map_of(codec.BOOL, codec.enum(vec.Color))
    assert codec.to_json({True: vec.Color.RED}, of) == '{"true": 0}'
    assert codec.from_json(of, '{"true": 0}') == {True: vec.Color.RED}
    with pytest.raises(codec.DecodeError, match="expected int as key"):
        codec.from_json(codec.map_of(codec.INT, codec.INT), '{"x": 0}')


@pytest.mark.parametrize(
    ("text", "reason", "path"),
    [
        ("{}", "expected Inner, got none", "a"),
        ('{"a": {}, "v": [], "m": {}}', "expected int, got none", "a.id"),
        ('{"a": 5}', "expected Inner, got an integer", "a"),
        ('{"a": {"id": "5"}}', "expected int, got text", "a.id"),
        ('{"a": {"id": 5.0}}', "expected int, got a number", "a.id"),
        ('{"a": {"id": true}}', "expected int, got true or false", "a.id"),
        (
            '{"a": {"id": 4294967296}}',
            "expected int from -2147483648 to 2147483647, got 4294967296",
            "a.id",
        ),
        ('{"a": {"id": 1}, "v": [{}]}', "expected int, got none", "v[0].id"),
        ('{"a": {"id": 1}, "v": {}}', "expected vector<Inner>, got an object", "v"),
        ("[]", "expected Outer, got an array", ""),
        ("nul", "expected JSON, got Expecting value", ""),
    ],
)
def test_what_is_wrong_is_said_with_its_path(text: str, reason: str, path: str) -> None:
    with pytest.raises(codec.DecodeError) as caught:
        codec.from_json(vec.Outer, text)
    assert (caught.value.reason, caught.value.path) == (reason, path)


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, '{"a":' * 100_000, "1" * 5000, b"\xff\xfe", '"\\ud800'],
    ids=["arrays", "objects", "digits", "no utf-8", "half an escape"],
)
def test_hostile_text_is_refused(text: Any) -> None:
    with pytest.raises(codec.DecodeError):
        codec.from_json(vec.Outer, text)


def test_depth_is_limited_both_ways() -> None:
    of: codec.Type[Any] = codec.INT
    value: Any = 5
    for _ in range(65):
        of, value = codec.vector(of), [value]
    with pytest.raises(codec.EncodeError, match="at most 64 nested values"):
        codec.to_json(value, of)
    with pytest.raises(codec.DecodeError, match="at most 64 nested values"):
        codec.from_json(of, json.dumps(value))


def test_bodies_of_json_mode() -> None:
    takes = codec.arguments(
        codec.require(1, "who", vec.Inner), codec.optional(2, "times", codec.INT)
    )
    assert codec.to_json((vec.Inner(id=1), 2), takes) == (
        '{"who": {"id": 1, "name": ""}, "times": 2}'
    )
    assert codec.from_json(takes, '{"who": {"id": 1}}') == (vec.Inner(id=1), 0)
    gives = codec.result(codec.vector(codec.INT))
    assert codec.to_json([1], gives) == '{"tars_ret": [1]}'
    assert codec.from_json(gives, '{"tars_ret": [1]}') == [1]
    with pytest.raises(codec.DecodeError, match="expected an object with tars_ret"):
        codec.from_json(gives, "{}")
    assert codec.to_json(None, codec.result(codec.VOID)) == "{}"
    assert codec.from_json(codec.result(codec.VOID), '{"tars_ret": 5}') is None


def test_arguments_of_another_number_are_refused() -> None:
    takes = codec.arguments(codec.require(1, "a", codec.INT))
    with pytest.raises(codec.EncodeError, match="expected 1 arguments, got 2"):
        codec.to_json((1, 2), takes)
    with pytest.raises(codec.EncodeError, match="expected arguments, got int"):
        codec.to_json(5, takes)
    with pytest.raises(codec.DecodeError, match="expected arguments, got an array"):
        codec.from_json(takes, "[1]")
